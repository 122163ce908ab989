//! How the sums of a cube leave it: vectors go from their units to the result, squares by
//! way of shared memory, where a plane can read what its matrix units hold.

use cubecl::cmma::{self, MatrixLayout};
use cubecl::prelude::*;

use super::{Sums, SumsExpand, grid, own_rows, own_squares, own_vectors};
use crate::target::Target;
use crate::tile::{Tile, UNITS, WRITTEN};

#[cube]
impl<M: Size> Sums<M> {
    /// Writes the sums; `places` are those of phases.
    pub(crate) fn write<O: Float>(
        &self,
        out: &mut [Vector<O, M>],
        places: &[i32],
        target: &Target,
        #[comptime] tile: Tile,
        #[comptime] phased: bool,
    ) {
        if comptime!(tile.matrix.is_some()) {
            self.write_squares::<O>(out, places, target, tile, phased);
        } else {
            let [down, across] = comptime!(grid(tile));
            let vectors = comptime!(own_vectors(tile));
            let length = comptime!(tile.vector);
            #[unroll]
            for at in 0..comptime!(own_rows(tile)) {
                let unit = UNIT_POS as usize / across;
                let row = if comptime!(tile.turned) {
                    (unit + comptime!(at / length * down)) * length + comptime!(at % length)
                } else {
                    unit + at * down
                };
                let (row, there) = target.row(places, target.first_row + row, phased);
                #[unroll]
                for vector in 0..vectors {
                    let column = (UNIT_POS as usize % across + vector * across) * WRITTEN;
                    let column = target.first_column + column;
                    if there && column < target.end_column {
                        let sum = self.vectors[at * vectors + vector];
                        let place = row * target.end_column + column;
                        out[place / WRITTEN] = Vector::<O, M>::cast_from(sum);
                    }
                }
            }
        }
    }

    fn write_squares<O: Float>(
        &self,
        out: &mut [Vector<O, M>],
        places: &[i32],
        target: &Target,
        #[comptime] tile: Tile,
        #[comptime] phased: bool,
    ) {
        let units = comptime!(tile.matrix.expect("matrix units should multiply"));
        let side = comptime!(units.side);
        let [down, across] = comptime!(own_squares(tile, units));
        let plane = UNIT_POS as usize / comptime!(units.plane);
        let lane = UNIT_POS as usize % comptime!(units.plane);
        let square = comptime!(side * side);
        let planes = comptime!(UNITS / units.plane);
        let first_row =
            target.first_row + plane / comptime!(units.planes[1]) * comptime!(down * side);
        let first_column =
            target.first_column + plane % comptime!(units.planes[1]) * comptime!(across * side);
        // a plane has a sheet of its own, so that planes need not wait for each other
        let mut paper = Shared::<[f32]>::new_aligned_slice(comptime!(planes * square), 16usize);
        #[unroll]
        for at in 0..comptime!(down * across) {
            sync_plane();
            cmma::store(
                &mut paper[plane * square..(plane + 1) * square],
                self.squares.index(at),
                comptime!(side as u32),
                MatrixLayout::RowMajor,
            );
            sync_plane();
            #[unroll]
            for turn in 0..comptime!(square / WRITTEN / units.plane) {
                let from = (lane + turn * comptime!(units.plane)) * WRITTEN;
                let row = first_row + comptime!(at / across * side) + from / side;
                let column = first_column + comptime!(at % across * side) + from % side;
                let (row, there) = target.row(places, row, phased);
                if there && column < target.end_column {
                    let mut sum = Vector::<O, M>::new(O::from_int(0));
                    #[unroll]
                    for term in 0..comptime!(WRITTEN) {
                        sum.insert(term, O::cast_from(paper[plane * square + from + term]));
                    }
                    out[(row * target.end_column + column) / WRITTEN] = sum;
                }
            }
        }
    }
}
