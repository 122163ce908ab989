//! The inner kernel of convolution: `Q` pixels of a row times `G` blocks of
//! output channels, all sums held in registers while taps and input channels go
//! by. Every multiply-add takes one broadcast input and one vector of weights;
//! there is no copy of the image (im2col), and nothing is checked in the loop.

use pulp::Simd;

use super::lanes::{Lanes, Pixel};
use super::wide::Wide;

/// One position of the kernel window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    /// Pixels from the tile's first source pixel.
    pub(super) source: usize,
    /// Which of the kernel's positions.
    pub(super) kernel: usize,
}

/// `dest[g][q * DEST] (+)= sum over taps, channels of source[tap + q * SOURCE] weights[g][tap]`;
/// `fresh` sums start from zero.
#[inline(always)]
pub(super) fn tile<
    S: Simd,
    P: Pixel,
    const V: usize,
    const Q: usize,
    const G: usize,
    const SOURCE: usize,
    const DEST: usize,
>(
    simd: S,
    source: &[P],
    taps: &[Tap],
    weights: [&[Lanes]; G],
    dest: [&mut [Lanes]; G],
    fresh: bool,
) {
    let dest = dest.map(|dest| &mut dest[..(Q - 1) * DEST + 1]);
    let mut sums = [[Wide::<S, V>::splat(simd, 0.0); G]; Q];
    if !fresh {
        for (q, sums) in sums.iter_mut().enumerate() {
            for (sum, dest) in sums.iter_mut().zip(&dest) {
                *sum = Wide::load(&dest[q * DEST]);
            }
        }
    }
    for tap in taps {
        let pixels = &source[tap.source..][..(Q - 1) * SOURCE + 1];
        let weights = weights.map(|w| &w[tap.kernel * P::CHANNELS..][..P::CHANNELS]);
        for channel in 0..P::CHANNELS {
            let weights = weights.map(|w| Wide::load(&w[channel]));
            for q in 0..Q {
                let value = Wide::splat(simd, pixels[q * SOURCE].channels()[channel]);
                for g in 0..G {
                    sums[q][g] = value.times_plus(simd, weights[g], sums[q][g]);
                }
            }
        }
    }
    for (g, dest) in dest.into_iter().enumerate() {
        for q in 0..Q {
            sums[q][g].store(&mut dest[q * DEST]);
        }
    }
}
