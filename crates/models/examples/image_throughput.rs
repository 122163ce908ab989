//! Training and inference images per second of the CPU engine.
use relabel_models::Images;
use relabel_models::image::{
    Architecture, CpuEngine, Named, augment::*, engine::*, net_kind::*, recipe::*,
    start::first_weights,
};
use relabel_scoring::{Round, Seed, Stream};
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kind = NetKind::named(&args[1]).expect("kind");
    let width: usize = args[2].parse().expect("width");
    let batch: usize = args[3].parse().expect("batch");
    let steps: usize = args[4].parse().expect("steps");
    let folds: usize = args[5].parse().expect("folds");
    let threads: usize = args[6].parse().expect("threads");
    let spec = NetSpec { width, ..NetSpec::small(kind) };
    let spec = NetSpec { whitening: false, ..spec };
    let net = Architecture::new(&spec, 3, 10);
    let stream = Stream::new(Seed(1), "bench", Round(0), 0);
    let weights = first_weights(&net, stream, None);
    let n = 1000usize;
    let pixels: Vec<u8> = (0..n * 3072).map(|i| ((i * 7919 + i / 3072 * 31) % 251) as u8).collect();
    let images = Images { pixels: pixels.into(), channels: 3, height: 32, width: 32 };
    let input = Input { standard: vec![[120.0, 60.0]; 3], side: None };
    let plan = NetPlan {
        architecture: &net,
        weights: &weights,
        images: &images,
        input: &input,
        batch,
        precision: Precision::F32,
    };
    let recipe = Recipe::default();
    let augmenter = Augmenter { recipe: &recipe, size: [32, 32], stream };
    let one = || {
        let mut net = CpuEngine.build(&plan).expect("net");
        for step in 0..steps {
            let rows: Vec<u32> = (0..batch).map(|i| ((step * batch + i) % n) as u32).collect();
            let distortions =
                rows.iter().map(|&r| augmenter.distortion(r as usize, step)).collect();
            let mut targets = vec![0.01; batch * 10];
            for (i, &r) in rows.iter().enumerate() {
                targets[i * 10 + r as usize % 10] = 0.91;
            }
            net.step(&Batch { rows, distortions, targets, mix: None }, &recipe.step_size(5))
                .expect("step");
        }
        let l = net.mean_loss().expect("loss");
        let rows: Vec<u32> = (0..1000u32).collect();
        let t = Instant::now();
        if folds == 1 {
            net.scores(&images, &rows, false).expect("scores");
            println!("infer {:.0} img/s", 1000.0 / t.elapsed().as_secs_f64());
        }
        let w = net.weights().expect("w");
        let sum: u64 =
            w.0.values()
                .flat_map(|t| &t.values)
                .fold(0, |h, v| (h ^ u64::from(v.to_bits())).wrapping_mul(0x100000001b3));
        println!("loss {l} hash {sum:x}");
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
    let t = Instant::now();
    pool.install(|| {
        use rayon::prelude::*;
        (0..folds).into_par_iter().for_each(|_| one());
    });
    let s = t.elapsed().as_secs_f64();
    println!(
        "{} w{width} b{batch} folds{folds} threads{threads}: {:.0} img/s",
        args[1],
        (folds * steps * batch) as f64 / s
    );
}
