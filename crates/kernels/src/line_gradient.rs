//! The way back through lines and the activation behind them; a normalisation pulls at
//! every row's slope, since its moments are those of all rows.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::activation::{Activation, before};
use crate::array::{SINGLE, address, empty, length, vectors as whole};
use crate::column_sums::{BESIDE, Summed, column_sums, summed_column, summing_cubes, totals};
use crate::line::{Line, Lines, Point, STRIP};
use crate::tile::WRITTEN;
use crate::walk::{TOGETHER, Walk, cube, walks};

#[cube(launch_unchecked)]
fn settle_slopes<M: Size>(
    parts: &[Vector<f32, M>],
    lines: &[Vector<f32, M>],
    scale: &mut [Vector<f32, M>],
    shift: &mut [Vector<f32, M>],
    pulls: &mut [Vector<f32, M>],
    strips: usize,
    members: usize,
    positions: usize,
    vectors: usize,
    #[comptime] line: Line,
    #[comptime] scaled: bool,
) {
    let column = summed_column();
    let member = CUBE_POS_Z as usize;
    let (sum, product) = totals::<M>(parts, strips, members, member, vectors, column);
    if (UNIT_POS as usize) < BESIDE && column < vectors {
        let at = member * vectors + column;
        shift[at] = sum;
        if comptime!(line == Line::Norm) {
            let point = Point::<M>::of(lines, member, vectors, column, line);
            if comptime!(scaled) {
                scale[at] = product * point.inverse;
            }
            let n = Vector::new(f32::cast_from(positions));
            let first = member * 2 * vectors + column;
            pulls[first] = sum / n;
            pulls[first + vectors] = point.inverse * point.inverse * product / n;
        }
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn gradient<E: Float, M: Size>(
    rows: &[Vector<E, M>],
    slopes: &[Vector<E, M>],
    lines: &[Vector<f32, M>],
    pulls: &[Vector<f32, M>],
    out: &mut [Vector<E, M>],
    positions: usize,
    vectors: usize,
    #[comptime] line: Line,
    #[comptime] activation: Activation,
    #[define(E)] _type: ElemType,
) {
    let walk = Walk::new(positions, vectors, STRIP);
    if walk.column >= vectors || walk.number == 0 {
        terminate!();
    }
    let point = Point::<M>::of(lines, walk.member, vectors, walk.column, line);
    // how the other rows of a normalisation pull: as they are, and times what a value is off
    let mut pull = Vector::<f32, M>::new(0.0f32);
    let mut pull_off = pull;
    if comptime!(line == Line::Norm) {
        let first = walk.member * 2 * vectors + walk.column;
        pull = pulls[first];
        pull_off = pulls[first + vectors];
    }
    let mut results = Array::<Vector<E, M>>::new(TOGETHER);
    #[unroll]
    for at in 0..TOGETHER {
        let place = walk.place_or_last(at);
        let x = Vector::<f32, M>::cast_from(rows[place]);
        let slope = Vector::<f32, M>::cast_from(slopes[place]);
        let mut slope = before::<M>(slope, point.apply(x), activation);
        if comptime!(line == Line::Norm) {
            slope = (slope - pull - (x - point.mean) * pull_off) * point.scale;
        }
        results[at] = Vector::cast_from(slope);
    }
    walk.write::<E, M>(&results, out);
}

/// Where the slopes of lines go, each `[members, 1, channels]` in single precision.
#[derive(Clone, Copy)]
pub struct LineSlopes<'a> {
    /// Those in the scale of a normalisation, if it is trained.
    pub scale: Option<&'a TensorHandle>,
    /// Those in what is added.
    pub shift: &'a TensorHandle,
}

/// What `slopes` behind the activation of the lines at `rows` are for the rows; a
/// normalisation is by the moments of these rows. Slopes in the lines go to `found`.
///
/// # Panics
/// If channels are not a multiple of [`crate::GRAIN`], or lengths do not fit.
pub fn line_gradient(
    client: &Client,
    rows: &TensorHandle,
    lines: Lines<'_>,
    activation: Activation,
    slopes: &TensorHandle,
    found: LineSlopes<'_>,
) -> TensorHandle {
    let [members, channels] = [0, 2].map(|at| length(found.shift, at));
    lines.check(rows);
    let line = lines.kind();
    let what = Summed { slopes: true, line, activation };
    let parts = column_sums(client, rows, slopes, lines, members, what);
    let vectors = channels / WRITTEN;
    let pulls = empty(client, &[members, 2, channels], SINGLE);
    // SAFETY: columns end at `vectors`, and parts are read as often as there are strips.
    unsafe {
        settle_slopes::launch_unchecked(
            client,
            summing_cubes(vectors, members),
            cube(),
            WRITTEN,
            whole(&parts, WRITTEN),
            lines.array(found.shift),
            whole(found.scale.unwrap_or(&pulls), WRITTEN),
            whole(found.shift, WRITTEN),
            whole(&pulls, WRITTEN),
            length(&parts, 0),
            members,
            length(rows, 0) / members,
            vectors,
            line,
            found.scale.is_some(),
        );
    }
    let out = empty(client, rows.shape(), rows.dtype);
    let positions = length(rows, 0) / members;
    // SAFETY: all arrays are as long as `rows`, and units stop at its rows and channels.
    unsafe {
        gradient::launch_unchecked(
            client,
            walks(positions, STRIP, vectors, members),
            cube(),
            address([rows]),
            WRITTEN,
            whole(rows, WRITTEN),
            whole(slopes, WRITTEN),
            lines.array(rows),
            whole(&pulls, WRITTEN),
            whole(&out, WRITTEN),
            positions,
            vectors,
            line,
            activation,
            rows.dtype,
        );
    }
    out
}
