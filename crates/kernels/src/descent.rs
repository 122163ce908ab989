//! One step of stochastic gradient descent for every tensor of a stack at once: all
//! values lie in one array, block after block, and a table says what a block is.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{SINGLE, address, elements, empty, units, vectors as whole};

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

/// The bits of a number's exponent, all set in what is not finite.
const EXPONENT: u32 = 0x7f80_0000;

const FIXED: i32 = 0;
const TRAINED: i32 = 1;
const DECAYED: i32 = 2;
const RUNNING: i32 = 3;

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

/// The size of a step: v <- momentum v + g; w <- (1 - rate decay) w - rate (g + momentum v).
#[derive(Clone, Copy, Debug)]
pub struct Descent {
    /// Learning rate.
    pub rate: f32,
    /// Share of the velocity that stays.
    pub momentum: f32,
    /// Weight decay, decoupled from the velocity.
    pub decay: f32,
    /// How far running statistics drift.
    pub share: f32,
    /// What slopes are multiplied with; those that are not finite count as zero, and
    /// running statistics do not drift towards such.
    pub unscale: f32,
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn step(
    values: &mut [f32],
    velocity: &mut [f32],
    slopes: &[f32],
    table: &[i32],
    rate: f32,
    momentum: f32,
    decay: f32,
    share: f32,
    unscale: f32,
    end: usize,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let entry = ABSOLUTE_POS / BLOCK * ENTRY;
    let fate = table[entry];
    let start = usize::cast_from(table[entry + 1]);
    let length = usize::cast_from(table[entry + 2]);
    if fate == FIXED || ABSOLUTE_POS - start >= length {
        terminate!();
    }
    let value = values[ABSOLUTE_POS];
    let slope = slopes[ABSOLUTE_POS];
    // neither infinite nor not a number, by the exponent's bits: compilers of shaders
    // take it that a difference of equals is zero
    let finite = u32::reinterpret(slope) & EXPONENT != EXPONENT;
    if fate == RUNNING {
        let drifted = value * (1.0f32 - share) + slope * share;
        values[ABSOLUTE_POS] = select(finite, drifted, value);
    } else {
        let slope = select(finite, slope * unscale, 0.0f32);
        let speed = velocity[ABSOLUTE_POS] * momentum + slope;
        let kept = select(fate == DECAYED, 1.0f32 - rate * decay, 1.0f32);
        velocity[ABSOLUTE_POS] = speed;
        values[ABSOLUTE_POS] = value * kept - (slope + speed * momentum) * rate;
    }
}

/// Steps all values by their slopes; arrays in single precision and of one length.
///
/// # Panics
/// If they are not, or if `table` is of other blocks.
pub fn descend(
    client: &Client,
    values: &TensorHandle,
    velocity: &TensorHandle,
    slopes: &TensorHandle,
    table: &TensorHandle,
    by: Descent,
) {
    same_length([values, velocity, slopes]);
    tabled(values, table);
    let end = elements(values);
    let (count, dim) = units(client, end);
    // SAFETY: the arrays are of one length, where units stop, and the table has their blocks.
    unsafe {
        step::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(values, 1),
            whole(velocity, 1),
            whole(slopes, 1),
            whole(table, 1),
            by.rate,
            by.momentum,
            by.decay,
            by.share,
            by.unscale,
            end,
        );
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn spread<E: Float>(
    values: &[f32],
    table: &[i32],
    straight: &mut [E],
    turned: &mut [E],
    end: usize,
    #[comptime] copying: bool,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let entry = ABSOLUTE_POS / BLOCK * ENTRY;
    let start = usize::cast_from(table[entry + 1]);
    let rows = usize::cast_from(table[entry + 3]);
    let columns = usize::cast_from(table[entry + 4]);
    if ABSOLUTE_POS - start >= usize::cast_from(table[entry + 2]) {
        terminate!();
    }
    if comptime!(copying) {
        straight[ABSOLUTE_POS] = E::cast_from(values[ABSOLUTE_POS]);
    }
    // place `at` of a turned matrix, [columns, rows]
    let size = rows * columns;
    let first = start + (ABSOLUTE_POS - start) / size * size;
    let at = (ABSOLUTE_POS - start) % size;
    turned[ABSOLUTE_POS] = E::cast_from(values[first + at % rows * columns + at / rows]);
}

/// Writes the matrices of all segments, turned, to `turned`, and, where `straight` is
/// another array, the values as they are to it; both in their own format.
///
/// # Panics
/// If arrays are not of one length, or if `table` is of other blocks.
pub fn spread_out(
    client: &Client,
    values: &TensorHandle,
    table: &TensorHandle,
    straight: Option<&TensorHandle>,
    turned: &TensorHandle,
) {
    same_length([values, straight.unwrap_or(turned), turned]);
    tabled(values, table);
    let end = elements(values);
    let (count, dim) = units(client, end);
    // SAFETY: as in `descend`; a segment is whole matrices.
    unsafe {
        spread::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(values, 1),
            whole(table, 1),
            whole(straight.unwrap_or(turned), 1),
            whole(turned, 1),
            end,
            straight.is_some(),
            turned.dtype,
        );
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn drift(average: &mut [f32], values: &[f32], keep: f32, end: usize) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    // without a value of its own an average may hold anything
    let kept = if keep > 0.0f32 { average[ABSOLUTE_POS] * keep } else { 0.0f32 };
    average[ABSOLUTE_POS] = kept + values[ABSOLUTE_POS] * (1.0f32 - keep);
}

/// Moves an average towards the values: a <- keep a + (1 - keep) w; with `keep` 0
/// it becomes a copy, whatever it held.
///
/// # Panics
/// If the arrays are not of one length.
pub fn average(client: &Client, average: &TensorHandle, values: &TensorHandle, keep: f32) {
    same_length([average, values]);
    let end = elements(values);
    let (count, dim) = units(client, end);
    // SAFETY: the arrays are of one length, where units stop.
    unsafe {
        drift::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(average, 1),
            whole(values, 1),
            keep,
            end,
        );
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn clear(values: &mut [f32], end: usize) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    values[ABSOLUTE_POS] = 0.0f32;
}

/// An array of zeros in single precision.
pub fn zeros(client: &Client, shape: &[usize]) -> TensorHandle {
    let values = empty(client, shape, SINGLE);
    let end = elements(&values);
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the array stop.
    unsafe {
        clear::launch_unchecked(client, count, dim, address([&values]), whole(&values, 1), end);
    }
    values
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn pick(values: &[f32], sources: &[i32], out: &mut [f32], end: usize, last: usize) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let from = usize::cast_from(sources[ABSOLUTE_POS / BLOCK]) + ABSOLUTE_POS % BLOCK;
    // what is behind a tensor counts for nothing, but has to be read somewhere
    out[ABSOLUTE_POS] = values[select(from < last, from, last - 1)];
}

/// Blocks of `values`, one after the other: each begins where `sources` i32 `[blocks]`
/// says.
pub fn picked(client: &Client, values: &TensorHandle, sources: &TensorHandle) -> TensorHandle {
    let out = empty(client, &[elements(sources) * BLOCK], SINGLE);
    let end = elements(&out);
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the blocks stop, and reads end with the values.
    unsafe {
        pick::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(values, 1),
            whole(sources, 1),
            whole(&out, 1),
            end,
            elements(values),
        );
    }
    out
}

fn same_length<const N: usize>(arrays: [&TensorHandle; N]) {
    let lengths = arrays.map(elements);
    assert_eq!(lengths, [lengths[0]; N], "arrays should be of one length");
}

fn tabled(values: &TensorHandle, table: &TensorHandle) {
    let blocks = elements(values).div_ceil(BLOCK);
    assert_eq!(elements(table), blocks * ENTRY, "the table should have every block");
}
