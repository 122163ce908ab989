//! One step of stochastic gradient descent for every tensor of a stack at once, and the
//! average that follows the steps.

use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, units, vectors as whole};
use crate::segment::{BLOCK, DECAYED, ENTRY, FIXED, RUNNING, same_length, tabled};

/// The bits of a number's exponent, all set in what is not finite.
const EXPONENT: u32 = 0x7f80_0000;

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
