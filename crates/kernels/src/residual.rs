//! Where two paths meet: the sum of two slopes, and the gate of a rectified sum.

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
    gate: &[Vector<E, M>],
    out: &mut [Vector<E, M>],
    end: usize,
    #[comptime] adding: bool,
    #[comptime] gated: bool,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let mut slope = Vector::<f32, M>::cast_from(a[ABSOLUTE_POS]);
    if comptime!(adding) {
        slope += Vector::<f32, M>::cast_from(b[ABSOLUTE_POS]);
    }
    if comptime!(gated) {
        let sum = Vector::<f32, M>::cast_from(gate[ABSOLUTE_POS]);
        slope = before::<M>(slope, sum, Activation::Relu);
    }
    out[ABSOLUTE_POS] = Vector::cast_from(slope);
}

/// `slopes` where `gate`, of the same shape and type, is positive, and zero elsewhere.
///
/// # Panics
/// If their shapes differ.
pub fn gated(client: &Client, slopes: &TensorHandle, gate: &TensorHandle) -> TensorHandle {
    joined(client, slopes, None, Some(gate))
}

/// The sum of two arrays of one shape and type, where `gate`, if it is given, is positive.
///
/// # Panics
/// If their shapes differ.
pub fn sum(
    client: &Client,
    a: &TensorHandle,
    b: &TensorHandle,
    gate: Option<&TensorHandle>,
) -> TensorHandle {
    joined(client, a, Some(b), gate)
}

fn joined(
    client: &Client,
    a: &TensorHandle,
    b: Option<&TensorHandle>,
    gate: Option<&TensorHandle>,
) -> TensorHandle {
    for other in b.into_iter().chain(gate) {
        assert_eq!(a.shape(), other.shape(), "all should have one shape");
    }
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
            whole(b.unwrap_or(a), WRITTEN),
            whole(gate.unwrap_or(a), WRITTEN),
            whole(&out, WRITTEN),
            end,
            b.is_some(),
            gate.is_some(),
            a.dtype,
        );
    }
    out
}
