//! Where the tensors of a stack of networks lie in one array, block after block, and what
//! becomes of each: the table that the kernels over all of them read.

use cubecl::std::tensor::TensorHandle;

use crate::array::elements;

/// Values of a block: tensors begin at multiples of it, which suits the alignment that
/// APIs ask of a part of an array.
pub const BLOCK: usize = 128;
/// Numbers of a block's entry in the table.
pub const ENTRY: usize = 5;

/// What becomes of a tensor in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It keeps its values.
    Fixed,
    /// It descends.
    Trained,
    /// It descends, and its weights decay.
    Decayed,
    /// It drifts towards what is in the place of its slopes.
    Running,
}

impl Fate {
    fn number(self) -> i32 {
        match self {
            Self::Fixed => FIXED,
            Self::Trained => TRAINED,
            Self::Decayed => DECAYED,
            Self::Running => RUNNING,
        }
    }
}

pub(crate) const FIXED: i32 = 0;
const TRAINED: i32 = 1;
pub(crate) const DECAYED: i32 = 2;
pub(crate) const RUNNING: i32 = 3;

/// A tensor in the arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its first value, a multiple of [`BLOCK`].
    pub start: usize,
    /// Values of all members.
    pub length: usize,
    /// What becomes of it.
    pub fate: Fate,
    /// Rows and columns of the matrices it consists of, which are turned for the way
    /// back through a convolution: inputs and outputs of a tap.
    pub matrix: [usize; 2],
}

impl Segment {
    /// The first place behind it that is a multiple of [`BLOCK`].
    pub fn end(&self) -> usize {
        self.start + self.length.next_multiple_of(BLOCK)
    }

    /// The table of segments that follow each other, i32 `[blocks, ENTRY]`.
    pub fn table(segments: &[Self]) -> Vec<i32> {
        let entries = segments.iter().flat_map(|segment| {
            let [rows, columns] = segment.matrix;
            let place = [segment.start, segment.length, rows, columns].map(|n| n as i32);
            let [start, length, rows, columns] = place;
            let entry = [segment.fate.number(), start, length, rows, columns];
            std::iter::repeat_n(entry, (segment.end() - segment.start) / BLOCK)
        });
        entries.flatten().collect()
    }
}

/// Panics if the arrays are not of one length.
pub(crate) fn same_length<const N: usize>(arrays: [&TensorHandle; N]) {
    let lengths = arrays.map(elements);
    assert_eq!(lengths, [lengths[0]; N], "arrays should be of one length");
}

/// Panics if `table` is not of the blocks of `values`.
pub(crate) fn tabled(values: &TensorHandle, table: &TensorHandle) {
    let blocks = elements(values).div_ceil(BLOCK);
    assert_eq!(elements(table), blocks * ENTRY, "the table should have every block");
}
