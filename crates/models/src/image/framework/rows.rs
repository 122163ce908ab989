//! Sums over rows: convolution as a product of gathered rows, its gradients,
//! the sums of a normalisation, maxima. Rows are `[images * positions, channels]`,
//! the images of one member of the stack after those of the other. On GPUs
//! kernels of our own do it; elsewhere, and where the number of channels does not
//! suit the kernels, rows are copied by a table and burn multiplies.

use burn::tensor::{DType, Int, Tensor};
use relabel_kernels::GRAIN;

use super::kernels;
use super::windows::{Slide, Windows};

/// Who computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Kernels of our own, for channels in multiples of [`GRAIN`].
    Kernels,
    /// Copies and burn's operators.
    Tables,
}

impl Rows {
    /// Channels of a map that has use for `channels`.
    pub(super) fn depth(self, channels: usize) -> usize {
        if self == Self::Kernels { channels.next_multiple_of(GRAIN) } else { channels }
    }

    fn takes(self, channels: &[usize]) -> bool {
        self == Self::Kernels && channels.iter().all(|channels| channels % GRAIN == 0)
    }

    /// A convolution: rows `[images * read, inputs]` with weights `[members, taps *
    /// inputs, outputs]` give `[images * written, outputs]`.
    pub(super) fn convolve(self, rows: Tensor<2>, slide: &Slide, weights: Tensor<3>) -> Tensor<2> {
        self.product(rows, &slide.forward, weights)
    }

    /// What the slopes of a convolution's result say about its input.
    pub(super) fn input_gradient(
        self,
        slopes: Tensor<2>,
        slide: &Slide,
        weights: Tensor<3>,
    ) -> Tensor<2> {
        let [members, depth, outputs] = weights.dims();
        let taps = slide.back.table.dims()[1];
        let inputs = depth / taps;
        let turned = weights.reshape([members, taps, inputs, outputs]).swap_dims(2, 3);
        self.product(slopes, &slide.back, turned.reshape([members, taps * outputs, inputs]))
    }

    /// What they say about its weights: `[members, taps * inputs, outputs]`, in single precision.
    pub(super) fn weight_gradient(
        self,
        rows: Tensor<2>,
        slide: &Slide,
        slopes: Tensor<2>,
        members: usize,
    ) -> Tensor<3> {
        let [written, outputs] = slopes.dims();
        if self.takes(&[rows.dims()[1], outputs]) {
            return kernels::gram(rows, &slide.forward, slopes, members);
        }
        let rows = gathered(rows, &slide.forward, 0.0);
        let depth = rows.dims()[1];
        let rows = rows.cast(DType::F32).reshape([members, written / members, depth]);
        let slopes = slopes.cast(DType::F32).reshape([members, written / members, outputs]);
        rows.transpose().matmul(slopes)
    }

    fn product(self, rows: Tensor<2>, windows: &Windows, weights: Tensor<3>) -> Tensor<2> {
        let [members, depth, outputs] = weights.dims();
        if self.takes(&[rows.dims()[1], outputs]) {
            return kernels::product(rows, windows, weights);
        }
        let rows = gathered(rows, windows, 0.0);
        let written = rows.dims()[0];
        let product = rows.reshape([members, written / members, depth]).matmul(weights);
        product.reshape([written, outputs])
    }

    /// Per member and channel the sums of a and of a (b - centre), each `[members, 1,
    /// channels]`; with `subtract` a - centre takes the place of a.
    pub(super) fn sums(
        self,
        a: Tensor<2>,
        b: Tensor<2>,
        centre: Tensor<3>,
        subtract: bool,
    ) -> [Tensor<3>; 2] {
        let [rows, channels] = a.dims();
        let members = centre.dims()[0];
        if self.takes(&[channels]) {
            let sums = kernels::sums(a, b, centre, subtract);
            return [0, 1].map(|at| sums.clone().narrow(1, at, 1));
        }
        let single = |x: Tensor<2>| x.cast(DType::F32).reshape([members, rows / members, channels]);
        let a = if subtract { single(a) - centre.clone() } else { single(a) };
        let products = a.clone() * (single(b) - centre);
        [added(a), added(products)]
    }

    /// The greatest of every window, and which tap it came through (the first of equals).
    pub(super) fn maxima(self, rows: Tensor<2>, slide: &Slide) -> (Tensor<2>, Tensor<2, Int>) {
        let channels = rows.dims()[1];
        if self.takes(&[channels]) {
            return kernels::maxima(rows, &slide.forward);
        }
        let taps = slide.forward.table.dims()[1];
        let rows = gathered(rows, &slide.forward, f32::NEG_INFINITY);
        let written = rows.dims()[0];
        let (most, tap) = rows.reshape([written, taps, channels]).max_dim_with_indices(1);
        (most.reshape([written, channels]), tap.reshape([written, channels]))
    }

    /// Slopes of maxima, handed to the positions that won.
    pub(super) fn maxima_gradient(
        self,
        slopes: Tensor<2>,
        chosen: Tensor<2, Int>,
        slide: &Slide,
    ) -> Tensor<2> {
        let channels = slopes.dims()[1];
        if self.takes(&[channels]) {
            return kernels::maxima_gradient(slopes, chosen, &slide.back);
        }
        let taps = slide.back.table.dims()[1];
        let format = slopes.dtype();
        let chosen = gathered(chosen.float().cast(DType::F32), &slide.back, -1.0);
        let slopes = gathered(slopes.cast(DType::F32), &slide.back, 0.0);
        let shape = [chosen.dims()[0], taps, channels];
        let tap = Tensor::<1, Int>::arange(0..taps as i64, &slopes.device()).float();
        let tap = tap.cast(DType::F32).reshape([1, taps, 1]).expand(shape);
        let won = chosen.reshape(shape).equal(tap).float().cast(DType::F32);
        let slopes = (slopes.reshape(shape) * won).sum_dim(1);
        slopes.reshape([shape[0], channels]).cast(format)
    }
}

/// The sum over the middle axis, `[members, 1, channels]`; of sums, where the length
/// allows it, so that rounding does not add up along thousands of rows.
fn added(x: Tensor<3>) -> Tensor<3> {
    let [members, n, channels] = x.dims();
    let part = 1 << (n.trailing_zeros() / 2);
    x.reshape([members, n / part, part, channels])
        .sum_dim(2)
        .sum_dim(1)
        .reshape([members, 1, channels])
}

/// Every window's rows side by side, `[images * written, taps * channels]`, with `fill`
/// in the padding.
fn gathered(rows: Tensor<2>, windows: &Windows, fill: f32) -> Tensor<2> {
    if windows.plain {
        return rows;
    }
    let [n, channels] = rows.dims();
    let images = n / windows.ins;
    let taps = windows.table.dims()[1];
    let device = rows.device();
    let first = Tensor::<1, Int>::arange(0..images as i64, &device).mul_scalar(windows.ins as i64);
    let shape = [images, windows.outs * taps];
    let table = windows.table.clone().reshape([1, shape[1]]).expand(shape);
    let at = (table.clone() + first.reshape([images, 1]).expand(shape))
        .mask_fill(table.lower_elem(0), n as i64);
    let nothing = Tensor::<2>::full([1, channels], fill, &device).cast(rows.dtype());
    let rows = Tensor::cat(vec![rows, nothing], 0).select(0, at.reshape([shape[0] * shape[1]]));
    rows.reshape([images * windows.outs, taps * channels])
}
