//! The other engines against the one written for the CPU: same weights, same batches,
//! same sums. In the default build that is the one on burn's tensors; with the cargo
//! feature `gpu` alone the one for GPUs, on whatever device is found: a GPU, a software
//! rasteriser or a pretended driver.

#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used)]

use relabel_models::image::augment::{Hole, Mix};
use relabel_models::image::{
    Architecture, Batch, CpuEngine, Distortion, Engine, Input, Member, Net, NetKind, NetPlan,
    NetSpec, Precision, StepSize, WeightTensor, Weights, first_weights,
};
use relabel_models::{Images, ModelError};
use relabel_scoring::{Round, Seed, Stream};

/// Greatest difference, relative to values above 1.
const REACH: f32 = if cfg!(feature = "resnet") { 1e-4 } else { 1e-3 };
const BATCH: usize = 8;
const N_CLASSES: usize = 5;

#[cfg(feature = "resnet")]
fn other() -> relabel_models::image::BurnEngine {
    relabel_models::image::BurnEngine::new(burn::tensor::Device::flex())
}

#[cfg(not(feature = "resnet"))]
fn other() -> relabel_models::image::GpuEngine {
    relabel_models::image::GpuEngine::new(cubecl::Device::default())
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

/// The batch of a member; those of two have nothing in common.
fn batch(mix: bool, member: u32, n: usize) -> Batch {
    let distortion = |at: i16| Distortion {
        down: at - 4,
        right: 3 - at,
        mirrored: at % 2 == 0,
        hole: Hole { top: at - 2, left: 2 * at, side: 5 },
    };
    let turn = member as usize;
    let target =
        |at: usize| 0.02 + 0.9 * f32::from(u8::from(at % N_CLASSES == (at / N_CLASSES + turn) % 5));
    Batch {
        rows: (0..n as u32).map(|at| (5 * at + 3 * member) % 16).collect(),
        distortions: (0..n as i16).map(distortion).collect(),
        targets: (0..n * N_CLASSES).map(target).collect(),
        mix: mix.then(|| {
            let n = n as u32;
            let partners = (0..n).map(|at| (at + 3 + member) % n).collect();
            Mix { share: 0.7 + 0.2 * member as f32, partners }
        }),
    }
}

fn start(spec: &NetSpec, member: u32) -> (Architecture, Weights) {
    let net = Architecture::new(spec, 3, N_CLASSES);
    let stream = Stream::new(Seed(5), "test", Round(0), member);
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
    /// Images of a batch.
    batch: usize,
    /// Training steps; errors of rounding grow with each, most in a deep network.
    steps: usize,
}

/// What one network said and became.
#[derive(PartialEq)]
struct Seen {
    before: Vec<f32>,
    /// Mean over the steps.
    loss: f64,
    weights: Weights,
    after: Vec<f32>,
}

impl Case {
    /// A stack of the given members on `engine`.
    fn net(
        &self,
        engine: &dyn Engine,
        members: &[u32],
    ) -> Result<(Box<dyn Net>, Images), ModelError> {
        let images = images(self.sides.0);
        let starts: Vec<_> = members.iter().map(|&member| start(&self.spec, member)).collect();
        let inputs = members.iter().map(|&member| Input {
            standard: vec![[120.0 + 5.0 * member as f32, 60.0]; 3],
            side: self.sides.1,
        });
        let inputs: Vec<_> = inputs.collect();
        let both = starts.iter().zip(&inputs);
        let members: Vec<_> = both.map(|((_, weights), input)| Member { weights, input }).collect();
        let plan = NetPlan {
            architecture: &starts[0].0,
            members: &members,
            images: &images,
            batch: self.batch,
            precision: self.precision,
        };
        Ok((engine.build(&plan)?, images))
    }

    /// What becomes of a stack of the given members.
    fn stack(&self, engine: &dyn Engine, members: &[u32]) -> Vec<Seen> {
        let (mut net, images) = self.net(engine, members).unwrap();
        let rows: Vec<u32> = (0..11).collect();
        let places = 0..members.len();
        let scores = |net: &dyn Net, mirrored: bool| -> Vec<Vec<f32>> {
            places.clone().map(|at| net.scores(at, &images, &rows, mirrored).unwrap()).collect()
        };
        let before = scores(net.as_ref(), true);
        let size =
            StepSize { learning_rate: 0.02, momentum: 0.9, weight_decay: 0.05, norm_momentum: 0.3 };
        let batches: Vec<_> =
            members.iter().map(|&member| batch(self.mix, member, self.batch)).collect();
        for _ in 0..self.steps {
            net.step(&batches, &size).unwrap();
            net.average(0.75);
        }
        let losses = net.mean_losses().unwrap();
        net.take_average();
        let after = scores(net.as_ref(), false);
        let each = before.into_iter().zip(losses).zip(after).enumerate();
        each.map(|(at, ((before, loss), after))| Seen {
            before,
            loss,
            weights: net.weights(at).unwrap(),
            after,
        })
        .collect()
    }

    fn seen(&self, engine: &dyn Engine) -> Seen {
        self.stack(engine, &[0]).remove(0)
    }
}

fn close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let reach = REACH * expected.abs().max(1.0);
        assert!((found - expected).abs() < reach, "{what}: {found} instead of {expected}");
    }
}

fn agree(found: &Seen, expected: &Seen) {
    close(&found.before, &expected.before, "scores");
    let (loss, cpu_loss) = (found.loss, expected.loss);
    assert!((loss - cpu_loss).abs() < f64::from(REACH), "{loss} {cpu_loss}");
    for (name, tensor) in &expected.weights.0 {
        close(found.weights.values(name), &tensor.values, name);
    }
    close(&found.after, &expected.after, "scores after training");
}

fn both_agree(case: &Case) {
    agree(&case.seen(&other()), &case.seen(&CpuEngine));
}

#[test]
fn basic_blocks_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    both_agree(&Case {
        spec,
        mix: false,
        batch: BATCH,
        sides: (16, None),
        precision: Precision::F32,
        steps: 2,
    });
}

#[test]
fn bottlenecks_of_resized_images_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::imagenet(NetKind::Resnet50) };
    both_agree(&Case {
        spec,
        mix: false,
        batch: BATCH,
        sides: (15, Some(64)),
        precision: Precision::F32,
        steps: 1,
    });
}

#[test]
fn whitened_mixed_images_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Fast) };
    both_agree(&Case {
        spec,
        mix: true,
        batch: BATCH,
        sides: (17, None),
        precision: Precision::F32,
        steps: 2,
    });
}

#[test]
fn members_of_a_stack_train_as_each_would_alone() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Fast) };
    let case = Case {
        spec,
        mix: true,
        batch: BATCH,
        sides: (17, Some(20)),
        precision: Precision::F32,
        steps: 2,
    };
    let stack = case.stack(&other(), &[0, 1, 2]);
    assert!(stack[0].before != stack[1].before);
    for (member, found) in stack.iter().enumerate() {
        agree(found, &case.stack(&CpuEngine, &[member as u32])[0]);
    }
}

#[test]
fn channels_that_are_no_multiple_of_the_grain_train_as_on_the_cpu_engine() {
    let spec = NetSpec { width: 6, ..NetSpec::small(NetKind::Resnet8) };
    both_agree(&Case {
        spec,
        mix: false,
        batch: BATCH,
        sides: (12, None),
        precision: Precision::F32,
        steps: 2,
    });
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    let case = Case {
        spec,
        mix: true,
        batch: BATCH,
        sides: (16, None),
        precision: Precision::F32,
        steps: 2,
    };
    let here = case.seen(&other());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert!(here == pool.install(|| case.seen(&other())));
}

#[cfg(feature = "resnet")]
#[test]
fn half_precision_is_refused_on_a_cpu() {
    let spec = NetSpec::small(NetKind::Resnet8);
    let case = Case {
        spec,
        mix: false,
        batch: BATCH,
        sides: (16, None),
        precision: Precision::F16,
        steps: 1,
    };
    let Err(ModelError::Unsupported(text)) = case.net(&other(), &[0]) else {
        panic!("f16 was accepted")
    };
    assert!(text.contains("f16") && text.contains("for GPUs"), "{text}");
}

#[cfg(not(feature = "resnet"))]
#[test]
fn half_precision_stays_near_single() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    for batch in [BATCH, BATCH / 2] {
        let case =
            |precision| Case { spec, mix: false, batch, sides: (16, None), precision, steps: 4 };
        let Seen { loss, after: half, .. } = case(Precision::F16).seen(&other());
        let Seen { loss: expected, after: single, .. } = case(Precision::F32).seen(&CpuEngine);
        assert!((loss - expected).abs() < 0.01, "{loss} instead of {expected}");
        let apart = half.iter().zip(&single).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 0.1, "scores {apart} apart");
        assert!(apart > 0.0, "nothing was computed in half precision");
    }
}

#[cfg(not(feature = "resnet"))]
#[test]
fn what_half_precision_cannot_hold_shows_in_the_loss() {
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    let precision = Precision::F16;
    let case = Case { spec, mix: false, batch: BATCH, sides: (16, None), precision, steps: 2 };
    let (mut net, _) = case.net(&other(), &[0]).unwrap();
    let size =
        StepSize { learning_rate: 1e8, momentum: 0.9, weight_decay: 0.0, norm_momentum: 0.3 };
    for _ in 0..case.steps {
        net.step(&[batch(false, 0, BATCH)], &size).unwrap();
    }
    let loss = net.mean_losses().unwrap()[0];
    assert!(!loss.is_finite(), "{loss}");
}

#[cfg(not(feature = "resnet"))]
#[test]
fn a_profile_has_every_product_of_a_step_and_the_work_is_done() {
    // channels are multiples of the grain, so that products have the network's operations
    let spec = NetSpec { width: 8, ..NetSpec::small(NetKind::Resnet8) };
    let case = Case {
        spec,
        mix: false,
        batch: BATCH,
        sides: (16, None),
        precision: Precision::F32,
        steps: 1,
    };
    let engine = other();
    let (mut net, _) = case.net(&engine, &[0]).unwrap();
    let size =
        StepSize { learning_rate: 0.02, momentum: 0.9, weight_decay: 0.0, norm_momentum: 0.3 };
    let before = net.weights(0).unwrap();
    let mut step = || net.step(&[batch(false, 0, BATCH)], &size);
    let profile = engine.profile(&mut step).unwrap().expect("kernels");
    assert!(net.weights(0).unwrap() != before);
    let flop: f64 = profile.kernels.iter().map(|kernel| kernel.flop).sum();
    let forward = Architecture::new(&case.spec, 3, N_CLASSES).multiply_adds(16) * BATCH as u64;
    // the first layer has no slopes in its input; three channels are eight, five classes too
    let share = flop / (6 * forward) as f64;
    assert!((0.95..1.2).contains(&share), "{share} of the operations");
    let launches: usize = profile.kernels.iter().map(|kernel| kernel.launches).sum();
    assert!(launches > 60 && profile.unmeasured == 0, "{profile:?}");
    assert!(profile.kernels.iter().all(|kernel| kernel.seconds >= 0.0), "{profile:?}");
    let names: Vec<_> = profile.kernels.iter().map(|kernel| kernel.name.as_str()).collect();
    assert!(names.contains(&"product of 2048 rows, 9 x 8 to 8"), "{names:?}");
    assert!(names.contains(&"gram of 2048 rows, 9 x 8 to 8"), "{names:?}");
}
