//! Adds up the parts that cubes have left behind: every sixteenth one by a unit, in the
//! order of the parts, and then those of the units.

use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, vectors};
use crate::column_sums::PARTS;
use crate::cubes::{cube_number, cubes};
use crate::tile::WRITTEN;
use crate::walk::{GRID, cube, own_rows};

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
        let own = own_rows(number);
        for group in 0..own.div_ceil(PARTS) {
            let mut found = Array::<Vector<f32, M>>::new(PARTS);
            #[unroll]
            for at in 0..PARTS {
                found[at] = Vector::new(0.0f32);
                let part = group * PARTS + at;
                if part < own {
                    found[at] = parts[(part * GRID + above) * length + place];
                }
            }
            #[unroll]
            for at in 0..PARTS {
                sum += found[at];
            }
        }
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
