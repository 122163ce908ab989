//! How much of a product one cube of units computes, and in which steps.

use cubecl::ir::ElemType;

use crate::multiplier::{MatrixUnits, Multiplier};

/// Units of a cube; where units multiply, 16 rows of 16.
pub(crate) const UNITS: usize = 256;
/// Vector length of everything that is written.
pub(crate) const WRITTEN: usize = 4;

/// The part of the result of one cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    /// Rows of the result.
    pub rows: usize,
    /// Columns of the result.
    pub columns: usize,
    /// Terms that are added per step.
    pub depth: usize,
    /// What multiplies, if not the units themselves.
    pub matrix: Option<MatrixUnits>,
    /// Whether the left side is read by columns, as a gram does.
    pub turned: bool,
    /// Elements of a vector that is read.
    pub vector: usize,
}

impl Tile {
    /// For a product of `rows` x `columns` per member. Tall tiles are for many rows;
    /// small ones keep more cubes busy when there are few.
    pub(crate) fn product(by: Multiplier, rows: usize, columns: usize) -> Self {
        let base = Self::of(by, false);
        let (large, broad) = (rows >= 16 * 256, columns > 64);
        let tile = match (base.matrix, large, broad) {
            (Some(_), true, true) => Self { rows: 256, columns: 128, depth: 32, ..base },
            (Some(units), true, false) => {
                Self { rows: 256, depth: 32, matrix: Some(units.tall()), ..base }
            }
            (None, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_what_fits(base, by)
    }

    /// For a gram of `rows` (taps and inputs) x `columns` per member.
    pub(crate) fn gram(by: Multiplier, rows: usize, columns: usize) -> Self {
        let base = Self::of(by, true);
        let tile = match (base.matrix, rows > 64, columns > 64) {
            (Some(_), true, true) => Self { rows: 128, columns: 128, ..base },
            (Some(_), true, false) => Self { rows: 128, ..base },
            (None, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_what_fits(base, by)
    }

    /// A small tile, for every device.
    fn of(by: Multiplier, turned: bool) -> Self {
        let Multiplier { matrix, vector, .. } = by;
        let depth = if matrix.is_some() { 64 } else { 16 };
        Self { rows: 64, columns: 64, depth, matrix, turned, vector }
    }

    /// This tile, a flatter one or `other`: the first for which a cube has shared memory.
    fn or_what_fits(self, other: Self, by: Multiplier) -> Self {
        let flat = Self { depth: self.depth / 2, ..self };
        let fits = |tile: &Self| tile.shared(by.elem) <= by.shared;
        let choice = if self.matrix.is_some() { [self, flat] } else { [self, other] };
        choice.into_iter().find(fits).unwrap_or(other)
    }

    /// Bytes of shared memory.
    fn shared(self, elem: ElemType) -> usize {
        let left = self.left_rows() * self.left_stride();
        let tiles = (left + self.depth * self.right_stride()) * elem.size();
        // the sums of a plane's square on their way out, see `factors`
        let paper = self.matrix.map_or(0, |units| UNITS / units.plane * units.side * units.side);
        tiles + paper * size_of::<f32>()
    }

    /// Length of a left row in shared memory.
    pub(crate) fn left_stride(self) -> usize {
        (if self.turned { self.rows } else { self.depth }) + self.gap()
    }

    /// What follows a row in shared memory: neighbouring rows are on different banks,
    /// and matrix units find every row aligned to 16 bytes.
    fn gap(self) -> usize {
        if self.matrix.is_some() { crate::GRAIN } else { self.vector }
    }

    /// Rows of the left side in shared memory.
    pub(crate) fn left_rows(self) -> usize {
        if self.turned { self.depth } else { self.rows }
    }

    /// Length of a right row in shared memory.
    pub(crate) fn right_stride(self) -> usize {
        self.columns + self.gap()
    }
}
