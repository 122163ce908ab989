//! Kernels for training convolutional networks on GPUs, written once in CubeCL for
//! every API it compiles to. They know arrays on a device and nothing of networks.
//!
//! Activations are rows, `[images * positions, channels]`, contiguous, in single or
//! half precision. A convolution is a matrix product whose left side is gathered
//! row by row through a table ([`Windows`]) while it is multiplied ([`product`]);
//! the same kernel with the table from the other side gives the gradient of the
//! input, and with the roles of rows and depth exchanged the gradient of the weights
//! ([`gram`]). Several networks of one shape, "members" of a stack, are computed in
//! one launch: the images of one member come after those of the other, and each has
//! its own weights. Sums are in single precision and in an order that depends on
//! shapes only, so that a device repeats its results to the byte.

mod addition;
mod array;
mod column_sums;
mod factors;
mod gram;
mod maxima;
mod multiply;
mod operands;
mod product;
mod tile;
mod windows;

pub use column_sums::column_sums;
pub use gram::gram;
pub use maxima::{maxima, maxima_gradient};
pub use product::product;
pub use windows::Windows;

/// Channels come in multiples of this; the kernels read so many at once at most.
pub const GRAIN: usize = 8;
