//! From one number format to another.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, empty, units, vectors as whole};

#[cube(launch_unchecked, address_type = "dynamic")]
fn convert<E: Float, O: Float>(
    from: &[E],
    to: &mut [O],
    end: usize,
    #[define(E, O)] _types: [ElemType; 2],
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    to[ABSOLUTE_POS] = O::cast_from(from[ABSOLUTE_POS]);
}

/// The same numbers in the format `elem`.
pub fn cast(client: &Client, from: &TensorHandle, elem: ElemType) -> TensorHandle {
    if from.dtype == elem {
        return from.clone();
    }
    let to = empty(client, from.shape(), elem);
    let end = elements(from);
    let (count, dim) = units(client, end);
    // SAFETY: both arrays have as many elements, where units stop.
    unsafe {
        convert::launch_unchecked(
            client,
            count,
            dim,
            address([from]),
            whole(from, 1),
            whole(&to, 1),
            end,
            [from.dtype, elem],
        );
    }
    to
}
