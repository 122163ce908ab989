//! Sums over rows: convolution as a product of gathered rows, its gradients,
//! the sums of a normalisation, maxima. Rows are `[images * positions, channels]`,
//! the images of one member of the stack after those of the other. They are copied by
//! a table, and burn multiplies.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::image::windows::{Slide, Table};

/// A table on the device.
#[derive(Clone)]
pub(super) struct Windows {
    /// `[written positions, taps]`
    pub(super) table: Tensor<2, Int>,
    /// Positions of an image that is read.
    ins: usize,
    /// Positions of an image that is written.
    outs: usize,
    /// Whether position p is written from position p alone.
    plain: bool,
}

impl Windows {
    pub(super) fn new(table: Table<'_>, device: &Device) -> Self {
        let Table { values, ins, outs, .. } = table;
        let plain = ins == outs && values.iter().zip(0..outs as i32).all(|(&read, at)| read == at);
        let plain = plain && values.len() == outs;
        let shape = [outs, values.len() / outs.max(1)];
        let data = TensorData::new(values.to_vec(), shape);
        Self { table: Tensor::from_data(data, (device, DType::I32)), ins, outs, plain }
    }
}

/// A convolution: rows `[images * read, inputs]` with weights `[members, taps *
/// inputs, outputs]` give `[images * written, outputs]`.
pub(super) fn convolve(rows: Tensor<2>, slide: &Slide<Windows>, weights: Tensor<3>) -> Tensor<2> {
    product(rows, &slide.forward, weights)
}

/// What the slopes of a convolution's result say about its input.
pub(super) fn input_gradient(
    slopes: Tensor<2>,
    slide: &Slide<Windows>,
    weights: Tensor<3>,
) -> Tensor<2> {
    let [members, depth, outputs] = weights.dims();
    let taps = slide.back.table.dims()[1];
    let inputs = depth / taps;
    let turned = weights.reshape([members, taps, inputs, outputs]).swap_dims(2, 3);
    product(slopes, &slide.back, turned.reshape([members, taps * outputs, inputs]))
}

/// What they say about its weights: `[members, taps * inputs, outputs]`, in single precision.
pub(super) fn weight_gradient(
    rows: Tensor<2>,
    slide: &Slide<Windows>,
    slopes: Tensor<2>,
    members: usize,
) -> Tensor<3> {
    let [written, outputs] = slopes.dims();
    let rows = gathered(rows, &slide.forward, 0.0);
    let depth = rows.dims()[1];
    let rows = rows.reshape([members, written / members, depth]);
    let slopes = slopes.reshape([members, written / members, outputs]);
    rows.transpose().matmul(slopes)
}

fn product(rows: Tensor<2>, windows: &Windows, weights: Tensor<3>) -> Tensor<2> {
    let [members, depth, outputs] = weights.dims();
    let rows = gathered(rows, windows, 0.0);
    let written = rows.dims()[0];
    let product = rows.reshape([members, written / members, depth]).matmul(weights);
    product.reshape([written, outputs])
}

/// Per member and channel the sums of a and of a (b - centre), each `[members, 1,
/// channels]`; with `subtract` a - centre takes the place of a.
pub(super) fn sums(
    a: Tensor<2>,
    b: Tensor<2>,
    centre: Tensor<3>,
    subtract: bool,
) -> [Tensor<3>; 2] {
    let [rows, channels] = a.dims();
    let members = centre.dims()[0];
    let single = |x: Tensor<2>| x.reshape([members, rows / members, channels]);
    let a = if subtract { single(a) - centre.clone() } else { single(a) };
    let products = a.clone() * (single(b) - centre);
    [added(a), added(products)]
}

/// The greatest of every window, and which tap it came through (the first of equals).
pub(super) fn maxima(rows: Tensor<2>, slide: &Slide<Windows>) -> (Tensor<2>, Tensor<2, Int>) {
    let channels = rows.dims()[1];
    let taps = slide.forward.table.dims()[1];
    let rows = gathered(rows, &slide.forward, f32::NEG_INFINITY);
    let written = rows.dims()[0];
    let (most, tap) = rows.reshape([written, taps, channels]).max_dim_with_indices(1);
    (most.reshape([written, channels]), tap.reshape([written, channels]))
}

/// Slopes of maxima, handed to the positions that won.
pub(super) fn maxima_gradient(
    slopes: Tensor<2>,
    chosen: Tensor<2, Int>,
    slide: &Slide<Windows>,
) -> Tensor<2> {
    let channels = slopes.dims()[1];
    let taps = slide.back.table.dims()[1];
    let format = slopes.dtype();
    let chosen = gathered(chosen.float(), &slide.back, -1.0);
    let slopes = gathered(slopes, &slide.back, 0.0);
    let shape = [chosen.dims()[0], taps, channels];
    let tap = Tensor::<1, Int>::arange(0..taps as i64, &slopes.device()).float();
    let tap = tap.reshape([1, taps, 1]).expand(shape);
    let won = chosen.reshape(shape).equal(tap).float();
    let slopes = (slopes.reshape(shape) * won).sum_dim(1);
    slopes.reshape([shape[0], channels]).cast(format)
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
