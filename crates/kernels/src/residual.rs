//! Where two paths meet: the gate of a rectified sum, and the sum of two slopes.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::activation::{Activation, before};
use crate::array::{address, elements, empty, units, vectors as whole};
use crate::tile::WRITTEN;

#[cube(launch_unchecked, address_type = "dynamic")]
fn join<E: Float, M: Size>(
    a: &[Vector<E, M>],
    b: &[Vector<E, M>],
    out: &mut [Vector<E, M>],
    end: usize,
    #[comptime] adding: bool,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let x = Vector::<f32, M>::cast_from(a[ABSOLUTE_POS]);
    let y = Vector::<f32, M>::cast_from(b[ABSOLUTE_POS]);
    let both = if comptime!(adding) { x + y } else { before::<M>(x, y, Activation::Relu) };
    out[ABSOLUTE_POS] = Vector::cast_from(both);
}

/// `slopes` where `sum`, of the same shape and type, is positive, and zero elsewhere.
///
/// # Panics
/// If their shapes differ.
pub fn gated(client: &Client, slopes: &TensorHandle, sum: &TensorHandle) -> TensorHandle {
    joined(client, slopes, sum, false)
}

/// The sum of two arrays of one shape and type.
///
/// # Panics
/// If their shapes differ.
pub fn sum(client: &Client, a: &TensorHandle, b: &TensorHandle) -> TensorHandle {
    joined(client, a, b, true)
}

fn joined(client: &Client, a: &TensorHandle, b: &TensorHandle, adding: bool) -> TensorHandle {
    assert_eq!(a.shape(), b.shape(), "both should have one shape");
    let out = empty(client, a.shape(), a.dtype);
    let end = elements(a) / WRITTEN;
    let (count, dim) = units(client, end);
    // SAFETY: all arrays are as long as `a`, where units stop.
    unsafe {
        join::launch_unchecked(
            client,
            count,
            dim,
            address([a]),
            WRITTEN,
            whole(a, WRITTEN),
            whole(b, WRITTEN),
            whole(&out, WRITTEN),
            end,
            adding,
            a.dtype,
        );
    }
    out
}
