//! Max-pools: the greatest row of every window, channel by channel, and the way back.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{INTEGER, address, empty, length, units, vectors};
use crate::tile::WRITTEN;
use crate::windows::Windows;

#[cube(launch_unchecked, address_type = "dynamic")]
fn greatest<E: Float, M: Size>(
    rows: &[Vector<E, M>],
    table: &[i32],
    most: &mut [Vector<E, M>],
    winner: &mut [Vector<i32, M>],
    ins: usize,
    outs: usize,
    taps: usize,
    channels: usize,
    end: usize,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let column = ABSOLUTE_POS % channels;
    let row = ABSOLUTE_POS / channels;
    let image = row / outs * ins;
    let window = row % outs * taps;
    let mut value = Vector::<f32, M>::new(0.0f32);
    let mut tap_of_value = Vector::<i32, M>::new(-1i32);
    let mut seen = false;
    for tap in 0..taps {
        let read = table[window + tap];
        if read >= 0 {
            let from = (image + usize::cast_from(read)) * channels + column;
            let found = Vector::<f32, M>::cast_from(rows[from]);
            let tap = Vector::<i32, M>::new(i32::cast_from(tap));
            if seen {
                let better = found.greater_than(&value);
                tap_of_value = select_many(better, tap, tap_of_value);
                value = select_many(better, found, value);
            } else {
                tap_of_value = tap;
                value = found;
            }
            seen = true;
        }
    }
    most[ABSOLUTE_POS] = Vector::cast_from(value);
    winner[ABSOLUTE_POS] = tap_of_value;
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn returned<E: Float, M: Size>(
    slopes: &[Vector<E, M>],
    winner: &[Vector<i32, M>],
    table: &[i32],
    out: &mut [Vector<E, M>],
    ins: usize,
    outs: usize,
    taps: usize,
    channels: usize,
    end: usize,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let column = ABSOLUTE_POS % channels;
    let row = ABSOLUTE_POS / channels;
    let image = row / outs * ins;
    let window = row % outs * taps;
    let zero = Vector::<f32, M>::new(0.0f32);
    let mut sum = zero;
    for tap in 0..taps {
        let reader = table[window + tap];
        if reader >= 0 {
            let from = (image + usize::cast_from(reader)) * channels + column;
            let won = winner[from].equal(&Vector::new(i32::cast_from(tap)));
            sum += select_many(won, Vector::cast_from(slopes[from]), zero);
        }
    }
    out[ABSOLUTE_POS] = Vector::cast_from(sum);
}

/// Per window and channel of `rows` `[images * ins, channels]` the greatest value, and
/// as i32 the tap it came through, the first of equals; padding never wins. Both are
/// `[images * outs, channels]`.
///
/// # Panics
/// If `rows` are not whole images, or channels not a multiple of [`crate::GRAIN`].
pub fn maxima(
    client: &Client,
    rows: &TensorHandle,
    windows: &Windows,
) -> (TensorHandle, TensorHandle) {
    let shape = written(rows, windows);
    let most = empty(client, &shape, rows.dtype);
    let winner = empty(client, &shape, INTEGER);
    let end = shape[0] * shape[1] / WRITTEN;
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the end stop, and the table points to rows of the image.
    unsafe {
        greatest::launch_unchecked(
            client,
            count,
            dim,
            address([rows, &most]),
            WRITTEN,
            vectors(rows, WRITTEN),
            vectors(&windows.table, 1),
            vectors(&most, WRITTEN),
            vectors(&winner, WRITTEN),
            windows.ins,
            windows.outs,
            windows.taps,
            shape[1] / WRITTEN,
            end,
            rows.dtype,
        );
    }
    (most, winner)
}

/// What slopes `[images * back.ins, channels]` of maxima are for the rows that the
/// maxima were taken of, `[images * back.outs, channels]`: a winner has the slopes of
/// its windows, everything else none. `back` is the table from the other side: per
/// row and tap the window that reads the row through the tap.
///
/// # Panics
/// If `slopes` are not whole images, or channels not a multiple of [`crate::GRAIN`].
pub fn maxima_gradient(
    client: &Client,
    slopes: &TensorHandle,
    winner: &TensorHandle,
    back: &Windows,
) -> TensorHandle {
    let shape = written(slopes, back);
    let out = empty(client, &shape, slopes.dtype);
    let end = shape[0] * shape[1] / WRITTEN;
    let (count, dim) = units(client, end);
    // SAFETY: as in `maxima`.
    unsafe {
        returned::launch_unchecked(
            client,
            count,
            dim,
            address([slopes, &out]),
            WRITTEN,
            vectors(slopes, WRITTEN),
            vectors(winner, WRITTEN),
            vectors(&back.table, 1),
            vectors(&out, WRITTEN),
            back.ins,
            back.outs,
            back.taps,
            shape[1] / WRITTEN,
            end,
            slopes.dtype,
        );
    }
    out
}

fn written(rows: &TensorHandle, windows: &Windows) -> [usize; 2] {
    let [n, channels] = [0, 1].map(|at| length(rows, at));
    assert_eq!(n % windows.ins, 0, "rows should be whole images");
    assert!(channels.is_multiple_of(crate::GRAIN), "channels should be a multiple of the grain");
    [n / windows.ins * windows.outs, channels]
}
