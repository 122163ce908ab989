//! Images per second of training steps and of predictions, by network, batch and
//! number format.

use std::time::Duration;

use anyhow::Result;
use relabel_models::{
    Images,
    image::{Engine, Named, NetKind, Precision},
};

use super::{
    chosen::Chosen,
    clock::{Clock, repeat},
    first_step,
    nets::{self, SIDE, STEP},
    result::{BenchResult, Throughput},
};

/// The least and the most that one figure is timed for, seconds.
const TIME: [f64; 2] = [0.3, 4.0];

/// Measures what fits into the time and calls `save` after every line of the plan;
/// the rest is named in `result.skipped`.
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
    let mut plan = Vec::new();
    for &batch in chosen.batches {
        for &kind in chosen.nets {
            plan.extend(chosen.formats.iter().map(|&precision| (kind, batch, precision)));
        }
    }
    for (at, &(kind, batch, precision)) in plan.iter().enumerate() {
        let name = format!("{} with batches of {batch}, {}", kind.name(), precision.name());
        let left = clock.left().as_secs_f64();
        if left <= 2.0 * step_flop(kind, batch) * bound(result) {
            result.skipped.push(format!("throughput of {name}: {left:.0} s left do not suffice"));
            continue;
        }
        // two figures for every line of the plan, as much again for warming up
        let share = left / (4 * (plan.len() - at)) as f64;
        let time = Duration::from_secs_f64(share.clamp(TIME[0], TIME[1]));
        match pair(engine, kind, images, batch, precision, time) {
            Ok(lines) => result.throughput.extend(lines),
            Err(error) => result.skipped.push(format!("throughput of {name}: {error:#}")),
        }
        save(result)?;
    }
    Ok(())
}

/// The least that is known of the seconds per operation, to leave out what a very slow
/// device would never finish; the start of a process is part of the first step.
pub fn bound(result: &BenchResult) -> f64 {
    let step = step_flop(first_step::KIND, first_step::BATCH);
    let first = result.first_step.iter().map(|first| first.warm_seconds / step);
    let trained = result.throughput.iter().filter(|line| line.task == "train");
    let rates = trained.map(|line| 1e-12 / line.tflops);
    first.chain(rates).reduce(f64::min).unwrap_or(0.0)
}

/// Floating-point operations of one training step: three forward passes, two
/// operations per multiply-add.
pub fn step_flop(kind: NetKind, batch: usize) -> f64 {
    6.0 * (nets::architecture(kind).multiply_adds(SIDE) * batch as u64) as f64
}

/// Training and prediction.
fn pair(
    engine: &dyn Engine,
    kind: NetKind,
    images: &Images,
    batch: usize,
    precision: Precision,
    time: Duration,
) -> Result<[Throughput; 2]> {
    let net = std::cell::RefCell::new(nets::build(engine, kind, images, batch, precision)?);
    let steps = [nets::batch(batch, images)];
    let mut train = || net.borrow_mut().step(&steps, &STEP);
    let mut wait = || net.borrow_mut().mean_losses().map(drop);
    let trained = repeat(time, &mut train, &mut wait)?;
    let mut ask = || net.borrow().scores(0, images, &steps[0].rows, false).map(drop);
    let asked = repeat(time, &mut ask, &mut || Ok(()))?;
    let forward = 2.0 * nets::architecture(kind).multiply_adds(SIDE) as f64;
    let line = |task, (turns, took): (usize, Duration), flop: f64| {
        let images_per_second = (turns * batch) as f64 / took.as_secs_f64();
        Throughput {
            net: kind.name(),
            width: kind.default_width(),
            task,
            batch,
            precision: precision.name(),
            compiled: false,
            images_per_second,
            tflops: images_per_second * flop / 1e12,
            seconds: took.as_secs_f64(),
        }
    };
    Ok([line("train", trained, 3.0 * forward), line("infer", asked, forward)])
}
