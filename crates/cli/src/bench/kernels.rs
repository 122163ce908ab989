//! Where the time of a training step goes: its kernels, timed by the device, beside the
//! step as a whole when nobody looks.

use std::{cell::RefCell, time::Duration};

use anyhow::{Context, Result};
use relabel_models::{
    Images,
    image::{Engine, Named, NetKind, Precision},
};

use super::{
    chosen::Chosen,
    clock::{Clock, repeat},
    nets::{self, STEP},
    result::BenchResult,
    step::{KernelLine, StepKernels},
    throughput,
};

/// Steps of one figure, at least.
const STEPS: f64 = 3.0;
/// How long a step is repeated to time it as a whole.
const TIME: Duration = Duration::from_millis(500);

/// Looks into a step of every network and format, with the first batch of the choice.
/// Calls `save` after each.
///
/// # Errors
/// If `save` fails.
pub fn measure(
    engine: &dyn Engine,
    chosen: &Chosen,
    images: &Images,
    clock: Clock,
    result: &mut BenchResult,
    save: &dyn Fn(&mut BenchResult) -> Result<()>,
) -> Result<()> {
    let batch = chosen.batches[0];
    let unable = match engine.profile(&mut || Ok(())) {
        Ok(Some(_)) => None,
        Ok(None) => Some("only GPUs tell them apart".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(reason) = unable {
        result.skipped.push(format!("kernels of a step: {reason}"));
        return save(result);
    }
    for &kind in chosen.nets {
        for &precision in chosen.formats {
            let name = format!("kernels of {}, {}", kind.name(), precision.name());
            let left = clock.left().as_secs_f64();
            if left <= STEPS * throughput::step_flop(kind, batch) * throughput::bound(result) {
                result.skipped.push(format!("{name}: {left:.0} s left do not suffice"));
                continue;
            }
            match one(engine, kind, images, batch, precision) {
                Ok(step) => result.kernels.push(step),
                Err(error) => result.skipped.push(format!("{name}: {error:#}")),
            }
            save(result)?;
        }
    }
    Ok(())
}

fn one(
    engine: &dyn Engine,
    kind: NetKind,
    images: &Images,
    batch: usize,
    precision: Precision,
) -> Result<StepKernels> {
    let net = RefCell::new(nets::build(engine, kind, images, batch, precision)?);
    let batches = [nets::batch(batch, images)];
    let mut step = || net.borrow_mut().step(&batches, &STEP);
    let mut wait = || net.borrow_mut().mean_losses().map(drop);
    let (steps, took) = repeat(TIME, &mut step, &mut wait)?;
    let profile = engine.profile(&mut step)?.context("a device that times its kernels")?;
    wait()?;
    let total: f64 = profile.kernels.iter().map(|kernel| kernel.seconds).sum();
    let mut kernels: Vec<_> = profile
        .kernels
        .into_iter()
        .map(|kernel| KernelLine {
            share: kernel.seconds / total.max(f64::MIN_POSITIVE),
            milliseconds: 1e3 * kernel.seconds,
            // a device whose clock is coarse may tell of no time at all
            tflops: (kernel.flop > 0.0 && kernel.seconds > 0.0)
                .then(|| kernel.flop / kernel.seconds / 1e12),
            launches: kernel.launches,
            name: kernel.name,
        })
        .collect();
    kernels.sort_by(|a, b| b.milliseconds.total_cmp(&a.milliseconds));
    Ok(StepKernels {
        net: kind.name(),
        batch,
        precision: precision.name(),
        step_milliseconds: 1e3 * took.as_secs_f64() / steps as f64,
        kernel_milliseconds: 1e3 * total,
        unmeasured: profile.unmeasured,
        by_host: profile.by_host,
        kernels,
    })
}
