//! Networks as data: an ordered list of layers with the names that torchvision
//! gives them ("layer1.0.conv1", "layer1.0.bn1", "fc"). Both engines build from
//! this list, weights files are read by it, and parameter counts follow from it.
//!
//! Residual networks (He et al., 2016) come in two forms: a 3x3 stem for small
//! images, and the 7x7 stem with max-pool of ImageNet, for pretrained weights.
//! `fast` is a plain net in the manner of airbench: a fixed whitening layer,
//! three groups of two convolutions, a global max-pool.

use super::net_kind::{NetKind, NetSpec, Stem};

/// The whole network.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Channels of the input.
    pub channels: usize,
    /// Columns of the output.
    pub n_classes: usize,
    /// In the order of execution; the input of one is the output of the one before.
    pub layers: Vec<Layer>,
    /// What follows the last layer.
    pub head: Head,
}

/// One step of the forward pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Convolution, pooling, normalisation, activation.
    Unit(Unit),
    /// A max-pool on its own.
    Pool(Pool),
    /// relu(branch(x) + shortcut(x)); without a shortcut x itself is added. The
    /// last unit of the branch and the shortcut have no activation.
    Residual {
        /// Units one after the other.
        branch: Vec<Unit>,
        /// The projection of x to the shape of the branch's output.
        shortcut: Option<Unit>,
    },
}

/// conv, then pool, then norm, then activation; what is absent is skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The convolution.
    pub conv: Conv,
    /// Max-pool of its output.
    pub pool: Option<Pool>,
    /// Batch normalisation.
    pub norm: Option<Norm>,
    /// The nonlinearity.
    pub activation: Activation,
}

/// A square convolution; its kernel is `<name>.weight` `[to, from, size, size]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// The name before ".weight".
    pub name: String,
    /// Input channels.
    pub from: usize,
    /// Output channels.
    pub to: usize,
    /// Side of the kernel.
    pub size: usize,
    /// Step between outputs.
    pub stride: usize,
    /// Zeros around the input.
    pub pad: usize,
    /// Whether there is a `<name>.bias` `[to]`.
    pub bias: bool,
    /// How the kernel begins.
    pub start: KernelStart,
}

/// How a kernel begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelStart {
    /// Normal with variance 2 / fan-in.
    He,
    /// The same, but the first outputs copy the inputs.
    Copying,
    /// Eigenvectors of image patches; never trained.
    Whitening,
}

/// Batch normalisation: `<name>.weight`, `.bias`, `.running_mean`, `.running_var`, all `[channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// The name before ".weight".
    pub name: String,
    /// Its channels.
    pub channels: usize,
    /// Whether the scale is trained; if not it stays 1.
    pub scaled: bool,
}

/// Added to variances before the square root, as PyTorch does.
pub const NORM_EPSILON: f32 = 1e-5;

/// A square max-pool; padding never wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Side of the window.
    pub size: usize,
    /// Step between outputs.
    pub stride: usize,
    /// Padding on every side.
    pub pad: usize,
}

/// A nonlinearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x
    None,
    /// max(x, 0)
    Relu,
    /// x Phi(x) with the exact normal distribution function.
    Gelu,
}

/// Pooling over all positions, then a linear map with weight `fc.weight` `[n_classes, from]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Mean or maximum over height and width.
    pub pool: GlobalPool,
    /// Features.
    pub from: usize,
    /// Whether there is an `fc.bias`.
    pub bias: bool,
    /// What the scores are multiplied with.
    pub scale: f32,
}

/// How positions become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPool {
    /// The mean.
    Average,
    /// The maximum.
    Max,
}

impl Architecture {
    /// The network that `spec` describes, for images of `channels` channels.
    pub fn new(spec: &NetSpec, channels: usize, n_classes: usize) -> Self {
        let (layers, head) = match spec.kind {
            NetKind::Fast => fast(spec, channels),
            _ => residual(spec, channels),
        };
        Self { channels, n_classes, layers, head }
    }

    /// Every unit in the order of execution; a shortcut follows its branch.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Unit(unit) => vec![unit],
            Layer::Pool(_) => Vec::new(),
            Layer::Residual { branch, shortcut } => branch.iter().chain(shortcut).collect(),
        })
    }

    /// Height (or width) of the input of the head for images of `side` pixels;
    /// 0 if the image is too small for the network.
    pub fn final_side(&self, side: usize) -> usize {
        self.layers.iter().fold(side, |side, layer| match layer {
            Layer::Unit(unit) => unit.side(side),
            Layer::Pool(pool) => pool.side(side),
            Layer::Residual { branch, .. } => branch.iter().fold(side, |side, u| u.side(side)),
        })
    }
}

impl Unit {
    /// The side of its output for an input of `side`.
    pub fn side(&self, side: usize) -> usize {
        let side = self.conv.side(side);
        self.pool.map_or(side, |pool| pool.side(side))
    }
}

impl Conv {
    /// The side of its output for an input of `side`.
    pub fn side(&self, side: usize) -> usize {
        windows(side, self.size, self.stride, self.pad)
    }
}

impl Pool {
    /// The side of its output for an input of `side`.
    pub fn side(self, side: usize) -> usize {
        windows(side, self.size, self.stride, self.pad)
    }
}

fn windows(side: usize, size: usize, stride: usize, pad: usize) -> usize {
    (side + 2 * pad).checked_sub(size).map_or(0, |room| room / stride + 1)
}

/// `[from, to]` channels, no bias, zeros around the input so that stride 1 keeps its size.
fn conv(name: String, [from, to]: [usize; 2], size: usize, stride: usize) -> Conv {
    let start = KernelStart::He;
    Conv { name, from, to, size, stride, pad: size / 2, bias: false, start }
}

fn normalised(conv: Conv, norm: String, activation: Activation) -> Unit {
    let norm = Some(Norm { name: norm, channels: conv.to, scaled: true });
    Unit { conv, pool: None, norm, activation }
}

/// 2x2 patches on the axes of their own covariance, each with both signs.
fn whitening(channels: usize, fixed: bool) -> Unit {
    let start = if fixed { KernelStart::Whitening } else { KernelStart::He };
    let whiten = conv("whiten".into(), [channels, 8 * channels], 2, 1);
    let whiten = Conv { pad: 0, bias: true, start, ..whiten };
    Unit { conv: whiten, pool: None, norm: None, activation: Activation::Gelu }
}

fn residual(spec: &NetSpec, channels: usize) -> (Vec<Layer>, Head) {
    let mut layers = Vec::new();
    let mut from = channels;
    if spec.whitening {
        layers.push(Layer::Unit(whitening(channels, true)));
        from = 8 * channels;
    }
    let (size, stride) = if spec.stem == Stem::Small { (3, 1) } else { (7, 2) };
    let stem = conv("conv1".into(), [from, spec.width], size, stride);
    layers.push(Layer::Unit(normalised(stem, "bn1".into(), Activation::Relu)));
    if spec.stem == Stem::Large {
        layers.push(Layer::Pool(Pool { size: 3, stride: 2, pad: 1 }));
    }
    from = spec.width;
    for (stage, &n_blocks) in spec.kind.blocks().iter().enumerate() {
        for block in 0..n_blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let inner = spec.width << stage;
            let to = inner * spec.kind.expansion();
            let name = format!("layer{}.{block}", stage + 1);
            let shapes = if to == inner {
                vec![([from, to], 3, stride), ([to, to], 3, 1)]
            } else {
                vec![([from, inner], 1, 1), ([inner, inner], 3, stride), ([inner, to], 1, 1)]
            };
            layers.push(block_of(&name, &shapes, [from, to], stride));
            from = to;
        }
    }
    (layers, Head { pool: GlobalPool::Average, from, bias: true, scale: 1.0 })
}

/// `shapes`: channels, kernel side and stride of the convolutions of the branch.
fn block_of(
    name: &str,
    shapes: &[([usize; 2], usize, usize)],
    ends: [usize; 2],
    stride: usize,
) -> Layer {
    let branch = shapes.iter().zip(1..).map(|(&(channels, size, stride), at)| {
        let last = at == shapes.len();
        let activation = if last { Activation::None } else { Activation::Relu };
        let conv = conv(format!("{name}.conv{at}"), channels, size, stride);
        normalised(conv, format!("{name}.bn{at}"), activation)
    });
    let shortcut = (ends[0] != ends[1] || stride != 1).then(|| {
        let conv = conv(format!("{name}.downsample.0"), ends, 1, stride);
        normalised(conv, format!("{name}.downsample.1"), Activation::None)
    });
    Layer::Residual { branch: branch.collect(), shortcut }
}

fn fast(spec: &NetSpec, channels: usize) -> (Vec<Layer>, Head) {
    let mut layers = vec![Layer::Unit(whitening(channels, spec.whitening))];
    let mut from = 8 * channels;
    for (group, to) in [spec.width, 4 * spec.width, 4 * spec.width].into_iter().enumerate() {
        let name = format!("group{}", group + 1);
        for (at, ends) in [(1, [from, to]), (2, [to, to])] {
            let start = KernelStart::Copying;
            let conv = Conv { start, ..conv(format!("{name}.conv{at}"), ends, 3, 1) };
            let pool = (at == 1).then_some(Pool { size: 2, stride: 2, pad: 0 });
            let norm = Norm { name: format!("{name}.bn{at}"), channels: to, scaled: false };
            let unit = Unit { conv, pool, norm: Some(norm), activation: Activation::Gelu };
            layers.push(Layer::Unit(unit));
        }
        from = to;
    }
    (layers, Head { pool: GlobalPool::Max, from, bias: false, scale: 1.0 / 9.0 })
}
