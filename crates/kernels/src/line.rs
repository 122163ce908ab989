//! What every channel of a row is multiplied with and shifted by: a normalisation, or
//! the bias of a convolution.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::activation::{Activation, activated};
use crate::array::{address, empty, length, vectors as whole};
use crate::tile::WRITTEN;
use crate::walk::{GRID, TOGETHER, Walk, cube, walks};

/// Arrays in single precision, for every member and channel.
#[derive(Clone, Copy)]
pub enum Lines<'a> {
    /// x itself.
    None,
    /// x + b: `[members, 1, channels]`.
    Shift(&'a TensorHandle),
    /// (x - mean) scale + b: scale, b, mean and one over the standard deviation,
    /// `[members, 4, channels]`.
    Norm(&'a TensorHandle),
}

/// Which of the [`Lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    None,
    Shift,
    Norm,
}

impl Lines<'_> {
    pub(crate) fn kind(self) -> Line {
        match self {
            Self::None => Line::None,
            Self::Shift(_) => Line::Shift,
            Self::Norm(_) => Line::Norm,
        }
    }

    /// The array, or `other` where there is none.
    pub(crate) fn array(self, other: &TensorHandle) -> BufferArg {
        match self {
            Self::None => whole(other, WRITTEN),
            Self::Shift(lines) | Self::Norm(lines) => whole(lines, WRITTEN),
        }
    }

    /// Panics if these are not lines of the channels of `rows`.
    pub(crate) fn check(self, rows: &TensorHandle) {
        if let Self::Shift(lines) | Self::Norm(lines) = self {
            assert_eq!(length(lines, 2), length(rows, 1), "lines should have the rows' channels");
        }
        let members = self.members();
        assert!(length(rows, 0).is_multiple_of(members), "members should have equally many rows");
    }

    /// Members that the lines are for.
    fn members(self) -> usize {
        match self {
            Self::None => 1,
            Self::Shift(lines) | Self::Norm(lines) => length(lines, 0),
        }
    }
}

/// Rows of a cube where a row is no sum over others.
pub(crate) const STRIP: usize = GRID * TOGETHER;
/// Scale, shift, mean and inverse of a member.
pub(crate) const NUMBERS: usize = 4;

/// A vector of channels of the lines of one member.
#[derive(CubeType)]
pub(crate) struct Point<M: Size> {
    pub scale: Vector<f32, M>,
    pub shift: Vector<f32, M>,
    pub mean: Vector<f32, M>,
    pub inverse: Vector<f32, M>,
}

#[cube]
impl<M: Size> Point<M> {
    pub(crate) fn of(
        lines: &[Vector<f32, M>],
        member: usize,
        vectors: usize,
        column: usize,
        #[comptime] line: Line,
    ) -> Self {
        let zero = Vector::<f32, M>::new(0.0f32);
        let one = Vector::<f32, M>::new(1.0f32);
        if comptime!(line == Line::Norm) {
            let first = member * NUMBERS * vectors + column;
            Point::<M> {
                scale: lines[first],
                shift: lines[first + vectors],
                mean: lines[first + 2 * vectors],
                inverse: lines[first + 3 * vectors],
            }
        } else if comptime!(line == Line::Shift) {
            let shift = lines[member * vectors + column];
            Point::<M> { scale: one, shift, mean: zero, inverse: one }
        } else {
            Point::<M> { scale: one, shift: zero, mean: zero, inverse: one }
        }
    }

    pub(crate) fn apply(&self, x: Vector<f32, M>) -> Vector<f32, M> {
        (x - self.mean) * self.scale + self.shift
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn apply<E: Float, M: Size>(
    rows: &[Vector<E, M>],
    other: &[Vector<E, M>],
    lines: &[Vector<f32, M>],
    out: &mut [Vector<E, M>],
    positions: usize,
    vectors: usize,
    #[comptime] line: Line,
    #[comptime] adding: bool,
    #[comptime] activation: Activation,
    #[define(E)] _type: ElemType,
) {
    let walk = Walk::new(positions, vectors, STRIP);
    if walk.column >= vectors || walk.number == 0 {
        terminate!();
    }
    let point = Point::<M>::of(lines, walk.member, vectors, walk.column, line);
    let mut results = Array::<Vector<E, M>>::new(TOGETHER);
    #[unroll]
    for at in 0..TOGETHER {
        let place = walk.place_or_last(at);
        let mut x = point.apply(Vector::<f32, M>::cast_from(rows[place]));
        if comptime!(adding) {
            x += Vector::<f32, M>::cast_from(other[place]);
        }
        results[at] = Vector::cast_from(activated::<M>(x, activation));
    }
    walk.write::<E, M>(&results, out);
}

/// The activation of the lines at `rows`, `[images * positions, channels]`, plus
/// `other` of the same shape and type if it is given.
///
/// # Panics
/// If shapes do not fit.
pub fn line(
    client: &Client,
    rows: &TensorHandle,
    lines: Lines<'_>,
    other: Option<&TensorHandle>,
    activation: Activation,
) -> TensorHandle {
    lines.check(rows);
    if let Some(other) = other {
        assert_eq!(rows.shape(), other.shape(), "what is added should have the shape of the rows");
    }
    let out = empty(client, rows.shape(), rows.dtype);
    let (members, vectors) = (lines.members(), length(rows, 1) / WRITTEN);
    let positions = length(rows, 0) / members;
    // SAFETY: all arrays are as long as `rows`, and units stop at its rows and channels.
    unsafe {
        apply::launch_unchecked(
            client,
            walks(positions, STRIP, vectors, members),
            cube(),
            address([rows]),
            WRITTEN,
            whole(rows, WRITTEN),
            whole(other.unwrap_or(rows), WRITTEN),
            lines.array(rows),
            whole(&out, WRITTEN),
            positions,
            vectors,
            lines.kind(),
            other.is_some(),
            activation,
            rows.dtype,
        );
    }
    out
}
