//! Arrays on a device, as the kernels take and leave them: contiguous.

use cubecl::calculate_cube_count_elemwise;
use cubecl::client::Client;
use cubecl::ir::{ElemType, FloatKind, IntKind, UIntKind};
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

/// Single precision: what sums are in.
pub const SINGLE: ElemType = ElemType::Float(FloatKind::F32);
/// Half precision.
pub const HALF: ElemType = ElemType::Float(FloatKind::F16);
/// Two elements in half precision that are moved together.
pub(crate) const WORD: ElemType = ElemType::UInt(UIntKind::U32);
/// What tables and winners are in.
pub(crate) const INTEGER: ElemType = ElemType::Int(IntKind::I32);

/// An array of nothing in particular.
pub fn empty(client: &Client, shape: &[usize], elem: ElemType) -> TensorHandle {
    let bytes = shape.iter().product::<usize>() * elem.size();
    TensorHandle::new_contiguous(shape.to_vec(), client.empty(bytes), elem)
}

/// Numbers in single precision on the device.
pub fn singles(client: &Client, values: &[f32], shape: &[usize]) -> TensorHandle {
    assert_eq!(values.len(), shape.iter().product::<usize>(), "values should fill the shape");
    let handle = client.create_from_slice(f32::as_bytes(values));
    TensorHandle::new_contiguous(shape.to_vec(), handle, SINGLE)
}

/// Whole numbers on the device.
pub fn integers(client: &Client, values: &[i32], shape: &[usize]) -> TensorHandle {
    assert_eq!(values.len(), shape.iter().product::<usize>(), "values should fill the shape");
    let handle = client.create_from_slice(i32::as_bytes(values));
    TensorHandle::new_contiguous(shape.to_vec(), handle, INTEGER)
}

/// The elements of `of` from `start` on, in `shape`; they are shared, not copied. Devices
/// ask for an alignment of 256 bytes, see [`crate::BLOCK`].
///
/// # Panics
/// If there are not so many elements.
pub fn part(of: &TensorHandle, start: usize, shape: &[usize]) -> TensorHandle {
    let rest = elements(of).checked_sub(start + shape.iter().product::<usize>());
    let rest = rest.expect("a part should end inside its array");
    let [start, rest] = [start, rest].map(|n| (n * of.dtype.size()) as u64);
    let handle = of.handle.clone().offset_start(start).offset_end(rest);
    TensorHandle::new_contiguous(shape.to_vec(), handle, of.dtype)
}

/// What an array of single precision holds; waits for the device.
///
/// # Errors
/// What the device says, if it failed in this or in earlier work.
pub fn read(client: &Client, of: &TensorHandle) -> Result<Vec<f32>, String> {
    let bytes = client.read_one(of.handle.clone()).map_err(|why| why.to_string())?;
    Ok(f32::from_bytes(&bytes)[..elements(of)].to_vec())
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

pub(crate) fn elements(of: &TensorHandle) -> usize {
    of.shape().iter().product()
}

/// One unit per element: how many cubes of which size.
pub(crate) fn units(client: &Client, number: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(client, number);
    (calculate_cube_count_elemwise(client, number, dim), dim)
}
