//! `relabel bench gpu`: what a device does with image networks, in a few
//! minutes, on images of noise; printed, and saved as JSON.

mod agreement;
mod chosen;
mod clock;
mod first_step;
mod fits;
mod kernels;
mod memory;
mod nets;
mod result;
mod step;
mod throughput;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use relabel_experiment::store::write_atomic;
use relabel_models::{
    device::{self, OpenDevice},
    image::{CpuEngine, Multiplication, Named},
};

use self::{
    chosen::Chosen,
    clock::Clock,
    result::{BenchResult, FormatMultiplication},
};
use crate::{
    args::{BenchArgs, BenchPart, BenchWhat, DeviceBenchArgs},
    talk::Talk,
};

/// Images of noise in the store; rows of larger batches repeat.
const N_IMAGES: usize = 4096;

/// Measures the device that was asked for.
pub fn bench(args: &BenchArgs, talk: Talk) -> Result<ExitCode> {
    let BenchWhat::Gpu(args) = &args.what;
    let choice = args.device.parse().map_err(anyhow::Error::msg)?;
    let device = device::open(choice)?;
    if let Some(format) = args.first_step {
        first_step::step(device.engine.as_ref(), format)?;
        return Ok(ExitCode::SUCCESS);
    }
    // before minutes are spent
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!(
            "--out {}: there is no folder {}; make it first",
            args.out.display(),
            folder.display()
        );
    }
    let result = measure(args, &device, talk)?;
    writeln!(io::stdout(), "{result}")?;
    talk.say(format!("wrote {}", args.out.display()));
    Ok(ExitCode::SUCCESS)
}

/// Measures part by part and saves what is known after each, so that a machine
/// that is taken away in between leaves something.
fn measure(args: &DeviceBenchArgs, device: &OpenDevice, talk: Talk) -> Result<BenchResult> {
    let chosen = Chosen::new(args, device)?;
    let start = Instant::now();
    let clock = Clock::new(args.minutes);
    let revision = option_env!("RELABEL_GIT_REV").unwrap_or("unknown");
    let mut result = BenchResult {
        program: format!("relabel {} ({revision})", env!("CARGO_PKG_VERSION")),
        device: device.description.clone(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        first_step: Vec::new(),
        multiplication: Vec::new(),
        agreement: Vec::new(),
        throughput: Vec::new(),
        kernels: Vec::new(),
        fits: Vec::new(),
        memory: Vec::new(),
        skipped: Vec::new(),
        seconds: 0.0,
    };
    let save = |result: &mut BenchResult| -> Result<()> {
        result.seconds = start.elapsed().as_secs_f64();
        let json = serde_json::to_vec_pretty(result).context("the result as JSON")?;
        Ok(write_atomic(&args.out, &json)?)
    };
    let images = nets::images(N_IMAGES);
    let engine = device.engine.as_ref();
    if chosen.has(BenchPart::FirstStep) {
        talk.say(format!("{}: first step, in two processes", device.description));
        for &format in chosen.formats {
            match first_step::measure(&args.device, format, clock) {
                Ok(first) => result.first_step.push(first),
                Err(error) => {
                    let what = format!("first step in {}", format.name());
                    result.skipped.push(format!("{what}: {error:#}"));
                }
            }
            save(&mut result)?;
        }
    }
    for &format in chosen.formats {
        let precision = format.name();
        match engine.multiplication(format) {
            Ok(None) => {}
            Ok(Some(Multiplication { how, refused })) => {
                result.multiplication.push(FormatMultiplication { precision, how, refused });
            }
            Err(error) => result.skipped.push(format!("{precision}: {error}")),
        }
    }
    save(&mut result)?;
    if chosen.has(BenchPart::Scores) {
        talk.say("class scores against the CPU");
        for &kind in chosen.nets {
            for &format in chosen.formats {
                match agreement::compare(engine, &CpuEngine, kind, &images, format) {
                    Ok(line) => result.agreement.push(line),
                    Err(error) => {
                        let what = format!("scores of {} in {}", kind.name(), format.name());
                        result.skipped.push(format!("{what}: {error:#}"));
                    }
                }
            }
        }
        save(&mut result)?;
    }
    if chosen.has(BenchPart::Throughput) {
        talk.say("images per second");
        let later = [BenchPart::Kernels, BenchPart::Fits, BenchPart::Memory];
        let clock = chosen.time(clock, 0.6, &later);
        throughput::measure(engine, &chosen, &images, clock, &mut result, &save)?;
    }
    if chosen.has(BenchPart::Kernels) {
        talk.say("kernels of a step");
        let clock = chosen.time(clock, 0.3, &[BenchPart::Fits, BenchPart::Memory]);
        kernels::measure(engine, &chosen, &images, clock, &mut result, &save)?;
    }
    if chosen.has(BenchPart::Fits) {
        talk.say("fits");
        let clock = chosen.time(clock, 0.7, &[BenchPart::Memory]);
        fits::measure(device, &chosen, clock, &mut result, &save)?;
    }
    if chosen.has(BenchPart::Memory) {
        talk.say("memory");
        fits::memory(device, chosen.fastest(), clock, &mut result);
    }
    save(&mut result)?;
    Ok(result)
}
