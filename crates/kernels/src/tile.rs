//! How much of a product one cube of units computes, and in which steps.

use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind, features::MmaConfig};

/// Units of a cube: 8 planes of 32, or 16 rows of 16.
pub(crate) const UNITS: usize = 256;
/// Side of a square that matrix units multiply.
pub(crate) const SQUARE: usize = 16;
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
    /// Planes above and beside each other, on matrix units.
    pub planes: [usize; 2],
    /// Whether matrix units multiply.
    pub accelerated: bool,
    /// Whether the left side is read by columns, as a gram does.
    pub turned: bool,
    /// Elements of a vector that is read.
    pub vector: usize,
}

impl Tile {
    /// For a product of `rows` x `columns` per member. Tall tiles are for many rows;
    /// small ones keep more cubes busy when there are few.
    pub(crate) fn product(client: &Client, elem: ElemType, rows: usize, columns: usize) -> Self {
        let base = Self::of(client, elem, false);
        let (large, broad) = (rows >= 16 * 256, columns > 64);
        let tile = match (base.accelerated, large, broad) {
            (true, true, true) => Self { rows: 256, columns: 128, ..base },
            (true, true, false) => Self { rows: 256, planes: [8, 1], ..base },
            (false, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_if_too_large(base, client, elem)
    }

    /// For a gram of `rows` (taps and inputs) x `columns` per member.
    pub(crate) fn gram(client: &Client, elem: ElemType, rows: usize, columns: usize) -> Self {
        let base = Self::of(client, elem, true);
        let tile = match (base.accelerated, rows > 64, columns > 64) {
            (true, true, true) => Self { rows: 128, columns: 128, depth: 64, ..base },
            (true, true, false) => Self { rows: 128, depth: 64, ..base },
            (true, false, _) => Self { depth: 64, ..base },
            (false, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_if_too_large(base, client, elem)
    }

    /// A small tile, for every device.
    fn of(client: &Client, elem: ElemType, turned: bool) -> Self {
        let accelerated = has_matrix_units(client, elem);
        let longest = if accelerated { 16 / elem.size() } else { WRITTEN };
        let lengths = client.io_optimized_vector_sizes(elem.size());
        let vector = lengths.filter(|length| *length <= longest).max().unwrap_or(1);
        let depth = if accelerated { 32 } else { 16 };
        Self { rows: 64, columns: 64, depth, planes: [4, 2], accelerated, turned, vector }
    }

    /// `other` if a cube has too little shared memory for this one.
    fn or_if_too_large(self, other: Self, client: &Client, elem: ElemType) -> Self {
        let left = self.left_rows() * self.left_stride();
        let tiles = (left + self.depth * self.right_stride()) * elem.size();
        // the sums of a plane's square on their way out, see `factors`
        let paper =
            if self.accelerated { UNITS / 32 * SQUARE * SQUARE * size_of::<f32>() } else { 0 };
        let most = client.properties().hardware.max_shared_memory_size;
        if tiles + paper > most { other } else { self }
    }

    /// Length of a left row in shared memory.
    pub(crate) fn left_stride(self) -> usize {
        (if self.turned { self.rows } else { self.depth }) + self.gap()
    }

    /// What follows a row in shared memory: neighbouring rows are on different banks,
    /// and matrix units find every row aligned to 16 bytes.
    fn gap(self) -> usize {
        if self.accelerated { crate::GRAIN } else { self.vector }
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

/// Half precision with single sums in squares of 16.
fn has_matrix_units(client: &Client, elem: ElemType) -> bool {
    let half = ElemType::Float(FloatKind::F16);
    let side = SQUARE as u32;
    let config = MmaConfig {
        a_type: half,
        b_type: half,
        cd_type: ElemType::Float(FloatKind::F32),
        m: side,
        n: side,
        k: side,
    };
    let hardware = &client.properties().hardware;
    let planes_of_32 = hardware.plane_size_min == 32 && hardware.plane_size_max == 32;
    elem == half && planes_of_32 && client.features().matmul.cmma.contains(&config)
}
