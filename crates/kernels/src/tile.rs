//! How much of a product one cube of units computes, and in which steps.

use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind, features::MmaConfig};

/// Units of a cube; where units multiply, 16 rows of 16.
pub(crate) const UNITS: usize = 256;
/// Vector length of everything that is written.
pub(crate) const WRITTEN: usize = 4;

/// Matrix units, and the planes of a cube that feed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MatrixUnits {
    /// Side of the squares that are multiplied.
    pub side: usize,
    /// Units of a plane.
    pub plane: usize,
    /// Planes above and beside each other.
    pub planes: [usize; 2],
}

impl MatrixUnits {
    /// Those of GPUs, and those of Mesa's software rasteriser, which tests run on.
    const KNOWN: [Self; 2] =
        [Self { side: 16, plane: 32, planes: [4, 2] }, Self { side: 8, plane: 8, planes: [8, 4] }];

    /// Half precision with single sums.
    fn of(client: &Client, elem: ElemType) -> Option<Self> {
        let half = ElemType::Float(FloatKind::F16);
        let hardware = &client.properties().hardware;
        let plane = [hardware.plane_size_min, hardware.plane_size_max];
        let there = |units: &Self| {
            let side = units.side as u32;
            let config = MmaConfig {
                a_type: half,
                b_type: half,
                cd_type: ElemType::Float(FloatKind::F32),
                m: side,
                n: side,
                k: side,
            };
            plane == [units.plane as u32; 2] && client.features().matmul.cmma.contains(&config)
        };
        Self::KNOWN.into_iter().find(|units| elem == half && there(units))
    }

    /// Planes in one column.
    fn tall(self) -> Self {
        Self { planes: [UNITS / self.plane, 1], ..self }
    }
}

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
    pub(crate) fn product(client: &Client, elem: ElemType, rows: usize, columns: usize) -> Self {
        let base = Self::of(client, elem, false);
        let (large, broad) = (rows >= 16 * 256, columns > 64);
        let tile = match (base.matrix, large, broad) {
            (Some(_), true, true) => Self { rows: 256, columns: 128, depth: 32, ..base },
            (Some(units), true, false) => {
                Self { rows: 256, depth: 32, matrix: Some(units.tall()), ..base }
            }
            (None, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_what_fits(base, client, elem)
    }

    /// For a gram of `rows` (taps and inputs) x `columns` per member.
    pub(crate) fn gram(client: &Client, elem: ElemType, rows: usize, columns: usize) -> Self {
        let base = Self::of(client, elem, true);
        let tile = match (base.matrix, rows > 64, columns > 64) {
            (Some(_), true, true) => Self { rows: 128, columns: 128, ..base },
            (Some(_), true, false) => Self { rows: 128, ..base },
            (None, true, true) => Self { rows: 128, columns: 128, ..base },
            _ => base,
        };
        tile.or_what_fits(base, client, elem)
    }

    /// A small tile, for every device.
    fn of(client: &Client, elem: ElemType, turned: bool) -> Self {
        let matrix = MatrixUnits::of(client, elem);
        let longest = if matrix.is_some() { 16 / elem.size() } else { WRITTEN };
        let lengths = client.io_optimized_vector_sizes(elem.size());
        let vector = lengths.filter(|length| *length <= longest).max().unwrap_or(1);
        let depth = if matrix.is_some() { 64 } else { 16 };
        Self { rows: 64, columns: 64, depth, matrix, turned, vector }
    }

    /// This tile, a flatter one or `other`: the first for which a cube has shared memory.
    fn or_what_fits(self, other: Self, client: &Client, elem: ElemType) -> Self {
        let most = client.properties().hardware.max_shared_memory_size;
        let flat = Self { depth: self.depth / 2, ..self };
        let fits = |tile: &Self| tile.shared(elem) <= most;
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
