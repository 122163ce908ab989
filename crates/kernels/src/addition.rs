//! Adds up the parts that cubes have left behind, in the order of the parts.

use cubecl::calculate_cube_count_elemwise;
use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, empty, vectors};
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

/// The sum over the first axis of `parts`, in `shape`.
pub(crate) fn added(client: &Client, parts: TensorHandle, shape: &[usize]) -> TensorHandle {
    let number = parts.shape()[0];
    let length: usize = shape.iter().product::<usize>() / WRITTEN;
    if number == 1 {
        return TensorHandle::new_contiguous(shape.to_vec(), parts.handle, parts.dtype);
    }
    let sums = empty(client, shape, parts.dtype);
    let dim = CubeDim::new(client, length);
    // SAFETY: the kernel reads `number` parts and writes one, and units beyond its length stop.
    unsafe {
        add::launch_unchecked(
            client,
            calculate_cube_count_elemwise(client, length, dim),
            dim,
            address([&parts]),
            WRITTEN,
            vectors(&parts, WRITTEN),
            vectors(&sums, WRITTEN),
            number,
            length,
        );
    }
    sums
}
