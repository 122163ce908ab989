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

mod activation;
mod addition;
mod array;
mod cast;
mod column_sums;
mod cubes;
mod descent;
mod factors;
mod gram;
mod head;
mod line;
mod line_gradient;
mod maxima;
mod multiplied;
mod multiplier;
mod multiply;
mod norm;
mod operands;
mod pictures;
mod product;
mod residual;
mod segment;
mod spread;
mod target;
mod tile;
mod walk;
mod windows;
mod zeros;

pub use activation::Activation;
pub use array::{HALF, SINGLE, empty, integers, part, read, singles};
pub use cast::cast;
pub use cubecl::client::Client;
pub use cubecl::ir::ElemType;
pub use cubecl::std::tensor::TensorHandle as Array;
pub use descent::{Descent, average, descend};
pub use gram::gram;
pub use head::{Scales, cross_entropy, means, rows_of_scores};
pub use line::{Lines, line};
pub use line_gradient::{LineSlopes, line_gradient};
pub use maxima::{maxima, maxima_gradient};
pub use multiplied::Multiplied;
pub use multiplier::Multiplier;
pub use norm::{Moments, Norm, normalised, normalised_by};
pub use pictures::{Album, Glass, SEEN, pictures};
pub use product::product;
pub use residual::{gated, sum};
pub use segment::{BLOCK, ENTRY, Fate, Segment};
pub use spread::{picked, spread_out};
pub use windows::{Phases, Windows};
pub use zeros::zeros;

/// Channels come in multiples of this; the kernels read so many at once at most.
pub const GRAIN: usize = 8;
