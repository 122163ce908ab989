//! Arrays on a device, as the kernels take and leave them: contiguous.

use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind, IntKind};
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

/// What sums are in.
pub(crate) const SINGLE: ElemType = ElemType::Float(FloatKind::F32);
/// What tables and winners are in.
pub(crate) const INTEGER: ElemType = ElemType::Int(IntKind::I32);

/// An array of nothing in particular.
pub(crate) fn empty(client: &Client, shape: &[usize], elem: ElemType) -> TensorHandle {
    let bytes = shape.iter().product::<usize>() * elem.size();
    TensorHandle::new_contiguous(shape.to_vec(), client.empty(bytes), elem)
}

/// Length of axis `at`.
pub(crate) fn length(of: &TensorHandle, at: usize) -> usize {
    of.shape()[at]
}

/// All of an array as vectors of `vector` elements.
pub(crate) fn vectors(of: &TensorHandle, vector: usize) -> BufferArg {
    let number = elements(of) / vector;
    // SAFETY: the handle holds the elements of its shape.
    unsafe { BufferArg::from_raw_parts(of.handle.clone(), number) }
}

/// What indices into the largest of `arrays` need.
pub(crate) fn address<const N: usize>(arrays: [&TensorHandle; N]) -> AddressType {
    let needs = arrays.map(|array| AddressType::from_len(elements(array)));
    needs.into_iter().max().unwrap_or_default()
}

fn elements(of: &TensorHandle) -> usize {
    of.shape().iter().product()
}
