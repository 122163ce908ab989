//! Adds up the parts that cubes have left behind, in the order of the parts.

use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, units, vectors};
use crate::tile::WRITTEN;

#[cube(launch_unchecked, address_type = "dynamic")]
fn add<M: Size>(
    parts: &[Vector<f32, M>],
    sums: &mut [Vector<f32, M>],
    number: usize,
    length: usize,
) {
    if ABSOLUTE_POS >= length {
        terminate!();
    }
    let mut sum = Vector::<f32, M>::new(0.0f32);
    for part in 0..number {
        sum += parts[part * length + ABSOLUTE_POS];
    }
    sums[ABSOLUTE_POS] = sum;
}

/// Writes the sum over the first axis of `parts` to `sums`.
pub(crate) fn add_up(client: &Client, parts: &TensorHandle, sums: &TensorHandle) {
    let length = elements(sums) / WRITTEN;
    let (count, dim) = units(client, length);
    // SAFETY: the kernel reads all parts and writes one, and units beyond its length stop.
    unsafe {
        add::launch_unchecked(
            client,
            count,
            dim,
            address([parts]),
            WRITTEN,
            vectors(parts, WRITTEN),
            vectors(sums, WRITTEN),
            parts.shape()[0],
            length,
        );
    }
}
