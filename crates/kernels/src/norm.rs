//! Batch normalisation (Ioffe and Szegedy, 2015) of every member by its own rows: the
//! lines it amounts to.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::activation::Activation;
use crate::array::{SINGLE, empty, length, vectors as whole};
use crate::column_sums::{BESIDE, Summed, column_sums, summed_column, summing_cubes, totals};
use crate::line::{Line, Lines, NUMBERS};
use crate::tile::WRITTEN;
use crate::walk::cube;

/// The scale and the shift after a normalisation, each `[members, 1, channels]` in
/// single precision.
#[derive(Clone, Copy)]
pub struct Norm<'a> {
    /// What a normalised value is multiplied with.
    pub scale: &'a TensorHandle,
    /// What is then added.
    pub shift: &'a TensorHandle,
    /// What is added to variances.
    pub epsilon: f32,
}

/// Where a normalisation's mean and variance are, each `[members, 1, channels]` in
/// single precision.
#[derive(Clone, Copy)]
pub struct Moments<'a> {
    /// The mean.
    pub mean: &'a TensorHandle,
    /// The variance.
    pub variance: &'a TensorHandle,
}

#[cube(launch_unchecked)]
fn settle<E: Float, M: Size>(
    parts: &[Vector<f32, M>],
    rows: &[Vector<E, M>],
    scale: &[Vector<f32, M>],
    shift: &[Vector<f32, M>],
    mean: &mut [Vector<f32, M>],
    variance: &mut [Vector<f32, M>],
    lines: &mut [Vector<f32, M>],
    strips: usize,
    members: usize,
    positions: usize,
    vectors: usize,
    epsilon: f32,
    #[comptime] running: bool,
    #[define(E)] _type: ElemType,
) {
    let column = summed_column();
    let member = CUBE_POS_Z as usize;
    let at = member * vectors + column;
    let mut middle = Vector::<f32, M>::new(0.0f32);
    let mut spread = Vector::<f32, M>::new(0.0f32);
    if comptime!(running) {
        if column < vectors {
            middle = mean[at];
            spread = variance[at];
        }
    } else {
        let (sum, square) = totals::<M>(parts, strips, members, member, vectors, column);
        if (UNIT_POS as usize) < BESIDE && column < vectors {
            let n = f32::cast_from(positions);
            let off = sum / Vector::new(n);
            let zero = Vector::<f32, M>::new(0.0f32);
            let found = square / Vector::new(n) - off * off;
            spread = select_many(found.greater_than(&zero), found, zero);
            middle = Vector::cast_from(rows[member * positions * vectors + column]) + off;
            mean[at] = middle;
            // of the population that the rows are a sample of
            let freedom = select(n > 1.0f32, n - 1.0f32, 1.0f32);
            variance[at] = spread * Vector::new(n / freedom);
        }
    }
    if (UNIT_POS as usize) < BESIDE && column < vectors {
        let inverse = Vector::new(1.0f32) / Vector::sqrt(spread + Vector::new(epsilon));
        let first = member * NUMBERS * vectors + column;
        lines[first] = inverse * scale[at];
        lines[first + vectors] = shift[at];
        lines[first + 2 * vectors] = middle;
        lines[first + 3 * vectors] = inverse;
    }
}

/// The [`Lines::Norm`] of `rows`, `[images * positions, channels]`, whose moments are
/// written to `seen`: the mean, and the variance of the population of which the rows
/// are a sample, as PyTorch keeps it.
///
/// # Panics
/// If channels are not a multiple of [`crate::GRAIN`], or lengths do not fit.
pub fn normalised(
    client: &Client,
    rows: &TensorHandle,
    norm: Norm<'_>,
    seen: Moments<'_>,
) -> TensorHandle {
    let members = length(norm.scale, 0);
    let what = Summed { slopes: false, line: Line::None, activation: Activation::None };
    let parts = column_sums(client, rows, rows, Lines::None, members, what);
    settled(client, &parts, rows, norm, seen, false)
}

/// The [`Lines::Norm`] of given moments.
pub fn normalised_by(client: &Client, norm: Norm<'_>, moments: Moments<'_>) -> TensorHandle {
    settled(client, norm.scale, norm.scale, norm, moments, true)
}

fn settled(
    client: &Client,
    parts: &TensorHandle,
    rows: &TensorHandle,
    norm: Norm<'_>,
    moments: Moments<'_>,
    running: bool,
) -> TensorHandle {
    let [members, channels] = [0, 2].map(|at| length(norm.scale, at));
    let lines = empty(client, &[members, NUMBERS, channels], SINGLE);
    let vectors = channels / WRITTEN;
    // SAFETY: columns end at `vectors`, and parts are read as often as there are strips.
    unsafe {
        settle::launch_unchecked(
            client,
            summing_cubes(vectors, members),
            cube(),
            WRITTEN,
            whole(parts, WRITTEN),
            whole(rows, WRITTEN),
            whole(norm.scale, WRITTEN),
            whole(norm.shift, WRITTEN),
            whole(moments.mean, WRITTEN),
            whole(moments.variance, WRITTEN),
            whole(&lines, WRITTEN),
            length(parts, 0),
            members,
            length(rows, 0) / members,
            vectors,
            norm.epsilon,
            running,
            rows.dtype,
        );
    }
    lines
}
