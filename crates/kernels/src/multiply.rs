//! The kernel under products and grams: tiles of both sides go through shared
//! memory, the next ones on their way while the present ones are multiplied.

#[cfg(test)]
mod pretended;

use cubecl::prelude::*;

use crate::cubes::cube_number;
use crate::factors::Sums;
use crate::operands::{Gathered, Lengths, Plain, Range, Share, first_line};
use crate::target::Target;
use crate::tile::{Tile, UNITS};

/// One cube computes one tile: of all tiles of a member column by column, then row
/// by row in x and y; members, and the stretches of a gram or the phases of a product, in z.
/// What is read, `R`, are elements or words of several, see [`Tile::packed`].
#[cube(launch_unchecked, address_type = "dynamic")]
pub(crate) fn multiply<R: Numeric, E: Float, O: Float, N: Size, M: Size>(
    rows: &[Vector<R, N>],
    table: &[i32],
    others: &[Vector<R, N>],
    places: &[i32],
    phases: &[i32],
    out: &mut [Vector<O, M>],
    lengths: Lengths,
    members: usize,
    #[comptime] tile: Tile,
    #[comptime] phased: bool,
    #[define(R, E, O)] _types: [ElemType; 3],
) {
    let depth = lengths.taps * lengths.inputs;
    let across = lengths.outputs.div_ceil(comptime!(tile.columns));
    let number = cube_number();
    let first_row = number / across * comptime!(tile.rows);
    let first_column = number % across * comptime!(tile.columns);
    let member = CUBE_POS_Z as usize % members;
    let part = CUBE_POS_Z as usize / members;
    let base = member * lengths.positions;

    let mut first_tap = 0usize;
    let mut table_start = 0usize;
    let mut taps = lengths.taps;
    if comptime!(phased) {
        first_tap = usize::cast_from(phases[2 * part]);
        taps = usize::cast_from(phases[2 * part + 1]);
        table_start = part * lengths.outs * lengths.taps;
    }
    let (first_term, end_term, end_row) = if comptime!(tile.turned) {
        let first = part * lengths.stretch;
        let end = select(
            first + lengths.stretch < lengths.positions,
            first + lengths.stretch,
            lengths.positions,
        );
        (first, end, depth)
    } else {
        (0usize, taps * lengths.inputs, lengths.positions)
    };
    if first_row >= end_row {
        terminate!();
    }
    let range =
        Range { first_term, end_term, first_row, end_row, first_column, base, table: table_start };

    let left_share = comptime!(Share::left(tile));
    let right_share = comptime!(Share::right(tile));
    let left_stride = comptime!(tile.left_stride() / tile.vector);
    let right_stride = comptime!(tile.right_stride() / tile.vector);
    let left_length = comptime!(tile.left_rows() * left_stride);
    let right_length = comptime!(tile.depth * right_stride);
    let mut left = Shared::<[Vector<R, N>]>::new_aligned_slice(left_length, 16usize);
    let mut right = Shared::<[Vector<R, N>]>::new_aligned_slice(right_length, 16usize);
    let mut sums = Sums::<M>::nothing(tile);
    let mut left_next = Array::<Vector<R, N>>::new(comptime!(left_share.number));
    let mut right_next = Array::<Vector<R, N>>::new(comptime!(right_share.number));
    let mut gathered = Gathered::new(table, &lengths, &range, tile);
    let row = if comptime!(tile.turned) {
        base
    } else {
        member * lengths.weights + first_tap * lengths.inputs
    };
    let plain = Plain::new(&lengths, &range, row, tile);
    let left_place = place(left_stride, left_share);
    let right_place = place(right_stride, right_share);

    gathered.bring::<R, N>(rows, &lengths, &mut left_next, tile);
    plain.bring::<R, N>(others, &lengths, &range, first_term, &mut right_next, tile);
    gathered.advance(table, &lengths, &range, first_term + comptime!(tile.depth), tile);
    for step in 0..(end_term - first_term).div_ceil(comptime!(tile.depth)) {
        put::<R, N>(&mut left, left_place, &left_next, left_stride, left_share);
        if comptime!(right_share.units == UNITS) {
            put::<R, N>(&mut right, right_place, &right_next, right_stride, right_share);
        } else if (UNIT_POS as usize) < comptime!(right_share.units) {
            right[right_place] = right_next[0];
        }
        sync_cube();
        // After the last there are tiles of nothing: without a condition, what brings
        // the next mingles with what multiplies the present one.
        let next = first_term + (step + 1) * comptime!(tile.depth);
        gathered.bring::<R, N>(rows, &lengths, &mut left_next, tile);
        plain.bring::<R, N>(others, &lengths, &range, next, &mut right_next, tile);
        gathered.advance(table, &lengths, &range, next + comptime!(tile.depth), tile);
        sums.add::<R, E, N>(&left, &right, tile);
        sync_cube();
    }
    let start = if comptime!(tile.turned) { CUBE_POS_Z as usize * depth } else { base };
    let target = Target {
        start,
        first_row,
        first_column,
        end_row,
        end_column: lengths.outputs,
        outs: lengths.outs,
        image: lengths.image,
        phase: part * lengths.outs,
    };
    sums.write::<O>(out, places, &target, tile, phased);
}

/// Where in shared memory a unit's first vector is, with so many vectors from line to line.
#[cube]
fn place(#[comptime] stride: usize, #[comptime] share: Share) -> usize {
    let unit = UNIT_POS as usize;
    first_line(unit, share.vectors) * stride + unit % comptime!(share.vectors)
}

/// A unit's vectors of the next tile to their places in shared memory.
#[cube]
fn put<R: Numeric, N: Size>(
    tile: &mut Shared<[Vector<R, N>]>,
    place: usize,
    found: &Array<Vector<R, N>>,
    #[comptime] stride: usize,
    #[comptime] share: Share,
) {
    #[unroll]
    for at in 0..comptime!(share.number) {
        tile[place + comptime!(at * share.apart * stride)] = found[at];
    }
}
