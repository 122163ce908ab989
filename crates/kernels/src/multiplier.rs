//! What multiplies: matrix units where a device has them, or the units of a cube
//! themselves, and how many elements they read at once. A device may promise more than
//! its driver keeps, so there is an order in which to try.

use std::fmt;

use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind, features::MmaConfig};

use crate::GRAIN;
use crate::tile::{UNITS, WRITTEN};

/// CubeCL's name for what takes the lines of a square to be as far apart as so many words;
/// others count elements, whatever is read.
const SPIRV: &str = "wgpu<spirv>";

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
    pub(crate) const KNOWN: [Self; 2] =
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
    pub(crate) fn tall(self) -> Self {
        Self { planes: [UNITS / self.plane, 1], ..self }
    }
}

/// A way to compute products and grams of one number format on one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    pub(crate) elem: ElemType,
    /// What multiplies, if not the units of a cube.
    pub(crate) matrix: Option<MatrixUnits>,
    /// Elements of a vector that is read, and of each of its parts.
    pub(crate) vector: usize,
    pub(crate) packed: usize,
    /// Bytes of shared memory that a cube has.
    pub(crate) shared: usize,
}

impl Multiplier {
    /// Every way in which the device says that it can multiply `elem`, the fastest first;
    /// the last is without matrix units.
    pub fn all(client: &Client, elem: ElemType) -> Vec<Self> {
        let plain = Self::plain(client, elem);
        let Some(matrix) = MatrixUnits::of(client, elem) else { return vec![plain] };
        let fed = |vector, packed| Self { matrix: Some(matrix), vector, packed, ..plain };
        let offers = |vector| client.io_optimized_vector_sizes(elem.size()).any(|n| n == vector);
        let long = offers(GRAIN).then(|| fed(GRAIN, 1));
        let words = (client.name() == SPIRV).then(|| fed(GRAIN, GRAIN / WRITTEN));
        long.into_iter().chain(words).chain([fed(WRITTEN, 1), plain]).collect()
    }

    /// Without matrix units.
    pub fn plain(client: &Client, elem: ElemType) -> Self {
        let shared = client.properties().hardware.max_shared_memory_size;
        Self { elem, matrix: None, vector: WRITTEN, packed: 1, shared }
    }
}

impl fmt::Display for Multiplier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.matrix {
            Some(MatrixUnits { side, .. }) => write!(f, "with matrix units of {side} x {side}")?,
            None => write!(f, "without matrix units")?,
        }
        write!(f, ", with vectors of {}", self.vector)?;
        if self.packed > 1 {
            write!(f, " in words of {}", self.packed)?;
        }
        Ok(())
    }
}
