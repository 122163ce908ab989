//! The engine on burn's tensors against the one written for the CPU: same
//! weights, same batches, same sums. With the cargo feature `framework` alone the
//! device is a software rasteriser.

#![cfg(feature = "framework")]
#![allow(clippy::unwrap_used)]

use burn::tensor::Device;
use relabel_models::image::augment::{Hole, Mix};
use relabel_models::image::{
    Architecture, Batch, BurnEngine, CpuEngine, Distortion, Engine, Input, Net, NetKind, NetPlan,
    NetSpec, Precision, StepSize, WeightTensor, Weights, first_weights,
};
use relabel_models::{Images, ModelError};
use relabel_scoring::{Round, Seed, Stream};

/// Greatest difference, relative to values above 1.
const REACH: f32 = if cfg!(feature = "resnet") { 1e-4 } else { 1e-3 };
const BATCH: usize = 8;
const N_CLASSES: usize = 5;

#[cfg(feature = "resnet")]
fn burn() -> BurnEngine {
    BurnEngine::new(Device::flex())
}

#[cfg(not(feature = "resnet"))]
fn burn() -> BurnEngine {
    BurnEngine::new(Device::wgpu(burn::tensor::DeviceKind::Cpu))
}

/// Noise of `side` pixels, odd in number of pixels if `side` is.
fn images(side: usize) -> Images {
    let n = 2 * BATCH * 3 * side * side;
    let mut state = 7_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let pixels: Vec<u8> = (0..n).map(|_| noise()).collect();
    Images { pixels: pixels.into(), channels: 3, height: side, width: side }
}

fn batch(mix: bool) -> Batch {
    let distortion = |at: i16| Distortion {
        down: at - 4,
        right: 3 - at,
        mirrored: at % 2 == 0,
        hole: Hole { top: at - 2, left: 2 * at, side: 5 },
    };
    let target = |at: usize| 0.02 + 0.9 * f32::from(u8::from(at % N_CLASSES == at / N_CLASSES % 5));
    Batch {
        rows: (0..BATCH as u32).map(|at| (5 * at) % 16).collect(),
        distortions: (0..BATCH as i16).map(distortion).collect(),
        targets: (0..BATCH * N_CLASSES).map(target).collect(),
        mix: mix.then(|| Mix { share: 0.7, partners: (0..8).map(|at| (at + 3) % 8).collect() }),
    }
}

fn start(spec: &NetSpec) -> (Architecture, Weights) {
    let net = Architecture::new(spec, 3, N_CLASSES);
    let stream = Stream::new(Seed(5), "test", Round(0), 0);
    let values = (0..24 * 12).map(|at| ((at * 7 % 23) as f32 - 11.0) / 20.0).collect();
    let whitening = WeightTensor { shape: vec![24, 3, 2, 2], values };
    let mut weights = first_weights(&net, stream, Some(&whitening));
    for (at, spec) in net.tensors().iter().enumerate() {
        let tensor = weights.0.get_mut(&spec.name).unwrap();
        if tensor.shape.len() == 1 && spec.role.trained() {
            let shift =
                |(place, value): (usize, &mut f32)| *value += ((place + at) % 5) as f32 / 9.0;
            tensor.values.iter_mut().enumerate().for_each(shift);
        }
    }
    (net, weights)
}

struct Case {
    spec: NetSpec,
    mix: bool,
    /// Of the images and what they are resized to.
    sides: (usize, Option<usize>),
    precision: Precision,
    /// Training steps; errors of rounding grow with each, most in a deep network.
    steps: usize,
}

impl Case {
    fn net(&self, engine: &dyn Engine) -> Result<(Box<dyn Net>, Images), ModelError> {
        let images = images(self.sides.0);
        let (architecture, weights) = start(&self.spec);
        let input = Input { standard: vec![[120.0, 60.0]; 3], side: self.sides.1 };
        let plan = NetPlan {
            architecture: &architecture,
            weights: &weights,
            images: &images,
            input: &input,
            batch: BATCH,
            precision: self.precision,
        };
        Ok((engine.build(&plan)?, images))
    }

    /// Scores before, mean loss of the steps, weights after, scores after.
    fn seen(&self, engine: &dyn Engine) -> (Vec<f32>, f64, Weights, Vec<f32>) {
        let (mut net, images) = self.net(engine).unwrap();
        let rows: Vec<u32> = (0..11).collect();
        let before = net.scores(&images, &rows, true).unwrap();
        let size =
            StepSize { learning_rate: 0.02, momentum: 0.9, weight_decay: 0.05, norm_momentum: 0.3 };
        for _ in 0..self.steps {
            net.step(&batch(self.mix), &size).unwrap();
            net.average(0.75);
        }
        let loss = net.mean_loss().unwrap();
        net.take_average();
        (before, loss, net.weights().unwrap(), net.scores(&images, &rows, false).unwrap())
    }
}

fn close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let reach = REACH * expected.abs().max(1.0);
        assert!((found - expected).abs() < reach, "{what}: {found} instead of {expected}");
    }
}

fn both_agree(case: &Case) {
    let (before, loss, weights, after) = case.seen(&burn());
    let (cpu_before, cpu_loss, cpu_weights, cpu_after) = case.seen(&CpuEngine);
    close(&before, &cpu_before, "scores");
    assert!((loss - cpu_loss).abs() < f64::from(REACH), "{loss} {cpu_loss}");
    for (name, tensor) in &cpu_weights.0 {
        close(weights.values(name), &tensor.values, name);
    }
    close(&after, &cpu_after, "scores after training");
}

#[test]
fn basic_blocks_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    both_agree(&Case { spec, mix: false, sides: (16, None), precision: Precision::F32, steps: 2 });
}

#[test]
fn bottlenecks_of_resized_images_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::imagenet(NetKind::Resnet50) };
    both_agree(&Case {
        spec,
        mix: false,
        sides: (15, Some(64)),
        precision: Precision::F32,
        steps: 1,
    });
}

#[test]
fn whitened_mixed_images_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Fast) };
    both_agree(&Case { spec, mix: true, sides: (17, None), precision: Precision::F32, steps: 2 });
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    let case = Case { spec, mix: true, sides: (16, None), precision: Precision::F32, steps: 2 };
    let here = case.seen(&burn());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert!(here == pool.install(|| case.seen(&burn())));
}

#[cfg(feature = "resnet")]
#[test]
fn half_precision_is_refused_on_a_cpu() {
    let (architecture, weights) = start(&NetSpec::small(NetKind::Resnet8));
    let plan = NetPlan {
        architecture: &architecture,
        weights: &weights,
        images: &images(16),
        input: &Input { standard: vec![[120.0, 60.0]; 3], side: None },
        batch: BATCH,
        precision: Precision::F16,
    };
    let Err(ModelError::Device(text)) = burn().build(&plan) else { panic!("f16 was accepted") };
    assert!(text.contains("f16") && text.contains("for GPUs"), "{text}");
}

#[cfg(not(feature = "resnet"))]
#[test]
fn half_precision_stays_near_single() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    let case =
        |precision| Case { spec: spec.clone(), mix: false, sides: (16, None), precision, steps: 4 };
    let (_, loss, _, half) = case(Precision::F16).seen(&burn());
    let (_, expected, _, single) = case(Precision::F32).seen(&CpuEngine);
    assert!((loss - expected).abs() < 0.01, "{loss} instead of {expected}");
    let apart = half.iter().zip(&single).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 0.1, "scores {apart} apart");
    assert!(apart > 0.0, "nothing was computed in half precision");
}
