//! Arrays of nothing but zeros.

use cubecl::client::Client;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{SINGLE, address, elements, empty, units, vectors as whole};

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
