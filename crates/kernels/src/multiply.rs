//! The kernel under products and grams: tiles of both sides go through shared
//! memory, the next ones on their way while the present ones are multiplied.

#[cfg(test)]
mod pretended;

use cubecl::prelude::*;

use crate::factors::Sums;
use crate::operands::{Lengths, gathered, plain};
use crate::tile::{Tile, UNITS};

/// Vectors that a unit brings of a tile with `rows` rows of `length` elements.
fn share(rows: usize, length: usize, tile: Tile) -> usize {
    rows * length / tile.vector / UNITS
}

/// One cube computes one tile: of all tiles of a member column by column, then row
/// by row in x and y; members, and the stretches of a gram, in z.
#[cube(launch_unchecked, address_type = "dynamic")]
pub(crate) fn multiply<E: Float, O: Float, N: Size, M: Size>(
    rows: &[Vector<E, N>],
    table: &[i32],
    others: &[Vector<E, N>],
    out: &mut [Vector<O, M>],
    lengths: Lengths,
    members: usize,
    #[comptime] tile: Tile,
    #[define(E, O)] _types: [ElemType; 2],
) {
    let depth = lengths.taps * lengths.inputs;
    let across = lengths.outputs.div_ceil(comptime!(tile.columns));
    let number = CUBE_POS_X as usize + (CUBE_POS_Y * CUBE_COUNT_X) as usize;
    let first_row = number / across * comptime!(tile.rows);
    let first_column = number % across * comptime!(tile.columns);
    let member = CUBE_POS_Z as usize % members;
    let part = CUBE_POS_Z as usize / members;
    let base = member * lengths.positions;

    // terms of the sum and rows of the result
    let (first_term, end_term, end_row) = if comptime!(tile.turned) {
        let first = part * lengths.stretch;
        let end = select(
            first + lengths.stretch < lengths.positions,
            first + lengths.stretch,
            lengths.positions,
        );
        (first, end, depth)
    } else {
        (0usize, depth, lengths.positions)
    };
    if first_row >= end_row {
        terminate!();
    }

    let left_rows = comptime!(tile.left_rows());
    let left_length = comptime!(if tile.turned { tile.rows } else { tile.depth });
    let left_vectors = comptime!(left_length / tile.vector);
    let left_share = comptime!(share(left_rows, left_length, tile));
    let left_stride = comptime!(tile.left_stride() / tile.vector);
    let right_vectors = comptime!(tile.columns / tile.vector);
    let right_share = comptime!(share(tile.depth, tile.columns, tile));
    let right_stride = comptime!(tile.right_stride() / tile.vector);
    let mut left =
        Shared::<[Vector<E, N>]>::new_aligned_slice(comptime!(left_rows * left_stride), 16usize);
    let mut right =
        Shared::<[Vector<E, N>]>::new_aligned_slice(comptime!(tile.depth * right_stride), 16usize);
    let mut sums = Sums::<M>::nothing(tile);
    let mut left_next = Array::<Vector<E, N>>::new(left_share);
    let mut right_next = Array::<Vector<E, N>>::new(right_share);
    let unit = UNIT_POS as usize;

    let steps = (end_term - first_term).div_ceil(comptime!(tile.depth));
    for step in 0..steps + 1 {
        // what was fetched in the step before
        if step > 0 {
            #[unroll]
            for at in 0..left_share {
                let place = unit + at * UNITS;
                left[place / left_vectors * left_stride + place % left_vectors] = left_next[at];
            }
            #[unroll]
            for at in 0..right_share {
                let place = unit + at * UNITS;
                right[place / right_vectors * right_stride + place % right_vectors] =
                    right_next[at];
            }
            sync_cube();
        }
        if step < steps {
            let term = first_term + step * comptime!(tile.depth);
            #[unroll]
            for at in 0..left_share {
                let place = unit + at * UNITS;
                let row = place / left_vectors;
                let along = place % left_vectors * comptime!(tile.vector);
                left_next[at] = if comptime!(tile.turned) {
                    let inside = term + row < end_term;
                    let row = base + term + row;
                    gathered::<E, N>(rows, table, &lengths, row, first_row + along, inside)
                } else {
                    let inside = first_row + row < end_row;
                    let row = base + first_row + row;
                    gathered::<E, N>(rows, table, &lengths, row, term + along, inside)
                };
            }
            #[unroll]
            for at in 0..right_share {
                let place = unit + at * UNITS;
                let row = term + place / right_vectors;
                let column = first_column + place % right_vectors * comptime!(tile.vector);
                let start = if comptime!(tile.turned) { base } else { member * depth };
                right_next[at] =
                    plain::<E, N>(others, &lengths, start + row, column, row < end_term);
            }
        }
        if step > 0 {
            sums.add::<E, N>(&left, &right, tile);
            sync_cube();
        }
    }
    let start = if comptime!(tile.turned) {
        CUBE_POS_Z as usize * depth * lengths.outputs
    } else {
        base * lengths.outputs
    };
    sums.write::<O>(out, start, first_row, first_column, end_row, lengths.outputs, tile);
}
