//! The passes over a chunk of rows in SIMD. Forward, rows fill the lanes of
//! registers; back, hidden units do. No lanes are ever added up, every one is
//! computed alone with fused multiply-adds in a fixed order, so that registers
//! of any width give the same bits.

use pulp::Simd;

use super::batch::Chunk;
use super::network::{ByUnit, Parts};

/// Hidden units are padded to a multiple of this, the lanes of the widest registers.
pub(super) const LANES: usize = 16;
/// Features and outputs are padded to a multiple of this.
pub(super) const TILE: usize = 4;
/// Registers of rows that pass together: as many sums as hide the latency of an addition.
const PAIR: usize = 2;
/// Rows that pass together, so that nothing leaves the first-level cache.
pub(super) const ROWS: usize = PAIR * LANES;

/// One value for each row of a chunk.
pub(super) type Column = [f32; ROWS];
/// Four values of each row of a chunk.
pub(super) type RowTile = [[f32; TILE]; ROWS];

/// `outputs = bias + max(0, hidden bias + x W) V` for `n_rows` rows; one column per feature and output.
#[inline(always)]
pub(super) fn forward<S: Simd>(
    simd: S,
    net: &ByUnit<'_>,
    x: &[[Column; TILE]],
    n_rows: usize,
    outputs: &mut [Column],
) {
    let zero = simd.splat_f32s(0.0);
    let (first, more) = x.split_first().expect("a table should have features");
    let tiles =
        outputs.as_chunks_mut::<TILE>().0.iter_mut().zip(net.output_bias.as_chunks::<TILE>().0);
    for ((outputs, bias), v) in tiles.zip(net.outputs.chunks_exact(net.hidden_bias.len())) {
        for pair in 0..n_rows.div_ceil(PAIR * S::F32_LANES) {
            let first = first.each_ref().map(|x| pair_of::<S>(x, pair));
            let mut sums = bias.map(|bias: f32| [simd.splat_f32s(bias); PAIR]);
            let units = net.hidden_bias.iter().zip(net.inputs.chunks_exact(x.len()));
            for ((&bias, w), v) in units.zip(v) {
                let (first_w, more_w) = w.split_first().expect("a unit should have inputs");
                let mut units = [simd.splat_f32s(bias); PAIR];
                for (&x, &w) in first.iter().zip(first_w) {
                    units = add_pair(simd, x, w, units);
                }
                for (x, &w) in more.as_flattened().iter().zip(more_w.as_flattened()) {
                    units = add_pair(simd, pair_of::<S>(x, pair), w, units);
                }
                let units = units.map(|unit| simd.max_f32s(unit, zero));
                for (sums, &v) in sums.iter_mut().zip(v) {
                    *sums = add_pair(simd, units, v, *sums);
                }
            }
            for (output, sums) in outputs.iter_mut().zip(sums) {
                registers_mut::<S>(output)[pair * PAIR..][..PAIR].copy_from_slice(&sums);
            }
        }
    }
}

/// Outputs of each row become probabilities.
#[inline(always)]
pub(super) fn softmax<S: Simd>(simd: S, n_rows: usize, outputs: &mut [Column]) {
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
/// The last tile of outputs and the first tile of features pass together: with up to
/// four of each, every row is looked at once. `space` holds two registers per row.
#[inline(always)]
pub(super) fn back<S: Simd>(
    simd: S,
    parts: &Parts<&[f32]>,
    chunk: &Chunk<'_>,
    gradient: &mut Parts<&mut [f32]>,
    space: &mut [f32],
) {
    let n_groups = parts.hidden_bias.len() / S::F32_LANES;
    let weights = registers::<S>(parts.outputs);
    let zero = simd.splat_f32s(0.0);
    let (last, rest) = chunk.slopes.split_last().expect("a network should have outputs");
    let (first, more) = chunk.x.split_first().expect("a table should have features");
    let (units, slopes) = space.split_at_mut(ROWS * S::F32_LANES);
    let units = &mut registers_mut::<S>(units)[..chunk.n_rows];
    let slopes = &mut registers_mut::<S>(slopes)[..chunk.n_rows];
    for group in 0..n_groups {
        if !rest.is_empty() {
            slopes.fill(zero);
        }
        activate(simd, parts, chunk.x, group, &mut *units);
        let outputs = registers_mut::<S>(gradient.outputs);
        let inputs = registers_mut::<S>(gradient.inputs);
        for (tile, given) in rest.iter().enumerate() {
            let v = tile_of(weights, tile, group, n_groups);
            let mut sums = tile_of(outputs, tile, group, n_groups);
            for ((slope, &unit), given) in slopes.iter_mut().zip(&*units).zip(given) {
                let given = given.map(|slope| simd.splat_f32s(slope));
                sums = add_scaled(simd, unit, given, sums);
                *slope = add_products(simd, given, v, *slope);
            }
            put_tile(outputs, tile, group, n_groups, sums);
        }
        let v = tile_of(weights, rest.len(), group, n_groups);
        let mut output_sums = tile_of(outputs, rest.len(), group, n_groups);
        let mut input_sums = tile_of(inputs, 0, group, n_groups);
        let bias = &mut registers_mut::<S>(gradient.hidden_bias)[group];
        let mut bias_sum = *bias;
        for (((slope, &unit), given), x) in slopes.iter_mut().zip(&*units).zip(last).zip(first) {
            let given = given.map(|slope| simd.splat_f32s(slope));
            output_sums = add_scaled(simd, unit, given, output_sums);
            let before = if rest.is_empty() { zero } else { *slope };
            let active = simd.greater_than_f32s(unit, zero);
            *slope = simd.select_f32s(active, add_products(simd, given, v, before), zero);
            bias_sum = simd.add_f32s(bias_sum, *slope);
            input_sums = add_scaled(simd, *slope, x.map(|x| simd.splat_f32s(x)), input_sums);
        }
        *bias = bias_sum;
        put_tile(outputs, rest.len(), group, n_groups, output_sums);
        put_tile(inputs, 0, group, n_groups, input_sums);
        for (tile, x) in (1..).zip(more) {
            let mut sums = tile_of(inputs, tile, group, n_groups);
            for (&slope, x) in slopes.iter().zip(x) {
                sums = add_scaled(simd, slope, x.map(|x| simd.splat_f32s(x)), sums);
            }
            put_tile(inputs, tile, group, n_groups, sums);
        }
    }
}

/// One group of hidden units for every row: `max(0, hidden bias + x W)`.
#[inline(always)]
fn activate<S: Simd>(
    simd: S,
    parts: &Parts<&[f32]>,
    x: &[RowTile],
    group: usize,
    units: &mut [S::f32s],
) {
    let (weights, biases) = (registers::<S>(parts.inputs), registers::<S>(parts.hidden_bias));
    let zero = simd.splat_f32s(0.0);
    for (tile, tile_x) in x.iter().enumerate() {
        let w = tile_of(weights, tile, group, biases.len());
        let (is_first, is_last) = (tile == 0, tile + 1 == x.len());
        for (unit, x) in units.iter_mut().zip(tile_x) {
            let before = if is_first { biases[group] } else { *unit };
            let sum = add_products(simd, x.map(|x| simd.splat_f32s(x)), w, before);
            *unit = if is_last { simd.max_f32s(sum, zero) } else { sum };
        }
    }
}

#[inline(always)]
fn pair_of<S: Simd>(column: &Column, pair: usize) -> [S::f32s; PAIR] {
    let registers = registers::<S>(column);
    std::array::from_fn(|at| registers[pair * PAIR + at])
}

/// `sums + a b` for a pair of registers.
#[inline(always)]
fn add_pair<S: Simd>(
    simd: S,
    a: [S::f32s; PAIR],
    b: f32,
    sums: [S::f32s; PAIR],
) -> [S::f32s; PAIR] {
    let b = simd.splat_f32s(b);
    std::array::from_fn(|at| simd.mul_add_f32s(a[at], b, sums[at]))
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

/// `sums + a b`, one sum for each `b`.
#[inline(always)]
fn add_scaled<S: Simd>(
    simd: S,
    a: S::f32s,
    b: [S::f32s; TILE],
    sums: [S::f32s; TILE],
) -> [S::f32s; TILE] {
    std::array::from_fn(|at| simd.mul_add_f32s(a, b[at], sums[at]))
}

/// `sum + a0 b0 + a1 b1 + a2 b2 + a3 b3`, in this order.
#[inline(always)]
fn add_products<S: Simd>(simd: S, a: [S::f32s; TILE], b: [S::f32s; TILE], sum: S::f32s) -> S::f32s {
    a.into_iter().zip(b).fold(sum, |sum, (a, b)| simd.mul_add_f32s(a, b, sum))
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
