//! Mean and variance of every channel over a batch (Chan, Golub and LeVeque,
//! 1983): every chunk of images gives its own mean and its sum of squared
//! deviations, which are then merged in a fixed order in double precision.

use pulp::Simd;

use super::lanes::{LANES, Lanes};
use super::wide::{Task, Wide};

/// The moments of a chunk: `[mean or squares][block]`.
pub(super) struct Moments<'a> {
    /// `[image][block][pixel]`
    pub(super) pixels: &'a [Lanes],
    /// Pixels of a block of an image.
    pub(super) area: usize,
    pub(super) means: &'a mut [Lanes],
    pub(super) squares: &'a mut [Lanes],
}

/// Sums that are in flight together: one addition waits for the one before.
const FLIGHT: usize = 4;

impl Task for Moments<'_> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        let blocks = self.means.len();
        let count = self.pixels.len() / blocks;
        let share = Wide::<S, V>::splat(simd, 1.0 / count as f32);
        let zero = Wide::splat(simd, 0.0);
        for block in 0..blocks {
            let planes = || self.pixels.chunks_exact(self.area).skip(block).step_by(blocks);
            let total = sum(simd, planes(), |value| value);
            let mean = total.times(simd, share);
            let squares = sum(simd, planes(), |value| {
                let deviation = value.minus(simd, mean);
                deviation.times_plus(simd, deviation, zero)
            });
            mean.store(&mut self.means[block]);
            squares.store(&mut self.squares[block]);
        }
    }
}

#[inline(always)]
fn sum<'a, S: Simd, const V: usize>(
    simd: S,
    planes: impl Iterator<Item = &'a [Lanes]>,
    of: impl Fn(Wide<S, V>) -> Wide<S, V>,
) -> Wide<S, V> {
    let mut sums = [Wide::splat(simd, 0.0); FLIGHT];
    for plane in planes {
        let (groups, rest) = plane.as_chunks::<FLIGHT>();
        for group in groups {
            for (sum, pixel) in sums.iter_mut().zip(group) {
                *sum = sum.plus(simd, of(Wide::load(pixel)));
            }
        }
        for (sum, pixel) in sums.iter_mut().zip(rest) {
            *sum = sum.plus(simd, of(Wide::load(pixel)));
        }
    }
    sums[0].plus(simd, sums[1]).plus(simd, sums[2].plus(simd, sums[3]))
}

/// Moments of several chunks together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merged {
    count: f64,
    pub(super) mean: [f64; LANES],
    squares: [f64; LANES],
}

impl Default for Merged {
    fn default() -> Self {
        Self { count: 0.0, mean: [0.0; LANES], squares: [0.0; LANES] }
    }
}

impl Merged {
    /// With a further chunk of `count` pixels.
    pub(super) fn and(self, count: usize, mean: &Lanes, squares: &Lanes) -> Self {
        let added = count as f64;
        let count = self.count + added;
        let mut merged = Self { count, ..self };
        for lane in 0..LANES {
            let apart = f64::from(mean.0[lane]) - self.mean[lane];
            merged.mean[lane] += apart * added / count;
            merged.squares[lane] +=
                f64::from(squares.0[lane]) + apart * apart * self.count * added / count;
        }
        merged
    }

    /// The mean squared deviation.
    pub(super) fn variance(&self) -> [f64; LANES] {
        self.squares.map(|squares| squares / self.count)
    }

    /// The estimate of the variance from which these pixels were drawn.
    pub(super) fn unbiased_variance(&self) -> [f64; LANES] {
        self.squares.map(|squares| squares / (self.count - 1.0).max(1.0))
    }
}
