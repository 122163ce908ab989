//! How much of a product one cube of units computes, and in which steps.

#[cfg(all(test, feature = "device-tests"))]
mod contest;

use cubecl::ir::ElemType;

use crate::multiplier::{MatrixUnits, Multiplier};

/// Units of a cube.
pub(crate) const UNITS: usize = 256;
/// Vector length of everything that is written.
pub(crate) const WRITTEN: usize = 4;
/// Rows that a product has at least, and all products of a launch together, to get tall tiles.
const TALL: usize = 4 * 256;
const MANY: usize = 16 * 256;

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
    /// Elements that are read as one: matrix units do not mind, and where vectors have no
    /// more than four parts these are twice as long.
    pub packed: usize,
}

impl Tile {
    /// For `number` products of `rows` x `columns`, those of members and phases. Tall tiles
    /// are for many rows; small ones keep more cubes busy when there are few.
    pub(crate) fn product(by: Multiplier, number: usize, rows: usize, columns: usize) -> Self {
        let base = Self::of(by, false);
        // the last tile of a product may be nearly empty
        let (large, broad) = (rows >= TALL && number * rows >= MANY, columns > 64);
        let wide = match (base.matrix, large, broad) {
            (Some(_), true, true) => Self { rows: 256, columns: 128, depth: 32, ..base },
            (Some(units), true, false) => {
                Self { rows: 256, depth: 32, matrix: Some(units.tall()), ..base }
            }
            (None, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        let tile = base.narrow(columns).filter(|_| large).unwrap_or(wide);
        tile.or_what_fits(base, by)
    }

    /// For a gram of `rows` (taps and inputs) x `columns` per member.
    pub(crate) fn gram(by: Multiplier, rows: usize, columns: usize) -> Self {
        let base = Self::of(by, true);
        let (large, broad) = (rows > 64, columns > 64);
        let wide = match (base.matrix, large, broad) {
            (_, true, true) => Self { rows: 128, columns: 128, ..base },
            (Some(_), true, false) => Self { rows: 128, ..base },
            _ => base,
        };
        let tile = base.narrow(columns).filter(|_| large).unwrap_or(wide);
        tile.or_what_fits(base, by)
    }

    /// A small tile, for every device.
    fn of(by: Multiplier, turned: bool) -> Self {
        let Multiplier { matrix, vector, packed, .. } = by;
        let depth = if matrix.is_some() { 64 } else { 16 };
        Self { rows: 64, columns: 64, depth, matrix, turned, vector, packed }
    }

    /// Many rows of few columns: what is computed beside the columns that there are is work
    /// for nothing.
    fn narrow(self, columns: usize) -> Option<Self> {
        let columns = [16, 32].into_iter().find(|&narrow| columns <= narrow)?;
        Some(match self.matrix {
            None => Self { rows: self.rows * self.columns / columns, columns, ..self },
            Some(units) => {
                Self { rows: 256, columns, depth: 32, matrix: Some(units.tall()), ..self }
            }
        })
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::array::{HALF, SINGLE};
    use crate::operands::{Share, first_line};

    /// Shared memory of a cube on most GPUs and on Mesa's rasteriser.
    const SHARED: [usize; 2] = [48 << 10, 32 << 10];
    const PLAIN: Multiplier =
        Multiplier { elem: SINGLE, matrix: None, vector: WRITTEN, packed: 1, shared: SHARED[1] };

    /// How the known matrix units multiply.
    fn by_matrix() -> Vec<Multiplier> {
        let fed = [(8, 1), (8, 2), (4, 1)];
        let units = MatrixUnits::KNOWN.into_iter().zip(SHARED);
        let all = units.flat_map(|(units, shared)| {
            let matrix = Some(units);
            let by =
                move |(vector, packed)| Multiplier { elem: HALF, matrix, vector, packed, shared };
            fed.map(by)
        });
        all.collect()
    }

    /// Every tile that is ever used.
    pub(crate) fn tiles(by: Multiplier) -> Vec<Tile> {
        let mut found = Vec::new();
        for columns in [8, 16, 24, 32, 40, 64, 72, 136] {
            for rows in [8, 72, 576, 65536] {
                found.extend([Tile::product(by, 1, rows, columns), Tile::gram(by, rows, columns)]);
            }
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|tile| seen.insert(*tile));
        found
    }

    #[test]
    fn few_columns_get_a_tile_of_few() {
        for by in by_matrix().into_iter().chain([PLAIN]) {
            let of = |columns| Tile::product(by, 1, 65536, columns).columns;
            assert_eq!([16, 24, 64, 72].map(of), [16, 32, 64, 128]);
            let of = |columns| Tile::gram(by, 576, columns).columns;
            assert_eq!([16, 24, 64, 72].map(of), [16, 32, 64, 128]);
            // a head has few rows, and more cubes are busy with small tiles
            assert_eq!(Tile::product(by, 1, 128, 16).rows, 64);
        }
    }

    #[test]
    fn products_of_several_networks_are_large_together() {
        let matrix = Some(MatrixUnits::KNOWN[0]);
        let by = Multiplier { elem: HALF, matrix, vector: 8, packed: 1, shared: SHARED[0] };
        let rows = |number, rows| Tile::product(by, number, rows, 128).rows;
        assert_eq!([rows(1, 3136), rows(5, 3136), rows(5, 784), rows(1, 4096)], [64, 256, 64, 256]);
    }

    /// Bytes that banks of shared memory take or give in one turn.
    const TURN: usize = 128;

    #[test]
    fn units_share_lines_and_those_that_write_in_one_turn_meet_in_no_bank() {
        for by in by_matrix().into_iter().chain([PLAIN]) {
            for tile in tiles(by) {
                let sides = [
                    (Share::left(tile), tile.left_stride()),
                    (Share::right(tile), tile.right_stride()),
                ];
                for (share, stride) in sides {
                    let lines = (0..share.units).map(|unit| first_line(unit, share.vectors));
                    let mut lines: Vec<_> = lines.collect();
                    lines.sort_unstable();
                    let each = (0..share.units).map(|unit| unit / share.vectors);
                    assert!(lines.into_iter().eq(each), "{tile:?}");
                    let bytes = tile.vector * by.elem.size();
                    // narrower lines are of few columns, where four of them meet at times
                    if share.vectors * bytes < TURN / 2 {
                        continue;
                    }
                    let banks = |unit: usize| {
                        let place = first_line(unit, share.vectors) * stride * by.elem.size()
                            + unit % share.vectors * bytes;
                        (place / 4..(place + bytes) / 4).map(|word| word % (TURN / 4))
                    };
                    let units: Vec<usize> = (0..share.units).collect();
                    for turn in units.chunks(TURN / bytes) {
                        let mut met: Vec<_> = turn.iter().flat_map(|&unit| banks(unit)).collect();
                        met.sort_unstable();
                        met.dedup();
                        assert_eq!(met.len(), turn.len() * bytes / 4, "{tile:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn units_share_every_tile_evenly() {
        for by in by_matrix().into_iter().chain([PLAIN]) {
            for tile in tiles(by) {
                let [row, column] = match tile.matrix {
                    Some(units) => units.planes.map(|planes| planes * units.side),
                    None => {
                        let [down, across] = crate::factors::grid(tile);
                        assert_eq!(down * across, UNITS, "{tile:?}");
                        [down * if tile.turned { tile.vector } else { 1 }, across * WRITTEN]
                    }
                };
                let side = tile.matrix.map_or(tile.vector, |units| units.side);
                let even = [(tile.rows, row), (tile.columns, column), (tile.depth, side)];
                assert!(even.iter().all(|(all, one)| all.is_multiple_of(*one)), "{tile:?}");
                assert_eq!(Share::left(tile).units, UNITS, "{tile:?}");
                let right = Share::right(tile);
                assert!(right.number == 1 || right.units == UNITS, "{tile:?}");
                assert!(tile.shared(by.elem) <= by.shared, "{tile:?}");
            }
        }
    }

    #[test]
    fn a_cube_with_little_shared_memory_gets_small_tiles() {
        let by = Multiplier { shared: 16 << 10, ..PLAIN };
        for tile in tiles(by) {
            assert!(tile.shared(SINGLE) <= by.shared, "{tile:?}");
        }
    }
}
