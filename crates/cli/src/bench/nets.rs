//! The networks that are measured, and images to measure them on: noise, since
//! no figure here depends on what is in a picture.

use anyhow::Result;
use relabel_models::{
    Images,
    image::{
        Architecture, Batch, Distortion, Engine, Input, Member, Named, Net, NetKind, NetPlan,
        NetSpec, Precision, StepSize, first_weights, whitening_kernel,
    },
};
use relabel_scoring::{Round, Seed, Stream, stream::below};

/// Height and width of the images.
pub const SIDE: usize = 32;
/// Classes of the last layer.
pub const N_CLASSES: usize = 10;
/// Everything random in the benchmark.
pub fn stream(purpose: &str) -> Stream {
    Stream::new(Seed(0), purpose, Round(0), 0)
}

/// `n` images of noise.
pub fn images(n: usize) -> Images {
    let mut rng = stream("benchmark images").rng();
    let pixels = (0..n * 3 * SIDE * SIDE).map(|_| below(&mut rng, 256) as u8).collect();
    Images { pixels, channels: 3, height: SIDE, width: SIDE }
}

/// Pixels to about -1 to 1.
pub fn input() -> Input {
    Input { standard: vec![[127.5, 64.0]; 3], side: None }
}

/// A network of the benchmark.
pub fn architecture(kind: NetKind) -> Architecture {
    Architecture::new(&NetSpec::small(kind), 3, N_CLASSES)
}

/// The network on the device of `engine`, with weights that depend on `kind` only.
pub fn build(
    engine: &dyn Engine,
    kind: NetKind,
    images: &Images,
    batch: usize,
    precision: Precision,
) -> Result<Box<dyn Net>> {
    let (input, architecture) = (input(), &architecture(kind));
    let some: Vec<u32> = (0..images.len().min(64) as u32).collect();
    let whitens = NetSpec::small(kind).whitening;
    let kernel = whitens.then(|| whitening_kernel(images, &some, &input));
    let weights = first_weights(architecture, stream(kind.name()), kernel.as_ref());
    let members = &[Member { weights: &weights, input: &input }];
    let plan = NetPlan { architecture, members, images, batch, precision };
    Ok(engine.build(&plan)?)
}

/// A training step on the first `n` images.
pub fn batch(n: usize, images: &Images) -> Batch {
    let rows: Vec<u32> = (0..n).map(|at| (at % images.len()) as u32).collect();
    let mut targets = vec![0.01; n * N_CLASSES];
    for at in 0..n {
        targets[at * N_CLASSES + at % N_CLASSES] += 0.9;
    }
    Batch { distortions: vec![Distortion::NONE; n], rows, targets, mix: None }
}

/// A step size that keeps a network on noise from diverging.
pub const STEP: StepSize =
    StepSize { learning_rate: 1e-3, momentum: 0.9, weight_decay: 5e-4, norm_momentum: 0.1 };
