//! How the units of a cube go over rows and channels: a unit stays with one vector of
//! channels and takes every sixteenth row of its cube's strip, so that what belongs to the
//! channels is read once and nothing is divided.

use cubecl::prelude::*;

/// Units of a cube: vectors beside each other, rows above each other.
pub(crate) const GRID: usize = 16;
/// Rows that a unit has on their way from memory at the same time.
pub(crate) const TOGETHER: usize = 4;

/// Cubes for `positions` rows of `vectors` of every member, in strips of `strip` rows.
pub(crate) fn cubes(positions: usize, strip: usize, vectors: usize, members: usize) -> CubeCount {
    let [x, y, z] = [positions.div_ceil(strip), vectors.div_ceil(GRID), members];
    CubeCount::Static(x as u32, y as u32, z as u32)
}

/// The units of a cube.
pub(crate) fn cube() -> CubeDim {
    CubeDim::new_1d((GRID * GRID) as u32)
}

/// The way of a unit. x: strips of rows, y: columns, z: members.
#[derive(CubeType)]
pub(crate) struct Walk {
    pub member: usize,
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
    pub(crate) fn new(positions: usize, vectors: usize, strip: usize) -> Self {
        let member = CUBE_POS_Z as usize;
        let column = CUBE_POS_Y as usize * GRID + UNIT_POS as usize % GRID;
        let above = UNIT_POS as usize / GRID;
        let top = CUBE_POS_X as usize * strip;
        let height = select(top + strip < positions, strip, positions - top);
        let number = own_rows(height);
        let first = (member * positions + top + above) * vectors + column;
        Walk { member, column, number, first, apart: vectors * GRID }
    }

    /// Where the vector of the unit's row `at` is.
    pub(crate) fn place(&self, at: usize) -> usize {
        self.first + at * self.apart
    }

    /// The same, or where its last vector is if it has fewer rows: something to read.
    pub(crate) fn place_or_last(&self, at: usize) -> usize {
        self.place(select(at < self.number, at, self.number - 1))
    }
}

/// How many of `rows` rows are this unit's.
#[cube]
pub(crate) fn own_rows(rows: usize) -> usize {
    let above = UNIT_POS as usize / GRID;
    (rows + comptime!(GRID - 1) - above) / GRID
}
