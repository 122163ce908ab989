//! Which rows of an image every position of the result reads.

use cubecl::std::tensor::TensorHandle;

/// A table for one image that serves all of them.
#[derive(Clone, Debug)]
pub struct Windows {
    /// i32 `[outs, taps]`: the row of the image, or -1 where there is none (a row of zeros).
    pub table: TensorHandle,
    /// Rows of an image that is read.
    pub ins: usize,
    /// Rows of an image that is written.
    pub outs: usize,
    /// Rows that one written row reads.
    pub taps: usize,
}
