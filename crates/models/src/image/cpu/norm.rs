//! Batch normalisation (Ioffe and Szegedy, 2015) reduced to what the passes
//! over the pixels need: forward `scale x + shift`, backward
//! `gradient' = direct gradient + pull x + offset`. For a convolution that has
//! only a bias the scale is 1 and the gradient passes unchanged.

use pulp::Simd;

use super::join::{Affine, Normed};
use super::lanes::{LANES, Lanes};
use super::moments::Merged;
use super::plane::Shape;
use super::wide::{Task, Wide};
use crate::image::architecture::NORM_EPSILON;

/// The numbers of one normalisation, a block of channels at a time.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    scale: Vec<Lanes>,
    shift: Vec<Lanes>,
    pub(super) mean: Vec<Lanes>,
    /// 1 / standard deviation
    inverse: Vec<Lanes>,
    direct: Vec<Lanes>,
    pull: Vec<Lanes>,
    offset: Vec<Lanes>,
}

/// Scale and shift as they are trained.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trained<'a> {
    pub(super) scale: &'a [Lanes],
    pub(super) shift: &'a [Lanes],
}

impl Norm {
    /// Passes everything unchanged.
    pub(super) fn new(blocks: usize) -> Self {
        let [zeros, ones] = [0.0, 1.0].map(|value| vec![Lanes::splat(value); blocks]);
        Self {
            scale: ones.clone(),
            shift: zeros.clone(),
            mean: zeros.clone(),
            inverse: ones.clone(),
            direct: ones,
            pull: zeros.clone(),
            offset: zeros,
        }
    }

    /// The forward numbers.
    pub(super) fn affine(&self) -> Affine<'_> {
        Affine { scale: &self.scale, shift: &self.shift }
    }

    /// The output of the convolution under these numbers.
    pub(super) fn normed<'a>(&'a self, pixels: &'a [Lanes]) -> Normed<'a> {
        Normed { pixels, affine: self.affine() }
    }

    /// Only adds a bias.
    pub(super) fn shift_by(&mut self, bias: &[Lanes]) {
        self.shift.copy_from_slice(bias);
    }

    /// Normalises block `block` by these moments.
    pub(super) fn settle(&mut self, block: usize, mean: &[f64], variance: &[f64], to: Trained<'_>) {
        for lane in 0..LANES {
            let inverse = 1.0 / (variance[lane] + f64::from(NORM_EPSILON)).sqrt();
            let scale = f64::from(to.scale[block].0[lane]) * inverse;
            self.mean[block].0[lane] = mean[lane] as f32;
            self.inverse[block].0[lane] = inverse as f32;
            self.scale[block].0[lane] = scale as f32;
            let shift = f64::from(to.shift[block].0[lane]);
            self.shift[block].0[lane] = (shift - mean[lane] * scale) as f32;
        }
    }

    /// From the sums over `count` pixels of the gradient and of gradient times
    /// (x - mean): the gradients of scale and shift of block `block`, and the
    /// numbers of the backward pass.
    pub(super) fn settle_backward(
        &mut self,
        block: usize,
        count: usize,
        sums: &[Summed; LANES],
    ) -> [Lanes; 2] {
        let mut slopes = [Lanes::default(); 2];
        for (lane, sum) in sums.iter().enumerate() {
            let inverse = f64::from(self.inverse[block].0[lane]);
            let scale = f64::from(self.scale[block].0[lane]);
            let slope = sum.times_deviation * inverse;
            slopes[0].0[lane] = slope as f32;
            slopes[1].0[lane] = sum.plain as f32;
            let pull = -scale * inverse * slope / count as f64;
            let level = -scale * sum.plain / count as f64;
            self.direct[block].0[lane] = scale as f32;
            self.pull[block].0[lane] = pull as f32;
            let mean = f64::from(self.mean[block].0[lane]);
            self.offset[block].0[lane] = (level - pull * mean) as f32;
        }
        slopes
    }
}

/// Sums over pixels in double precision.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Summed {
    pub(super) plain: f64,
    pub(super) times_deviation: f64,
}

/// The running statistics move a share of the way to those of the batch.
pub(super) fn drift(running: &mut Lanes, batch: [f64; LANES], share: f32) {
    for (running, batch) in running.0.iter_mut().zip(batch) {
        *running = (1.0 - share) * *running + share * batch as f32;
    }
}

/// Mean and unbiased variance, as PyTorch keeps them.
pub(super) fn running(merged: &Merged) -> [[f64; LANES]; 2] {
    [merged.mean, merged.unbiased_variance()]
}

/// The two sums of a chunk of images.
pub(super) struct Sums<'a> {
    /// `[image][block][pixel]`
    pub(super) pixels: &'a [Lanes],
    /// The same.
    pub(super) gradient: &'a [Lanes],
    /// Pixels of a block of an image.
    pub(super) area: usize,
    pub(super) mean: &'a [Lanes],
    pub(super) plain: &'a mut [Lanes],
    pub(super) times_deviation: &'a mut [Lanes],
}

impl Task for Sums<'_> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        let blocks = self.mean.len();
        for block in 0..blocks {
            let mean = Wide::<S, V>::load(&self.mean[block]);
            let zero = Wide::splat(simd, 0.0);
            let mut sums = [[zero; 4]; 2];
            let planes = |all| <[Lanes]>::chunks_exact(all, self.area).skip(block).step_by(blocks);
            for (pixels, gradient) in planes(self.pixels).zip(planes(self.gradient)) {
                for (pixels, gradient) in pixels.chunks(4).zip(gradient.chunks(4)) {
                    for (at, (pixel, gradient)) in pixels.iter().zip(gradient).enumerate() {
                        let gradient = Wide::load(gradient);
                        let deviation = Wide::load(pixel).minus(simd, mean);
                        sums[0][at] = sums[0][at].plus(simd, gradient);
                        sums[1][at] = deviation.times_plus(simd, gradient, sums[1][at]);
                    }
                }
            }
            let [plain, times] =
                sums.map(|[a, b, c, d]| a.plus(simd, b).plus(simd, c.plus(simd, d)));
            plain.store(&mut self.plain[block]);
            times.store(&mut self.times_deviation[block]);
        }
    }
}

/// The gradient of the convolution's output from the gradient after the norm.
pub(super) struct Unnorm<'a> {
    pub(super) norm: &'a Norm,
    /// `[image][block][pixel]`
    pub(super) pixels: &'a [Lanes],
    /// The same.
    pub(super) gradient: &'a [Lanes],
    pub(super) shape: Shape,
    /// Of that shape.
    pub(super) result: &'a mut [Lanes],
}

impl Task for Unnorm<'_> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        let Shape { blocks, plane } = self.shape;
        let planes = self.pixels.chunks_exact(plane.area());
        let planes = planes.zip(self.gradient.chunks_exact(plane.area())).enumerate();
        for ((at, (pixels, gradient)), result) in
            planes.zip(self.result.chunks_exact_mut(plane.len()))
        {
            let norm = self.norm;
            let [direct, pull, offset] = [&norm.direct, &norm.pull, &norm.offset]
                .map(|numbers| Wide::<S, V>::load(&numbers[at % blocks]));
            let rows = pixels.chunks_exact(plane.width).zip(gradient.chunks_exact(plane.width));
            for (result, (pixels, gradient)) in plane.rows_mut(result).zip(rows) {
                for (result, (pixel, gradient)) in
                    result.iter_mut().zip(pixels.iter().zip(gradient))
                {
                    let pulled = Wide::load(pixel).times_plus(simd, pull, offset);
                    Wide::load(gradient).times_plus(simd, direct, pulled).store(result);
                }
            }
        }
    }
}
