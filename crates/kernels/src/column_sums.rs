//! Sums over rows, what a batch normalisation needs of a batch and of its slopes:
//! strips of rows by cubes of units. Whoever reads the parts adds them up.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::activation::{Activation, before};
use crate::addition::added;
use crate::array::{SINGLE, address, empty, length, vectors as whole};
use crate::line::{Line, Lines, Point};
use crate::tile::WRITTEN;
use crate::walk::{GRID, TOGETHER, Walk, cube, own_rows, walks};

/// Rows that a cube adds up, at least.
const STRIP: usize = 256;
/// Cubes that keep a large GPU busy.
const CUBES: usize = 1024;
/// Vectors of channels of a cube that adds up strips.
pub(crate) const BESIDE: usize = 4;

/// What is added up: x - centre and its square, where the centre is the first row of the
/// member; or the slopes before an activation, and those times x - mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Summed {
    pub slopes: bool,
    /// Of slopes: what x went through before the activation.
    pub line: Line,
    pub activation: Activation,
}

/// What a vector adds to both sums.
#[cube]
fn summands<E: Float, M: Size>(
    rows: &[Vector<E, M>],
    slopes: &[Vector<E, M>],
    place: usize,
    line: &Point<M>,
    #[comptime] what: Summed,
) -> (Vector<f32, M>, Vector<f32, M>) {
    let x = Vector::<f32, M>::cast_from(rows[place]);
    let off = x - line.mean;
    if comptime!(what.slopes) {
        let slope = Vector::<f32, M>::cast_from(slopes[place]);
        let slope = before::<M>(slope, line.apply(x), what.activation);
        (slope, slope * off)
    } else {
        (off, off * off)
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn sum<E: Float, M: Size>(
    rows: &[Vector<E, M>],
    slopes: &[Vector<E, M>],
    lines: &[Vector<f32, M>],
    parts: &mut [Vector<f32, M>],
    positions: usize,
    vectors: usize,
    members: usize,
    strip: usize,
    #[comptime] what: Summed,
    #[define(E)] _type: ElemType,
) {
    let walk = Walk::new(positions, vectors, strip);
    let mut plain = Vector::<f32, M>::new(0.0f32);
    let mut times = Vector::<f32, M>::new(0.0f32);
    if walk.column < vectors {
        let mut line = Point::<M>::of(lines, walk.member, vectors, walk.column, what.line);
        if comptime!(!what.slopes) {
            let centre = rows[walk.member * positions * vectors + walk.column];
            line.mean = Vector::cast_from(centre);
        }
        let groups = walk.number / TOGETHER;
        for group in 0..groups {
            #[unroll]
            for at in 0..TOGETHER {
                let place = walk.place(group * TOGETHER + at);
                let (one, other) = summands::<E, M>(rows, slopes, place, &line, what);
                plain += one;
                times += other;
            }
        }
        for at in groups * TOGETHER..walk.number {
            let (one, other) = summands::<E, M>(rows, slopes, walk.place(at), &line, what);
            plain += one;
            times += other;
        }
    }
    let (plain, times) = collected::<M>(plain, times, GRID);
    let there = walk.strip * strip < positions && walk.column < vectors;
    if (UNIT_POS as usize) < GRID && there {
        let start = (walk.strip * members + walk.member) * 2 * vectors;
        parts[start + walk.column] = plain;
        parts[start + vectors + walk.column] = times;
    }
}

/// `[strips, members, 2, channels]` in single precision: per strip of rows and channel
/// the sums that `what` names, of `rows` `[members * positions, channels]` and `slopes`
/// of the same shape and type.
///
/// # Panics
/// If channels are not a multiple of [`crate::GRAIN`], or lengths do not fit.
pub(crate) fn column_sums(
    client: &Client,
    rows: &TensorHandle,
    slopes: &TensorHandle,
    lines: Lines<'_>,
    members: usize,
    what: Summed,
) -> TensorHandle {
    let [number, channels] = [0, 1].map(|at| length(rows, at));
    assert!(channels.is_multiple_of(crate::GRAIN), "channels should be a multiple of the grain");
    assert_eq!(rows.shape(), slopes.shape(), "slopes should have the shape of the rows");
    let (positions, vectors) = (number / members, channels / WRITTEN);
    let beside = vectors.div_ceil(GRID);
    let strips = CUBES.div_ceil(beside * members).min(positions.div_ceil(STRIP)).max(1);
    let strip = positions.div_ceil(strips);
    let strips = positions.div_ceil(strip);
    let what = Summed { line: lines.kind(), ..what };
    let parts = empty(client, &[strips, members, 2, channels], SINGLE);
    // SAFETY: rows end at `positions`, columns at `vectors`, and parts are as many as strips.
    unsafe {
        sum::launch_unchecked(
            client,
            walks(positions, strip, vectors, members),
            cube(),
            address([rows]),
            WRITTEN,
            whole(rows, WRITTEN),
            whole(slopes, WRITTEN),
            lines.array(rows),
            whole(&parts, WRITTEN),
            positions,
            vectors,
            members,
            strip,
            what,
            rows.dtype,
        );
    }
    parts
}

/// The vector of channels of a unit whose cube adds up strips: cubes of few columns, so that
/// many units share one.
#[cube]
pub(crate) fn summed_column() -> usize {
    CUBE_POS_X as usize * BESIDE + UNIT_POS as usize % BESIDE
}

/// Cubes that add up strips of so many columns.
pub(crate) fn summing_cubes(vectors: usize, members: usize) -> CubeCount {
    CubeCount::Static(vectors.div_ceil(BESIDE) as u32, 1, members as u32)
}

/// Both sums of a member's column over all strips, for the first [`BESIDE`] units of a
/// cube; every unit has to call it.
#[cube]
pub(crate) fn totals<M: Size>(
    parts: &[Vector<f32, M>],
    strips: usize,
    members: usize,
    member: usize,
    vectors: usize,
    column: usize,
) -> (Vector<f32, M>, Vector<f32, M>) {
    let mut plain = Vector::<f32, M>::new(0.0f32);
    let mut times = Vector::<f32, M>::new(0.0f32);
    if column < vectors {
        let number = own_rows(strips, BESIDE);
        let above = UNIT_POS as usize / BESIDE;
        let first = (above * members + member) * 2 * vectors + column;
        let apart = members * 2 * vectors * comptime!(GRID * GRID / BESIDE);
        plain = added::<M>(parts, first, apart, number);
        times = added::<M>(parts, first + vectors, apart, number);
    }
    collected::<M>(plain, times, BESIDE)
}

/// The sums of the units of a column of the cube, in its first row.
#[cube]
fn collected<M: Size>(
    plain: Vector<f32, M>,
    times: Vector<f32, M>,
    #[comptime] beside: usize,
) -> (Vector<f32, M>, Vector<f32, M>) {
    let mut plains = Shared::<[Vector<f32, M>]>::new_slice(comptime!(GRID * GRID));
    let mut products = Shared::<[Vector<f32, M>]>::new_slice(comptime!(GRID * GRID));
    plains[UNIT_POS as usize] = plain;
    products[UNIT_POS as usize] = times;
    sync_cube();
    let mut plain = plain;
    let mut times = times;
    if (UNIT_POS as usize) < beside {
        #[unroll]
        for other in 1..comptime!(GRID * GRID / beside) {
            plain += plains[other * beside + UNIT_POS as usize];
            times += products[other * beside + UNIT_POS as usize];
        }
    }
    (plain, times)
}
