//! Gathered rows times weights: convolutions, and the gradients of their inputs.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{WORD, address, empty, length, vectors};
use crate::cubes::cubes;
use crate::multiplied::Multiplied;
use crate::multiplier::Multiplier;
use crate::multiply::multiply;
use crate::operands::LengthsLaunch;
use crate::tile::{Tile, UNITS, WRITTEN};
use crate::windows::{Tables, Windows};

/// Row `image * outs + p` of the result is the sum over taps t and inputs k of
/// `rows[image * ins + table[p, t]][k] * weights[member][t * inputs + k]`, in single
/// precision, with the weights of the image's member.
///
/// `rows` `[images * ins, inputs]` and `weights` `[members, taps * inputs, outputs]`
/// are of one type, single or half precision, and so is the result, `[images * outs,
/// outputs]`. The images of one member follow those of the other. Taps that are of no use
/// to a phase of the windows are left out.
///
/// # Panics
/// If inputs or outputs are not multiples of [`crate::GRAIN`], lengths do not fit, or
/// `by` is for another type.
pub fn product(
    client: &Client,
    by: Multiplier,
    rows: &TensorHandle,
    windows: &Windows,
    weights: &TensorHandle,
) -> TensorHandle {
    let [members, depth, outputs] = [0, 1, 2].map(|at| length(weights, at));
    let inputs = length(rows, 1);
    assert_eq!(depth, windows.taps * inputs, "weights should have a row per tap and input");
    let images = length(rows, 0) / windows.ins;
    assert_eq!(images % members, 0, "members should have equally many images");
    let tables = windows.by_phases();
    let positions = images / members * tables.outs;
    let out = empty(client, &[images * windows.outs, outputs], rows.dtype);
    let factors = Factors { by, rows, tables, others: weights, positions, outputs, members };
    let tile = Tile::product(by, members * tables.phases, positions, outputs);
    factors.launch(client, &out, tile, positions, [tables.phases, positions]);
    out
}

/// Both sides of a multiplication.
pub(crate) struct Factors<'a> {
    pub by: Multiplier,
    pub rows: &'a TensorHandle,
    pub tables: Tables<'a>,
    pub others: &'a TensorHandle,
    /// Written rows of a member, or of a phase of one.
    pub positions: usize,
    pub outputs: usize,
    pub members: usize,
}

impl Factors<'_> {
    /// Computes tiles that cover `height` rows per member and part; a part of a gram
    /// adds up a stretch of positions, a part of a product is a phase.
    pub(crate) fn launch(
        &self,
        client: &Client,
        out: &TensorHandle,
        tile: Tile,
        height: usize,
        [parts, stretch]: [usize; 2],
    ) {
        let Self { by, rows, tables, others, positions, outputs, members } = *self;
        assert_eq!(by.elem, rows.dtype, "a multiplier should be for the type of the rows");
        let inputs = length(rows, 1);
        let suits = |channels: usize| channels.is_multiple_of(crate::GRAIN);
        assert!(suits(inputs) && suits(outputs), "channels should be multiples of the grain");
        let tiles = height.div_ceil(tile.rows) * outputs.div_ceil(tile.columns);
        let read = if tile.packed > 1 { WORD } else { rows.dtype };
        let types: [ElemType; 3] = [read, rows.dtype, out.dtype];
        let (gram, taps, phases) = (tile.turned, tables.all_taps, tables.phases);
        let rows_written = positions * members * phases;
        Multiplied { gram, rows: rows_written, taps, inputs, outputs, phases }.announce();
        // SAFETY: every read and write of the kernel is guarded by the lengths given here.
        unsafe {
            multiply::launch_unchecked(
                client,
                cubes(tiles, members * parts),
                CubeDim::new_1d(UNITS as u32),
                address([rows, others, out]),
                tile.vector / tile.packed,
                WRITTEN,
                vectors(rows, tile.vector),
                vectors(tables.table, 1),
                vectors(others, tile.vector),
                vectors(tables.places, 1),
                vectors(tables.taps, 1),
                vectors(out, WRITTEN),
                LengthsLaunch::new(
                    tables.ins,
                    tables.outs,
                    tables.most_taps,
                    inputs,
                    outputs,
                    positions,
                    stretch,
                    tables.all_taps * inputs,
                    tables.image,
                ),
                members,
                tile,
                tables.phased,
                types,
            );
        }
    }
}
