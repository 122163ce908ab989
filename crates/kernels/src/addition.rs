//! Adds up the parts that cubes have left behind. The units of a cube take turns at them, each
//! adds its own, and one adds what the units have. In which order depends on the number of
//! parts only.

use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, vectors};
use crate::cubes::{cube_number, cubes};
use crate::tile::WRITTEN;
use crate::walk::{GRID, cube, own_rows};

/// Parts that a unit has on their way from memory at the same time, while there are so many:
/// few cubes add up, and each waits for its own.
const MANY: usize = 16;
/// The same of the rest, before the last ones come one by one.
const SOME: usize = 4;

/// The sum of `number` parts, each `apart` from the one before.
#[cube]
pub(crate) fn added<M: Size>(
    parts: &[Vector<f32, M>],
    first: usize,
    apart: usize,
    number: usize,
) -> Vector<f32, M> {
    let mut sum = Vector::<f32, M>::new(0.0f32);
    let many = number / MANY;
    for group in 0..many {
        sum += stretch::<M>(parts, first + group * comptime!(MANY) * apart, apart, MANY);
    }
    let some = number % MANY / SOME;
    for group in 0..some {
        let at = many * comptime!(MANY) + group * comptime!(SOME);
        sum += stretch::<M>(parts, first + at * apart, apart, SOME);
    }
    for at in number / SOME * SOME..number {
        sum += parts[first + at * apart];
    }
    sum
}

/// The sum of `number` parts, all of which are asked for before one is added.
#[cube]
fn stretch<M: Size>(
    parts: &[Vector<f32, M>],
    first: usize,
    apart: usize,
    #[comptime] number: usize,
) -> Vector<f32, M> {
    let mut found = Array::<Vector<f32, M>>::new(number);
    #[unroll]
    for at in 0..number {
        found[at] = parts[first + at * apart];
    }
    let mut sum = Vector::<f32, M>::new(0.0f32);
    #[unroll]
    for at in 0..number {
        sum += found[at];
    }
    sum
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn add<M: Size>(
    parts: &[Vector<f32, M>],
    sums: &mut [Vector<f32, M>],
    number: usize,
    length: usize,
) {
    let place = cube_number() * GRID + UNIT_POS as usize % GRID;
    let above = UNIT_POS as usize / GRID;
    let mut sum = Vector::<f32, M>::new(0.0f32);
    if place < length {
        sum = added::<M>(parts, above * length + place, GRID * length, own_rows(number, GRID));
    }
    let mut all = Shared::<[Vector<f32, M>]>::new_slice(comptime!(GRID * GRID));
    all[UNIT_POS as usize] = sum;
    sync_cube();
    if above == 0 && place < length {
        #[unroll]
        for other in 1..GRID {
            sum += all[other * GRID + UNIT_POS as usize];
        }
        sums[place] = sum;
    }
}

/// Writes the sum over the first axis of `parts` to `sums`.
pub(crate) fn add_up(client: &Client, parts: &TensorHandle, sums: &TensorHandle) {
    let length = elements(sums) / WRITTEN;
    // SAFETY: the kernel reads all parts and writes one, and units beyond its length do neither.
    unsafe {
        add::launch_unchecked(
            client,
            cubes(length.div_ceil(GRID), 1),
            cube(),
            address([parts]),
            WRITTEN,
            vectors(parts, WRITTEN),
            vectors(sums, WRITTEN),
            parts.shape()[0],
            length,
        );
    }
}
