//! Gathered rows, transposed, times other rows: the gradients of weights.

use cubecl::client::Client;
use cubecl::std::tensor::TensorHandle;

use crate::addition::add_up;
use crate::array::{SINGLE, empty, length};
use crate::multiplier::Multiplier;
use crate::product::Factors;
use crate::tile::Tile;
use crate::windows::Windows;

/// Cubes that keep a large GPU busy.
const CUBES: usize = 512;
/// Positions that a cube adds up, at least.
const STRETCH: usize = 512;

/// To `sums`, `[members, taps * inputs, outputs]` in single precision: over the images of the
/// member and their positions p, the sums of `rows[image * ins + table[p, t]][k] *
/// slopes[image * outs + p][n]` at `[member][t * inputs + k][n]`.
///
/// `rows` is `[images * ins, inputs]`, `slopes` `[images * outs, outputs]` of the same type.
///
/// # Panics
/// If inputs or outputs are not multiples of [`crate::GRAIN`], lengths do not fit, or
/// `by` is for another type.
pub fn gram(
    client: &Client,
    by: Multiplier,
    rows: &TensorHandle,
    windows: &Windows,
    slopes: &TensorHandle,
    sums: &TensorHandle,
) {
    let members = length(sums, 0);
    let [written, outputs] = [0, 1].map(|at| length(slopes, at));
    let images = written / windows.outs;
    assert_eq!(
        images * windows.ins,
        length(rows, 0),
        "rows and slopes should be of equally many images"
    );
    assert_eq!(images % members, 0, "members should have equally many images");
    let (positions, depth) = (written / members, windows.taps * length(rows, 1));
    let tile = Tile::gram(by, depth, outputs);
    let tiles = depth.div_ceil(tile.rows) * outputs.div_ceil(tile.columns) * members;
    let parts = CUBES.div_ceil(tiles).min(positions.div_ceil(STRETCH)).max(1);
    let stretch = positions.div_ceil(parts).next_multiple_of(tile.depth);
    let parts = positions.div_ceil(stretch);
    let tables = windows.whole();
    let factors = Factors { by, rows, tables, others: slopes, positions, outputs, members };
    if parts == 1 {
        return factors.launch(client, sums, tile, depth, [parts, stretch]);
    }
    let found = empty(client, &[parts, members, depth, outputs], SINGLE);
    factors.launch(client, &found, tile, depth, [parts, stretch]);
    add_up(client, &found, sums);
}
