//! How the units of a cube go over rows and channels: a unit stays with one vector of
//! channels and takes every sixteenth row of its cube's strip, so that what belongs to the
//! channels is read once and nothing is divided.

use cubecl::prelude::*;

use crate::cubes::{cube_number, cubes};

/// Units of a cube: vectors beside each other, rows above each other.
pub(crate) const GRID: usize = 16;
/// Rows that a unit has on their way from memory at the same time.
pub(crate) const TOGETHER: usize = 4;

/// Cubes for `positions` rows of `vectors` of every member, in strips of `strip` rows.
pub(crate) fn walks(positions: usize, strip: usize, vectors: usize, members: usize) -> CubeCount {
    cubes(positions.div_ceil(strip) * vectors.div_ceil(GRID), members)
}

/// The units of a cube.
pub(crate) fn cube() -> CubeDim {
    CubeDim::new_1d((GRID * GRID) as u32)
}

/// The way of a unit. The cubes of a member go strip by strip, column by column.
#[derive(CubeType)]
pub(crate) struct Walk {
    pub member: usize,
    pub strip: usize,
    /// The vector of channels; past the last one there is nothing to do.
    pub column: usize,
    /// Rows of this unit.
    pub number: usize,
    /// Where the first of its vectors is, and how far the next.
    first: usize,
    apart: usize,
}

#[cube]
impl Walk {
    pub(crate) fn new(positions: usize, vectors: usize, height: usize) -> Self {
        let member = CUBE_POS_Z as usize;
        let beside = vectors.div_ceil(GRID);
        let column = cube_number() % beside * GRID + UNIT_POS as usize % GRID;
        let above = UNIT_POS as usize / GRID;
        let strip = cube_number() / beside;
        let top = strip * height;
        // a cube too many has no rows
        let end = select(top + height < positions, top + height, positions);
        let number = own_rows(select(top < end, end - top, 0), GRID);
        let first = (member * positions + top + above) * vectors + column;
        Walk { member, strip, column, number, first, apart: vectors * GRID }
    }

    /// Where the vector of the unit's row `at` is.
    pub(crate) fn place(&self, at: usize) -> usize {
        self.first + at * self.apart
    }

    /// The same, or where its last vector is if it has fewer rows: something to read.
    pub(crate) fn place_or_last(&self, at: usize) -> usize {
        self.place(select(at < self.number, at, self.number - 1))
    }

    /// Leaves what has become of the unit's rows, no more than it takes together, in their places.
    pub(crate) fn write<E: Float, M: Size>(
        &self,
        results: &Array<Vector<E, M>>,
        out: &mut [Vector<E, M>],
    ) {
        #[unroll]
        for at in 0..TOGETHER {
            if at < self.number {
                out[self.place(at)] = results[at];
            }
        }
    }
}

/// How many of `rows` rows are this unit's, in a cube with so many units beside each other.
#[cube]
pub(crate) fn own_rows(rows: usize, #[comptime] beside: usize) -> usize {
    let above = UNIT_POS as usize / beside;
    let units = comptime!(GRID * GRID / beside);
    (rows + comptime!(units - 1) - above) / units
}
