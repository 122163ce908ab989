//! The engine against its definition: gradients of every kind of layer against
//! differences in double precision, on shapes that are awkward on purpose.

use pulp::Arch;
use relabel_scoring::stream::uniform;
use relabel_scoring::{Round, Seed, Stream};

use super::net::CpuNet;
use super::reference::{Tensors, loss, scores};
use crate::Images;
use crate::image::architecture::{Architecture, Layer, Pool};
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Input, Member, NetPlan};
use crate::image::net_kind::{NetKind, NetSpec, Stem};
use crate::image::recipe::{Precision, StepSize};
use crate::image::weights::{Role, WeightTensor, Weights};

/// Numbers between -1 and 1.
fn noise(n: usize, place: u64) -> impl Iterator<Item = f64> {
    let mut rng = Stream::new(Seed(7), "test", Round(0), 0).child(place).rng();
    (0..n).map(move |_| 2.0 * uniform(&mut rng) - 1.0)
}

struct Case {
    net: Architecture,
    weights: Weights,
    images: Images,
    input: Input,
    batch: Batch,
}

impl Case {
    /// A batch of `n` images of `side` pixels.
    fn new(net: Architecture, n: usize, side: usize) -> Self {
        let specs = net.tensors().into_iter().zip(10..);
        let weights = specs.map(|(spec, place)| {
            let fan_in: usize = spec.shape[1..].iter().product();
            let scale = match spec.role {
                Role::Kernel | Role::FixedKernel => (3.0 / fan_in as f64).sqrt(),
                Role::FixedScale => 0.0,
                _ => 0.3,
            };
            let centre =
                if matches!(spec.role, Role::Scale | Role::FixedScale) { 1.0 } else { 0.0 };
            let values = noise(spec.shape.iter().product(), place);
            let values = values.map(|value| (centre + scale * value) as f32).collect();
            (spec.name, WeightTensor { shape: spec.shape, values })
        });
        let weights = Weights(weights.collect());
        let pixels = noise(n * net.channels * side * side, 1).map(|v| (127.0 + 120.0 * v) as u8);
        let images =
            Images { pixels: pixels.collect(), channels: net.channels, height: side, width: side };
        let targets: Vec<f32> = noise(n * net.n_classes, 2).map(|v| (1.0 + v) as f32).collect();
        let totals = targets.chunks(net.n_classes).map(|row| row.iter().sum::<f32>());
        let totals: Vec<f32> = totals.collect();
        let targets = targets.iter().enumerate().map(|(at, t)| t / totals[at / net.n_classes]);
        let batch = Batch {
            rows: (0..n as u32).collect(),
            distortions: vec![Distortion::NONE; n],
            targets: targets.collect(),
            mix: None,
        };
        let input = Input { standard: vec![[120.0, 70.0]; net.channels], side: None };
        Self { net, weights, images, input, batch }
    }

    fn engine(&self, arch: Arch) -> CpuNet {
        let member = Member { weights: &self.weights, input: &self.input };
        let plan = NetPlan {
            architecture: &self.net,
            members: &[member],
            images: &self.images,
            batch: self.batch.rows.len(),
            precision: Precision::F32,
        };
        CpuNet::new(arch, &plan, &member)
    }

    fn tensors(&self) -> Tensors {
        let all = self.weights.0.iter();
        all.map(|(name, tensor)| {
            (name.clone(), tensor.values.iter().map(|&v| f64::from(v)).collect())
        })
        .collect()
    }

    fn exact_scores(&self, tensors: &Tensors) -> Vec<f64> {
        let Images { pixels, channels, height, width } = &self.images;
        let standard = |&pixel: &u8| f64::from((f32::from(pixel) - 120.0) / 70.0);
        let values = pixels.iter().map(standard).collect();
        let shape = [self.images.len(), *channels, *height, *width];
        scores(&self.net, tensors, super::reference::Map { shape, values })
    }

    fn exact_loss(&self, tensors: &Tensors) -> f64 {
        loss(&self.exact_scores(tensors), &self.batch.targets, self.net.n_classes)
    }

    /// The loss, and for every trained tensor a random direction with the slope along it.
    fn exact(&self) -> (f64, Vec<Slope>) {
        let tensors = self.tensors();
        let loss = self.exact_loss(&tensors);
        let specs = self.net.tensors().into_iter().zip(100..);
        let trained = specs.filter(|(spec, _)| spec.role.trained());
        let slopes = trained.map(|(spec, place)| {
            let direction: Vec<_> = noise(spec.shape.iter().product(), place).collect();
            let step = 1e-7;
            let moved = |by: f64| {
                let mut tensors = tensors.clone();
                let values = tensors.get_mut(&spec.name).expect("the tensor exists");
                for (value, d) in values.iter_mut().zip(&direction) {
                    *value += by * d;
                }
                self.exact_loss(&tensors)
            };
            let slopes = [(moved(step) - loss) / step, (loss - moved(-step)) / step];
            Slope { name: spec.name.clone(), direction, slopes }
        });
        (loss, slopes.collect())
    }

    /// The engine's loss and slopes are those of the definition.
    fn check(&self, arch: Arch, (loss, slopes): &(f64, Vec<Slope>)) {
        let (found, gradients) = self.engine(arch).loss_and_gradients(&self.batch);
        assert!((found - loss).abs() < 1e-5, "{found} for {loss}");
        for ((name, gradient), expected) in gradients.iter().zip(slopes) {
            assert_eq!(name, &expected.name);
            let gradient = || gradient.iter().map(|&g| f64::from(g));
            let slope: f64 = gradient().zip(&expected.direction).map(|(g, d)| g * d).sum();
            let length = gradient().map(|g| g * g).sum::<f64>().sqrt();
            let [below, above] = expected.slopes;
            let off = (slope - slope.clamp(below.min(above), below.max(above))).abs();
            assert!(off < 3e-4 * length + 1e-6, "{name}: {slope} for {below} to {above}, {length}");
        }
    }
}

/// What a tensor's gradient should give along a direction.
struct Slope {
    name: String,
    direction: Vec<f64>,
    /// To either side: they differ at a kink, where an activation or a maximum changes over.
    slopes: [f64; 2],
}

fn arches() -> Vec<Arch> {
    let mut arches = vec![Arch::new(), Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    arches.extend(pulp::x86::V3::try_new().map(Arch::V3));
    arches
}

fn check(net: Architecture, n: usize, side: usize) {
    let case = Case::new(net, n, side);
    let exact = case.exact();
    arches().into_iter().for_each(|arch| case.check(arch, &exact));
}

#[test]
fn gradients_of_basic_blocks_are_those_of_differences() {
    let spec = NetSpec { width: 16, ..NetSpec::small(NetKind::Resnet8) };
    check(Architecture::new(&spec, 3, 10), 5, 12);
}

#[test]
fn widths_that_do_not_fill_a_block_and_odd_sides_are_right_too() {
    let spec = NetSpec { width: 20, ..NetSpec::small(NetKind::Resnet8) };
    check(Architecture::new(&spec, 5, 3), 3, 9);
}

#[test]
fn gradients_of_bottlenecks_and_of_the_large_stem_are_those_of_differences() {
    let spec = NetSpec { width: 8, stem: Stem::Large, ..NetSpec::small(NetKind::Resnet50) };
    let mut net = Architecture::new(&spec, 3, 4);
    // the first stage with its identity shortcuts, and one block of stride 2
    net.layers.truncate(6);
    net.head.from = 64;
    check(net, 3, 22);
}

#[test]
fn gradients_of_the_fast_net_are_those_of_differences() {
    let spec = NetSpec { width: 16, ..NetSpec::small(NetKind::Fast) };
    check(Architecture::new(&spec, 3, 10), 4, 18);
    let mut net = Architecture::new(&NetSpec { whitening: false, ..spec }, 1, 2);
    if let Layer::Unit(unit) = &mut net.layers[1] {
        unit.pool = Some(Pool { size: 3, stride: 2, pad: 1 });
    }
    check(net, 4, 19);
}

#[test]
fn any_number_of_threads_trains_to_the_same_bytes() {
    let spec = NetSpec { width: 16, ..NetSpec::small(NetKind::Resnet8) };
    let case = Case::new(Architecture::new(&spec, 3, 10), 37, 12);
    let size =
        StepSize { learning_rate: 0.1, momentum: 0.9, weight_decay: 0.01, norm_momentum: 0.1 };
    let trained = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads should start").install(|| {
            let mut net = case.engine(Arch::new());
            for _ in 0..3 {
                net.step(&case.batch, &size);
            }
            net.weights()
        })
    };
    let one = trained(1);
    assert_ne!(one, case.weights);
    assert!([2, 3, 7].into_iter().all(|threads| trained(threads) == one));
}
