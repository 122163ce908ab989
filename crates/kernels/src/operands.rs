//! The two sides of a product, as vectors: rows that are gathered through a table,
//! and rows that lie in memory as they are multiplied.

use cubecl::prelude::*;

/// Lengths that the kernels look up; the table is that of [`crate::Windows`].
#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub(crate) struct Lengths {
    /// Rows of an image that is read.
    pub ins: usize,
    /// Rows of an image that is written.
    pub outs: usize,
    pub taps: usize,
    /// Channels of gathered rows.
    pub inputs: usize,
    /// Columns of the other side.
    pub outputs: usize,
    /// Written rows of a member.
    pub positions: usize,
    /// Positions that one cube of a gram adds up.
    pub stretch: usize,
}

/// Entries `depth` and following of written row `row` (of all members): those of one
/// tap, since channels are multiples of the vector's length.
#[cube]
pub(crate) fn gathered<E: Float, N: Size>(
    rows: &[Vector<E, N>],
    table: &[i32],
    lengths: &Lengths,
    row: usize,
    depth: usize,
    inside: bool,
) -> Vector<E, N> {
    let mut found = Vector::<E, N>::new(E::from_int(0));
    if inside && depth < lengths.taps * lengths.inputs {
        let tap = depth / lengths.inputs;
        let channel = depth % lengths.inputs;
        let image = row / lengths.outs;
        let read = table[(row % lengths.outs) * lengths.taps + tap];
        if read >= 0 {
            let from = image * lengths.ins + usize::cast_from(read);
            found = rows[(from * lengths.inputs + channel) / N::value()];
        }
    }
    found
}

/// Columns `column` and following of row `row`.
#[cube]
pub(crate) fn plain<E: Float, N: Size>(
    rows: &[Vector<E, N>],
    lengths: &Lengths,
    row: usize,
    column: usize,
    inside: bool,
) -> Vector<E, N> {
    let mut found = Vector::<E, N>::new(E::from_int(0));
    if inside && column < lengths.outputs {
        found = rows[(row * lengths.outputs + column) / N::value()];
    }
    found
}
