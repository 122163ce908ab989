//! The unit of memory: sixteen channels of one pixel, aligned so that a load
//! never straddles two cache lines. One register with AVX-512, two with AVX2,
//! four with 128-bit vectors. Images of few channels come in fours instead.

/// Channels of a block.
pub(super) const LANES: usize = 16;

/// Sixteen channels of one pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

/// Four channels of one pixel of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(16))]
pub(super) struct Quad(pub(super) [f32; 4]);

/// Some channels of one pixel.
pub(super) trait Pixel: Copy + Default + Send + Sync {
    /// How many.
    const CHANNELS: usize;

    /// Their values; the length is [`Pixel::CHANNELS`], which the optimiser sees.
    fn channels(&self) -> &[f32];
}

impl Pixel for Lanes {
    const CHANNELS: usize = LANES;

    #[inline(always)]
    fn channels(&self) -> &[f32] {
        &self.0
    }
}

impl Pixel for Quad {
    const CHANNELS: usize = 4;

    #[inline(always)]
    fn channels(&self) -> &[f32] {
        &self.0
    }
}

impl Lanes {
    /// All channels the same.
    pub(super) const fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    /// The result of `f` channel by channel.
    #[inline(always)]
    pub(super) fn from_fn(f: impl FnMut(usize) -> f32) -> Self {
        Self(std::array::from_fn(f))
    }
}

/// Blocks that hold `channels` channels.
pub(super) fn blocks(channels: usize) -> usize {
    channels.div_ceil(LANES)
}
