//! Images per second of training steps and of predictions, by network, batch and
//! number format.

use std::time::Duration;

use anyhow::Result;
use relabel_models::{
    Images,
    image::{Engine, Named, NetKind, Precision},
};

use super::{
    clock::{Clock, repeat},
    nets::{self, KINDS, SIDE, STEP},
    result::{BenchResult, Throughput},
};

/// Batches in the order of interest; the largest last, since they need the most memory.
const BATCHES: [usize; 4] = [512, 128, 256, 1024];
/// The least and the most that one figure is timed for, seconds.
const TIME: [f64; 2] = [0.3, 4.0];

/// Measures what fits into the time; the rest is named in `result.skipped`.
pub fn measure(
    engine: &dyn Engine,
    formats: &[Precision],
    images: &Images,
    clock: Clock,
    result: &mut BenchResult,
) {
    let mut plan = Vec::new();
    for batch in BATCHES {
        for kind in KINDS {
            plan.extend(formats.iter().map(|&precision| (kind, batch, precision)));
        }
    }
    for (at, &(kind, batch, precision)) in plan.iter().enumerate() {
        let name = format!("{} with batches of {batch}, {}", kind.name(), precision.name());
        if clock.left().is_zero() {
            result.skipped.push(format!("throughput of {name}: the time was up"));
            continue;
        }
        // two figures for every line of the plan, as much again for warming up
        let share = clock.left().as_secs_f64() / (4 * (plan.len() - at)) as f64;
        let time = Duration::from_secs_f64(share.clamp(TIME[0], TIME[1]));
        match pair(engine, kind, images, batch, precision, time) {
            Ok(lines) => result.throughput.extend(lines),
            Err(error) => result.skipped.push(format!("throughput of {name}: {error:#}")),
        }
    }
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
    let step = nets::batch(batch, images);
    let mut train = || net.borrow_mut().step(&step, &STEP);
    let mut wait = || net.borrow_mut().mean_loss().map(drop);
    let trained = repeat(time, &mut train, &mut wait)?;
    let mut ask = || net.borrow().scores(images, &step.rows, false).map(drop);
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
