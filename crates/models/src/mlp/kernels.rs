//! The four passes over a chunk of rows in SIMD: hidden activations, outputs,
//! softmax, and back. Hidden units fill the lanes of registers; every lane is
//! computed alone with fused multiply-adds, and where lanes add up they do so as
//! [`LANES`] in a fixed order, so that registers of any width give the same bits.

use pulp::Simd;

use super::network::Parts;

/// Hidden units are padded to a multiple of this, the lanes of the widest registers.
pub(super) const LANES: usize = 16;
/// Features and outputs are padded to a multiple of this.
pub(super) const TILE: usize = 4;
/// Rows that pass together, so that nothing leaves the first-level cache.
pub(super) const ROWS: usize = 40;
/// [`ROWS`] in whole registers.
pub(super) const ROW_LANES: usize = ROWS.next_multiple_of(LANES);

/// Per tile of features or outputs, four values of each row of a chunk.
pub(super) type RowTile = [[f32; TILE]; ROWS];
/// One value per row of a chunk for each output.
pub(super) type OutputRow = [f32; ROW_LANES];

/// `hidden = max(0, bias + x W)`, for `n_rows` rows; one run of [`ROWS`] registers per group of units.
#[inline(always)]
pub(super) fn activate<S: Simd>(
    simd: S,
    parts: &Parts<&[f32]>,
    x: &[RowTile],
    n_rows: usize,
    hidden: &mut [f32],
) {
    let (weights, bias) = (registers::<S>(parts.inputs), registers::<S>(parts.hidden_bias));
    let (zero, n_tiles) = (simd.splat_f32s(0.0), x.len());
    let groups = registers_mut::<S>(hidden).chunks_exact_mut(ROWS);
    for (group, (units, &bias)) in groups.zip(bias).enumerate() {
        let units = &mut units[..n_rows];
        for (tile, x) in x.iter().enumerate() {
            let w = tile_of(weights, tile, group, parts.hidden_bias.len() / S::F32_LANES);
            let (is_first, is_last) = (tile == 0, tile + 1 == n_tiles);
            for (unit, x) in units.iter_mut().zip(x) {
                let before = if is_first { bias } else { *unit };
                let sum = add_products(simd, x.map(|x| simd.splat_f32s(x)), w, before);
                *unit = if is_last { simd.max_f32s(sum, zero) } else { sum };
            }
        }
    }
}

/// `outputs = bias + hidden V`.
#[inline(always)]
pub(super) fn output<S: Simd>(
    simd: S,
    parts: &Parts<&[f32]>,
    n_rows: usize,
    hidden: &[f32],
    outputs: &mut [OutputRow],
) {
    let (weights, units) = (registers::<S>(parts.outputs), registers::<S>(hidden));
    let n_groups = parts.hidden_bias.len() / S::F32_LANES;
    let per_lanes = LANES / S::F32_LANES;
    let tiles = outputs.chunks_exact_mut(TILE).zip(parts.output_bias.chunks_exact(TILE));
    for (tile, (outputs, bias)) in tiles.enumerate() {
        for first in (0..n_rows).step_by(TILE) {
            let mut lanes = [[[0.0_f32; LANES]; TILE]; TILE];
            for part in 0..per_lanes {
                let mut sums = [[simd.splat_f32s(0.0); TILE]; TILE];
                for group in (part..n_groups).step_by(per_lanes) {
                    let v = tile_of(weights, tile, group, n_groups);
                    let units = &units[group * ROWS + first..][..TILE];
                    for (sums, &unit) in sums.iter_mut().zip(units) {
                        for (sum, v) in sums.iter_mut().zip(v) {
                            *sum = simd.mul_add_f32s(unit, v, *sum);
                        }
                    }
                }
                for (lanes, sums) in lanes.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                    registers_mut::<S>(lanes)[part] = *sums;
                }
            }
            for (row, lanes) in lanes.iter().enumerate() {
                for ((output, lanes), bias) in outputs.iter_mut().zip(lanes).zip(bias) {
                    output[first + row] = sum_of_lanes(lanes) + bias;
                }
            }
        }
    }
}

/// Outputs of each row become probabilities.
#[inline(always)]
pub(super) fn softmax<S: Simd>(simd: S, n_rows: usize, outputs: &mut [OutputRow]) {
    for at in 0..n_rows.div_ceil(S::F32_LANES) {
        let mut highest = simd.splat_f32s(f32::NEG_INFINITY);
        for output in &*outputs {
            highest = simd.max_f32s(highest, registers::<S>(output)[at]);
        }
        let mut total = simd.splat_f32s(0.0);
        for output in &mut *outputs {
            let value = &mut registers_mut::<S>(output)[at];
            *value = exp_below_zero(simd, simd.sub_f32s(*value, highest));
            total = simd.add_f32s(total, *value);
        }
        for output in &mut *outputs {
            let value = &mut registers_mut::<S>(output)[at];
            *value = simd.div_f32s(*value, total);
        }
    }
}

/// Adds a chunk's part to the gradient, given the slope of the loss in each output.
#[inline(always)]
pub(super) fn back<S: Simd>(
    simd: S,
    parts: &Parts<&[f32]>,
    chunk: &super::batch::Chunk<'_>,
    gradient: &mut Parts<&mut [f32]>,
) {
    let n_groups = parts.hidden_bias.len() / S::F32_LANES;
    let weights = registers::<S>(parts.outputs);
    let zero = simd.splat_f32s(0.0);
    let groups = registers::<S>(chunk.hidden).chunks_exact(ROWS).take(n_groups);
    for (group, units) in groups.enumerate() {
        let units = &units[..chunk.n_rows];
        let mut slopes = [zero; ROWS];
        for (tile, output_slopes) in chunk.slopes.iter().enumerate() {
            let v = tile_of(weights, tile, group, n_groups);
            let all = registers_mut::<S>(gradient.outputs);
            let mut sums = tile_of(all, tile, group, n_groups);
            for ((slope, &unit), outputs) in slopes.iter_mut().zip(units).zip(output_slopes) {
                let outputs = outputs.map(|slope| simd.splat_f32s(slope));
                sums = std::array::from_fn(|k| simd.mul_add_f32s(unit, outputs[k], sums[k]));
                *slope = add_products(simd, outputs, v, *slope);
            }
            put_tile(all, tile, group, n_groups, sums);
        }
        let bias = &mut registers_mut::<S>(gradient.hidden_bias)[group];
        let mut sum = *bias;
        for (slope, &unit) in slopes.iter_mut().zip(units) {
            *slope = simd.select_f32s(simd.greater_than_f32s(unit, zero), *slope, zero);
            sum = simd.add_f32s(sum, *slope);
        }
        *bias = sum;
        for (tile, x) in chunk.x.iter().enumerate() {
            let all = registers_mut::<S>(gradient.inputs);
            let mut sums = tile_of(all, tile, group, n_groups);
            for (&slope, x) in slopes[..chunk.n_rows].iter().zip(x) {
                let x = x.map(|x| simd.splat_f32s(x));
                sums = std::array::from_fn(|f| simd.mul_add_f32s(slope, x[f], sums[f]));
            }
            put_tile(all, tile, group, n_groups, sums);
        }
    }
}

#[inline(always)]
fn registers<S: Simd>(values: &[f32]) -> &[S::f32s] {
    S::as_simd_f32s(values).0
}

#[inline(always)]
fn registers_mut<S: Simd>(values: &mut [f32]) -> &mut [S::f32s] {
    S::as_mut_simd_f32s(values).0
}

/// The registers of one group of hidden units for four features or outputs.
#[inline(always)]
fn tile_of<T: Copy>(all: &[T], tile: usize, group: usize, n_groups: usize) -> [T; TILE] {
    std::array::from_fn(|at| all[(TILE * tile + at) * n_groups + group])
}

#[inline(always)]
fn put_tile<T: Copy>(all: &mut [T], tile: usize, group: usize, n_groups: usize, put: [T; TILE]) {
    for (at, value) in put.into_iter().enumerate() {
        all[(TILE * tile + at) * n_groups + group] = value;
    }
}

/// `sum + a0 b0 + a1 b1 + a2 b2 + a3 b3`, in this order.
#[inline(always)]
fn add_products<S: Simd>(simd: S, a: [S::f32s; TILE], b: [S::f32s; TILE], sum: S::f32s) -> S::f32s {
    a.into_iter().zip(b).fold(sum, |sum, (a, b)| simd.mul_add_f32s(a, b, sum))
}

/// Lanes add up in halves.
#[inline(always)]
fn sum_of_lanes(lanes: &[f32; LANES]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|at| lanes[at] + lanes[at + 8]);
    let four: [f32; 4] = std::array::from_fn(|at| eight[at] + eight[at + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// e^x for x <= 0 to about 1e-7: 2^n 2^f with |f| <= 1/2 and the Taylor series of 2^f.
#[inline(always)]
fn exp_below_zero<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    /// 1.5 * 2^23: adding it rounds to an integer, which then fills the low bits.
    const ROUND: f32 = 12_582_912.0;
    const SMALLEST_POWER: f32 = -126.0;
    let splat = |value: f32| simd.splat_f32s(value);
    let power = simd.mul_f32s(x, splat(std::f32::consts::LOG2_E));
    let power = simd.max_f32s(power, splat(SMALLEST_POWER));
    let shifted = simd.add_f32s(power, splat(ROUND));
    let rest = simd.sub_f32s(power, simd.sub_f32s(shifted, splat(ROUND)));
    let rest = simd.mul_f32s(rest, splat(std::f32::consts::LN_2));
    let mut sum = splat(1.0 / 720.0);
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = simd.mul_add_f32s(sum, rest, splat(factor));
    }
    let exponent = simd.transmute_u32s_f32s(shifted);
    let exponent = simd.wrapping_dyn_shl_u32s(exponent, simd.splat_u32s(23));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(sum), exponent))
}
