//! Which network: its kind, width and stem, and whether a whitening layer comes first.

use super::named::Named;

/// Names of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetKind {
    /// Three stages of one basic block.
    Resnet8,
    /// Three stages of two basic blocks.
    Resnet14,
    /// Four stages of two basic blocks.
    Resnet18,
    /// Four stages of 3, 4, 6 and 3 basic blocks.
    Resnet34,
    /// Four stages of 3, 4, 6 and 3 bottleneck blocks.
    Resnet50,
    /// Whitening layer and three groups of two convolutions.
    Fast,
}

impl Named for NetKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Resnet8, "resnet8"),
        (Self::Resnet14, "resnet14"),
        (Self::Resnet18, "resnet18"),
        (Self::Resnet34, "resnet34"),
        (Self::Resnet50, "resnet50"),
        (Self::Fast, "fast"),
    ];
}

impl NetKind {
    /// Residual blocks per stage.
    pub(super) fn blocks(self) -> &'static [usize] {
        match self {
            Self::Resnet8 => &[1, 1, 1],
            Self::Resnet14 => &[2, 2, 2],
            Self::Resnet18 => &[2, 2, 2, 2],
            Self::Resnet34 | Self::Resnet50 => &[3, 4, 6, 3],
            Self::Fast => &[],
        }
    }

    /// Output channels of a block per channel of its stage.
    pub(super) fn expansion(self) -> usize {
        if self == Self::Resnet50 { 4 } else { 1 }
    }

    /// Channels of the first stage unless the configuration says otherwise.
    pub fn default_width(self) -> usize {
        match self {
            Self::Resnet8 | Self::Resnet14 => 16,
            _ => 64,
        }
    }
}

/// The first convolution of a residual network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stem {
    /// 3x3, for images of about 32 pixels.
    Small,
    /// 7x7 with stride 2 and a max-pool, as for ImageNet.
    Large,
}

impl Named for Stem {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Small, "small"), (Self::Large, "large")];
}

/// One network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetSpec {
    /// Depth and kind of blocks.
    pub kind: NetKind,
    /// Channels of the first stage.
    pub width: usize,
    /// First convolution; `fast` has only one form.
    pub stem: Stem,
    /// Whether a fixed layer whitens 2x2 patches first.
    pub whitening: bool,
}

impl NetSpec {
    /// The usual form for small images: default width; whitening for `fast` only.
    pub fn small(kind: NetKind) -> Self {
        let whitening = kind == NetKind::Fast;
        Self { kind, width: kind.default_width(), stem: Stem::Small, whitening }
    }

    /// torchvision's form, width 64.
    pub fn imagenet(kind: NetKind) -> Self {
        Self { width: 64, stem: Stem::Large, ..Self::small(kind) }
    }
}
