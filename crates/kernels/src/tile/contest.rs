//! Which tile is the fastest on the device at hand, for the convolutions of a ResNet-18 of width
//! 64: a measurement that changes nothing, for choosing the tiles in [`super::Tile`].
//!
//! `cargo test --release -p relabel-kernels --features device-tests --lib -- --ignored contest
//! --nocapture`; `IMAGES=8` makes it small enough for a software rasteriser.

use std::time::Instant;

use cubecl::Device;
use cubecl::client::Client;
use cubecl::ir::ElemType;

use super::{Tile, UNITS};
use crate::array::{HALF, SINGLE, empty, integers, read, singles};
use crate::multiplier::{MatrixUnits, Multiplier};
use crate::operands::Share;
use crate::product::Factors;
use crate::windows::Windows;

/// Side of the images and channels, in and out.
const STAGES: [[usize; 2]; 4] = [[32, 64], [16, 128], [8, 256], [4, 512]];
/// Rows, columns and depth.
const SIZES: [[usize; 3]; 9] = [
    [256, 128, 32],
    [256, 64, 32],
    [128, 128, 64],
    [128, 128, 32],
    [128, 64, 64],
    [128, 64, 32],
    [64, 128, 64],
    [64, 64, 64],
    [64, 64, 32],
];
/// Planes above and beside each other.
const PLANES: [[usize; 2]; 3] = [[4, 2], [8, 1], [2, 4]];
/// Parts into which the positions of a gram are divided.
const PARTS: [usize; 3] = [4, 16, 64];
/// Launches that are timed together.
const LAUNCHES: usize = 10;

#[test]
#[ignore = "a measurement, for a GPU at hand"]
fn contest_of_tiles() {
    let images = std::env::var("IMAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(512);
    let client = Device::default().client();
    for elem in [HALF, SINGLE] {
        if !client.properties().supports_type(elem) {
            println!("skipped: no {elem:?} here");
            continue;
        }
        let by = Multiplier::all(&client, elem)[0];
        println!("{elem:?} {by}");
        for [side, channels] in STAGES {
            Stage { client: &client, by, elem, images, side, channels }.run();
        }
    }
}

/// A convolution of 3 x 3 that keeps side and channels.
struct Stage<'a> {
    client: &'a Client,
    by: Multiplier,
    elem: ElemType,
    images: usize,
    side: usize,
    channels: usize,
}

impl Stage<'_> {
    fn run(&self) {
        let Self { client, side, channels, images, .. } = *self;
        let positions = images * side * side;
        let windows = self.windows();
        let rows = empty(client, &[positions, channels], self.elem);
        let weights = empty(client, &[1, 9 * channels, channels], self.elem);
        for tile in self.tiles(false) {
            let out = empty(client, &[positions, channels], self.elem);
            self.time("product", tile, positions, &windows, &rows, &weights, &out, 1);
        }
        for tile in self.tiles(true) {
            let stretch = |parts| positions.div_ceil(parts).next_multiple_of(tile.depth);
            let mut parts = PARTS.map(|parts| positions.div_ceil(stretch(parts))).to_vec();
            parts.dedup();
            for parts in parts {
                let out = empty(client, &[parts, 1, 9 * channels, channels], SINGLE);
                self.time("gram", tile, 9 * channels, &windows, &rows, &rows, &out, parts);
            }
        }
    }

    fn time(
        &self,
        what: &str,
        tile: Tile,
        height: usize,
        windows: &Windows,
        rows: &crate::Array,
        others: &crate::Array,
        out: &crate::Array,
        parts: usize,
    ) {
        let Self { client, by, images, side, channels, .. } = *self;
        let positions = images * side * side;
        let tables = windows.whole();
        let factors =
            Factors { by, rows, tables, others, positions, outputs: channels, members: 1 };
        let stretch = positions.div_ceil(parts).next_multiple_of(tile.depth);
        let launch = || factors.launch(client, out, tile, height, [parts, stretch]);
        let wait = || read(client, &singles(client, &[0.0], &[1])).expect("the device should work");
        launch();
        wait();
        let start = Instant::now();
        (0..LAUNCHES).for_each(|_| launch());
        wait();
        let seconds = start.elapsed().as_secs_f64() / LAUNCHES as f64;
        let flop = 2.0 * (positions * 9 * channels * channels) as f64;
        let Tile { rows, columns, depth, matrix, .. } = tile;
        let planes = matrix.map_or([0, 0], |units| units.planes);
        println!(
            "{what:7} {channels:3} channels {rows:3} x {columns:3} x {depth:2}, planes {planes:?}, \
             {parts:2} parts: {:6.3} ms, {:6.1} TFLOP/s",
            1e3 * seconds,
            1e-12 * flop / seconds
        );
    }

    /// The tiles that the device can compute.
    fn tiles(&self, turned: bool) -> Vec<Tile> {
        let Multiplier { matrix, vector, packed, shared, elem } = self.by;
        let usual = if turned {
            Tile::gram(self.by, 9 * self.channels, self.channels)
        } else {
            let positions = self.images * self.side * self.side;
            Tile::product(self.by, 1, positions, self.channels)
        };
        let Some(units) = matrix else { return vec![usual] };
        let of = |[rows, columns, depth]: [usize; 3]| {
            PLANES.map(|planes| {
                let matrix = Some(MatrixUnits { planes, ..units });
                Tile { rows, columns, depth, matrix, turned, vector, packed }
            })
        };
        let suits = |tile: &Tile| {
            let [down, across] = tile.matrix.map_or([1, 1], |units| units.planes);
            let planes = down * across * units.plane == UNITS;
            let even = [(tile.rows, down), (tile.columns, across)]
                .iter()
                .all(|(length, planes)| length.is_multiple_of(planes * units.side));
            planes && even && Share::left(*tile).units == UNITS && tile.shared(elem) <= shared
        };
        std::iter::once(usual).chain(SIZES.into_iter().flat_map(of).filter(suits)).collect()
    }

    fn windows(&self) -> Windows {
        let side = self.side;
        let row = |at: usize| {
            let (position, tap) = (at / 9, at % 9);
            let [row, column] = [position / side + tap / 3, position % side + tap % 3];
            let inside = |at: &usize| (1..=side).contains(at);
            let read = [row, column].iter().all(inside);
            if read { ((row - 1) * side + column - 1) as i32 } else { -1 }
        };
        let table: Vec<i32> = (0..9 * side * side).map(row).collect();
        let positions = side * side;
        let table = integers(self.client, &table, &[positions, 9]);
        Windows { table, ins: positions, outs: positions, taps: 9, phases: None }
    }
}
