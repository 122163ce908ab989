//! Max-pools: the greatest row of every window, channel by channel, and the way back.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{INTEGER, address, empty, length, units, vectors};
use crate::windows::Windows;

#[cube(launch_unchecked, address_type = "dynamic")]
fn greatest<E: Float>(
    rows: &[E],
    table: &[i32],
    most: &mut [E],
    winner: &mut [i32],
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
    let channel = ABSOLUTE_POS % channels;
    let row = ABSOLUTE_POS / channels;
    let image = row / outs * ins;
    let window = row % outs * taps;
    let mut value = E::from_int(0);
    let mut tap_of_value = i32::new(-1);
    for tap in 0..taps {
        let read = table[window + tap];
        if read >= 0 {
            let found = rows[(image + usize::cast_from(read)) * channels + channel];
            if tap_of_value < 0 || found > value {
                value = found;
                tap_of_value = i32::cast_from(tap);
            }
        }
    }
    most[ABSOLUTE_POS] = value;
    winner[ABSOLUTE_POS] = tap_of_value;
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn returned<E: Float>(
    slopes: &[E],
    winner: &[i32],
    table: &[i32],
    out: &mut [E],
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
    let channel = ABSOLUTE_POS % channels;
    let row = ABSOLUTE_POS / channels;
    let image = row / outs * ins;
    let window = row % outs * taps;
    let mut sum = 0.0f32;
    for tap in 0..taps {
        let reader = table[window + tap];
        if reader >= 0 {
            let from = (image + usize::cast_from(reader)) * channels + channel;
            if winner[from] == i32::cast_from(tap) {
                sum += f32::cast_from(slopes[from]);
            }
        }
    }
    out[ABSOLUTE_POS] = E::cast_from(sum);
}

/// Per window and channel of `rows` `[images * ins, channels]` the greatest value, and
/// as i32 the tap it came through, the first of equals; padding never wins. Both are
/// `[images * outs, channels]`.
///
/// # Panics
/// If `rows` are not whole images.
pub fn maxima(
    client: &Client,
    rows: &TensorHandle,
    windows: &Windows,
) -> (TensorHandle, TensorHandle) {
    let shape = written(rows, windows);
    let most = empty(client, &shape, rows.dtype);
    let winner = empty(client, &shape, INTEGER);
    let end = shape[0] * shape[1];
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the end stop, and the table points to rows of the image.
    unsafe {
        greatest::launch_unchecked(
            client,
            count,
            dim,
            address([rows, &most]),
            vectors(rows, 1),
            vectors(&windows.table, 1),
            vectors(&most, 1),
            vectors(&winner, 1),
            windows.ins,
            windows.outs,
            windows.taps,
            shape[1],
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
/// If `slopes` are not whole images.
pub fn maxima_gradient(
    client: &Client,
    slopes: &TensorHandle,
    winner: &TensorHandle,
    back: &Windows,
) -> TensorHandle {
    let shape = written(slopes, back);
    let out = empty(client, &shape, slopes.dtype);
    let end = shape[0] * shape[1];
    let (count, dim) = units(client, end);
    // SAFETY: as in `maxima`.
    unsafe {
        returned::launch_unchecked(
            client,
            count,
            dim,
            address([slopes, &out]),
            vectors(slopes, 1),
            vectors(winner, 1),
            vectors(&back.table, 1),
            vectors(&out, 1),
            back.ins,
            back.outs,
            back.taps,
            shape[1],
            end,
            slopes.dtype,
        );
    }
    out
}

fn written(rows: &TensorHandle, windows: &Windows) -> [usize; 2] {
    let [n, channels] = [0, 1].map(|at| length(rows, at));
    assert_eq!(n % windows.ins, 0, "rows should be whole images");
    [n / windows.ins * windows.outs, channels]
}
