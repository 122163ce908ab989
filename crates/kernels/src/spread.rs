//! Copies of the tensors of a stack: in another format, turned, or of one member.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{SINGLE, address, elements, empty, units, vectors as whole};
use crate::segment::{BLOCK, ENTRY, same_length, tabled};

#[cube(launch_unchecked, address_type = "dynamic")]
fn spread<E: Float>(
    values: &[f32],
    table: &[i32],
    straight: &mut [E],
    turned: &mut [E],
    end: usize,
    #[comptime] copying: bool,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let entry = ABSOLUTE_POS / BLOCK * ENTRY;
    let start = usize::cast_from(table[entry + 1]);
    let rows = usize::cast_from(table[entry + 3]);
    let columns = usize::cast_from(table[entry + 4]);
    if ABSOLUTE_POS - start >= usize::cast_from(table[entry + 2]) {
        terminate!();
    }
    if comptime!(copying) {
        straight[ABSOLUTE_POS] = E::cast_from(values[ABSOLUTE_POS]);
    }
    // place `at` of a turned matrix, [columns, rows]
    let size = rows * columns;
    let first = start + (ABSOLUTE_POS - start) / size * size;
    let at = (ABSOLUTE_POS - start) % size;
    turned[ABSOLUTE_POS] = E::cast_from(values[first + at % rows * columns + at / rows]);
}

/// Writes the matrices of all segments, turned, to `turned`, and, where `straight` is
/// another array, the values as they are to it; both in their own format.
///
/// # Panics
/// If arrays are not of one length, or if `table` is of other blocks.
pub fn spread_out(
    client: &Client,
    values: &TensorHandle,
    table: &TensorHandle,
    straight: Option<&TensorHandle>,
    turned: &TensorHandle,
) {
    same_length([values, straight.unwrap_or(turned), turned]);
    tabled(values, table);
    let end = elements(values);
    let (count, dim) = units(client, end);
    // SAFETY: as in `descend`; a segment is whole matrices.
    unsafe {
        spread::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(values, 1),
            whole(table, 1),
            whole(straight.unwrap_or(turned), 1),
            whole(turned, 1),
            end,
            straight.is_some(),
            turned.dtype,
        );
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn pick(values: &[f32], sources: &[i32], out: &mut [f32], end: usize, last: usize) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let from = usize::cast_from(sources[ABSOLUTE_POS / BLOCK]) + ABSOLUTE_POS % BLOCK;
    // what is behind a tensor counts for nothing, but has to be read somewhere
    out[ABSOLUTE_POS] = values[select(from < last, from, last - 1)];
}

/// Blocks of `values`, one after the other: each begins where `sources` i32 `[blocks]`
/// says.
pub fn picked(client: &Client, values: &TensorHandle, sources: &TensorHandle) -> TensorHandle {
    let out = empty(client, &[elements(sources) * BLOCK], SINGLE);
    let end = elements(&out);
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the blocks stop, and reads end with the values.
    unsafe {
        pick::launch_unchecked(
            client,
            count,
            dim,
            address([values]),
            whole(values, 1),
            whole(sources, 1),
            whole(&out, 1),
            end,
            elements(values),
        );
    }
    out
}
