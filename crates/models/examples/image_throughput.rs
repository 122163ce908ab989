//! Images per second of the CPU engine, training step and inference, in the
//! JSON of `scripts/peer_torch.py`. Random images: speed does not depend on them.
//!
//!     image_throughput NET WIDTH BATCH [STEPS] [FOLDS] [THREADS]
//!
//! FOLDS networks are trained at once in one pool of THREADS threads. Seconds are
//! wall clock; `cpu_seconds` is what the process used, for busy machines.

use std::time::Instant;

use rayon::prelude::*;
use relabel_models::Images;
use relabel_models::image::augment::Augmenter;
use relabel_models::image::{
    Architecture, Batch, CpuEngine, Engine, Input, Member, Named, Net, NetKind, NetPlan, NetSpec,
    Precision, Recipe, first_weights,
};
use relabel_scoring::{Round, Seed, Stream};
use serde_json::{Value, json};

const SIDE: usize = 32;
const IMAGES: usize = 2048;

fn number(at: usize, default: usize) -> usize {
    let text = std::env::args().nth(at);
    text.map_or(default, |text| text.parse().expect("arguments should be numbers"))
}

fn batch(batch: usize, step: usize, augmenter: &Augmenter<'_>) -> Batch {
    let rows: Vec<u32> = (0..batch).map(|at| ((step * batch + at) % IMAGES) as u32).collect();
    let mut targets = vec![0.01; 10 * batch];
    (0..batch).for_each(|at| targets[10 * at + at % 10] += 0.9);
    let distortions = rows.iter().map(|&row| augmenter.distortion(row as usize, step)).collect();
    Batch { rows, distortions, targets, mix: None }
}

/// CPU seconds of this process in units of a hundredth.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.split_whitespace().skip(13).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn timed(what: impl FnOnce()) -> [f64; 2] {
    let (start, used) = (Instant::now(), cpu_seconds());
    what();
    [start.elapsed().as_secs_f64(), cpu_seconds() - used]
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "resnet8".into());
    let kind = NetKind::named(&name).expect("the first argument should be a network");
    let (width, rows) = (number(2, 16), number(3, 128));
    let (steps, folds, threads) = (number(4, 20), number(5, 1), number(6, 2));
    let spec = NetSpec { width, whitening: false, ..NetSpec::small(kind) };
    let architecture = Architecture::new(&spec, 3, 10);
    let stream = Stream::new(Seed(0), "throughput", Round(0), 0);
    let weights = first_weights(&architecture, stream, None);
    let pixels = (0..IMAGES * 3 * SIDE * SIDE).map(|at| (at * 7919 / 3 % 251) as u8);
    let images = Images { pixels: pixels.collect(), channels: 3, height: SIDE, width: SIDE };
    let input = Input { standard: vec![[120.0, 70.0]; 3], side: None };
    let plan = NetPlan {
        architecture: &architecture,
        members: &[Member { weights: &weights, input: &input }],
        images: &images,
        batch: rows,
        precision: Precision::F32,
    };
    let recipe = Recipe::default();
    let augmenter = Augmenter { recipe: &recipe, size: [SIDE; 2], stream };
    let train = |net: &mut Box<dyn Net>, steps: usize| {
        for step in 0..steps {
            let batches = [batch(rows, step, &augmenter)];
            net.step(&batches, &recipe.step_size(step)).expect("the CPU is always there");
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.expect("threads should start");
    let mut nets: Vec<_> =
        (0..folds).map(|_| CpuEngine.build(&plan).expect("the plan should be sound")).collect();
    let asked: Vec<u32> = (0..rows as u32 * 4).map(|at| at % IMAGES as u32).collect();
    let entry = |task: &str, n: usize, [seconds, cpu]: [f64; 2]| -> Value {
        let cost = if task == "train" { 3.0 } else { 1.0 } * 2.0 * n as f64;
        let flops = cost * architecture.multiply_adds(SIDE) as f64;
        json!({
            "net": name, "width": width, "task": task, "batch": rows, "precision": "f32", "compiled": false,
            "folds": folds, "images_per_second": n as f64 / seconds, "tflops": flops / seconds / 1e12,
            "seconds": seconds, "cpu_seconds": cpu, "images_per_cpu_second": n as f64 / cpu,
        })
    };
    let result = pool.install(|| {
        nets.par_iter_mut().for_each(|net| train(net, 2));
        let training = timed(|| nets.par_iter_mut().for_each(|net| train(net, steps)));
        let asking = timed(|| {
            for _ in 0..steps.div_ceil(4) {
                nets[0].scores(0, &images, &asked, false).expect("the CPU is always there");
            }
        });
        [
            entry("train", folds * steps * rows, training),
            entry("infer", steps.div_ceil(4) * asked.len(), asking),
        ]
    });
    let program = format!("relabel {}", env!("CARGO_PKG_VERSION"));
    let found =
        json!({ "program": program, "device": "cpu", "threads": threads, "throughput": result });
    println!("{found:#}");
}
