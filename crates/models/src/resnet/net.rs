//! The residual network: 3x3 stem, stages of residual blocks that halve the
//! resolution and double the width, global average pooling, linear head
//! (He et al., 2016, in the form used for 32x32 images).

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// How many residual blocks the stages have, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// Three stages of one basic block.
    Resnet8,
    /// Four stages of two basic blocks.
    Resnet18,
    /// Four stages of 3, 4, 6 and 3 basic blocks.
    Resnet34,
    /// Four stages of 3, 4, 6 and 3 bottleneck blocks.
    Resnet50,
}

impl Blocks {
    fn per_stage(self) -> &'static [usize] {
        match self {
            Self::Resnet8 => &[1, 1, 1],
            Self::Resnet18 => &[2, 2, 2, 2],
            Self::Resnet34 | Self::Resnet50 => &[3, 4, 6, 3],
        }
    }

    /// Output channels of a block per channel of its stage.
    fn expansion(self) -> usize {
        if self == Self::Resnet50 { 4 } else { 1 }
    }
}

/// A residual network for images of any size.
#[derive(Module, Debug)]
pub(super) struct ResidualNet {
    stem: ConvNorm,
    blocks: Vec<Block>,
    head: Linear,
}

impl ResidualNet {
    /// The network with all weights zero (see [`super::init`]).
    pub(super) fn new(
        blocks: Blocks,
        width: usize,
        [channels, n_classes]: [usize; 2],
        device: &Device,
    ) -> Self {
        let stem = ConvNorm::new([channels, width], 3, 1, device);
        let mut from = width;
        let mut layers = Vec::new();
        for (stage, &n_blocks) in blocks.per_stage().iter().enumerate() {
            for block in 0..n_blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let inner = width << stage;
                let to = inner * blocks.expansion();
                layers.push(match blocks {
                    Blocks::Resnet50 => Block::bottleneck([from, inner, to], stride, device),
                    _ => Block::basic([from, to], stride, device),
                });
                from = to;
            }
        }
        let head = LinearConfig::new(from, n_classes).with_initializer(Initializer::Zeros);
        Self { stem, blocks: layers, head: head.init(device) }
    }

    /// Class scores.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - output: `[batch, n_classes]`
    pub(super) fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = relu(self.stem.forward(images)); // [batch, width, height, width]
        for block in &self.blocks {
            x = block.forward(x);
        }
        let [batch, channels, height, width] = x.dims();
        let pooled = x.reshape([batch, channels, height * width]).mean_dim(2);
        self.head.forward(pooled.reshape([batch, channels])) // [batch, n_classes]
    }
}

/// Convolutions on the residual branch, identity or projection on the other.
#[derive(Module, Debug)]
struct Block {
    branch: Vec<ConvNorm>,
    shortcut: Option<ConvNorm>,
}

impl Block {
    fn basic([from, to]: [usize; 2], stride: usize, device: &Device) -> Self {
        let branch = vec![
            ConvNorm::new([from, to], 3, stride, device),
            ConvNorm::new([to, to], 3, 1, device),
        ];
        Self { branch, shortcut: Self::projection([from, to], stride, device) }
    }

    fn bottleneck([from, inner, to]: [usize; 3], stride: usize, device: &Device) -> Self {
        let branch = vec![
            ConvNorm::new([from, inner], 1, 1, device),
            ConvNorm::new([inner, inner], 3, stride, device),
            ConvNorm::new([inner, to], 1, 1, device),
        ];
        Self { branch, shortcut: Self::projection([from, to], stride, device) }
    }

    fn projection([from, to]: [usize; 2], stride: usize, device: &Device) -> Option<ConvNorm> {
        (from != to || stride != 1).then(|| ConvNorm::new([from, to], 1, stride, device))
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.shortcut {
            Some(projection) => projection.forward(x.clone()),
            None => x.clone(),
        };
        let mut branch = x;
        for (at, layer) in self.branch.iter().enumerate() {
            branch = if at > 0 { relu(branch) } else { branch };
            branch = layer.forward(branch);
        }
        relu(branch + shortcut)
    }
}

/// A convolution without bias and its batch normalisation.
#[derive(Module, Debug)]
struct ConvNorm {
    conv: Conv2d,
    norm: BatchNorm,
}

impl ConvNorm {
    fn new([from, to]: [usize; 2], kernel: usize, stride: usize, device: &Device) -> Self {
        let pad = kernel / 2;
        let conv = Conv2dConfig::new([from, to], [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
            .with_bias(false)
            .with_initializer(Initializer::Zeros);
        Self { conv: conv.init(device), norm: BatchNormConfig::new(to).init(device) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}
