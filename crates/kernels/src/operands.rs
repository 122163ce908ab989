//! The two sides of a product, as vectors: rows that are gathered through a table, and
//! rows that lie in memory as they are multiplied. A unit brings its vectors of one tile
//! after the other; what a division would tell of each is counted along instead, and the
//! table is asked a tile ahead, so that nobody waits for its answer.

use cubecl::prelude::*;

use crate::tile::{Tile, UNITS};

/// Lengths that the kernels look up; the table is that of [`crate::Windows`].
#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub(crate) struct Lengths {
    /// Rows of an image that is read.
    pub ins: usize,
    /// Rows of an image that are written, by a phase if there are any.
    pub outs: usize,
    /// Taps of a row of the table.
    pub taps: usize,
    /// Channels of gathered rows.
    pub inputs: usize,
    /// Columns of the other side.
    pub outputs: usize,
    /// Written rows of a member.
    pub positions: usize,
    /// Positions that one cube of a gram adds up.
    pub stretch: usize,
    /// Rows of a member's weights.
    pub weights: usize,
    /// Rows of an image of the result, of which a phase writes some.
    pub image: usize,
}

/// More terms than there are, and less than an index holds with some added.
const BEYOND: usize = 1 << 30;

/// What a cube multiplies: terms of the sum, and rows and columns of the result.
#[derive(CubeType, Clone, Copy)]
pub(crate) struct Range {
    pub first_term: usize,
    pub end_term: usize,
    pub first_row: usize,
    pub end_row: usize,
    pub first_column: usize,
    /// Written rows of the members before.
    pub base: usize,
    /// Where the table of the phase begins.
    pub table: usize,
}

/// How a cube's units share a tile in shared memory, `lines` lines of `length` elements:
/// each brings one vector of every line that is a multiple of `apart` below its first.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    /// Vectors of a line.
    pub vectors: usize,
    /// Lines between those of a unit.
    pub apart: usize,
    /// Vectors of a unit.
    pub number: usize,
    /// Units that have any; the others look on.
    pub units: usize,
}

impl Share {
    pub(crate) fn left(tile: Tile) -> Self {
        let length = if tile.turned { tile.rows } else { tile.depth };
        Self::of(tile.left_rows(), length, tile)
    }

    pub(crate) fn right(tile: Tile) -> Self {
        Self::of(tile.depth, tile.columns, tile)
    }

    fn of(lines: usize, length: usize, tile: Tile) -> Self {
        let vectors = length / tile.vector;
        let all = lines * vectors;
        Self { vectors, apart: UNITS / vectors, number: all.div_ceil(UNITS), units: all.min(UNITS) }
    }
}

/// The line of a unit's first vector, in a tile whose lines have so many. The units that write
/// to shared memory in the same turn have two lines of 64 bytes, or parts of a longer one: two
/// lines that are four apart, at 80 bytes from one to the next, meet in no bank. Lines are
/// taken by eights, so a tile has a multiple of eight, or fewer units than would make eight.
#[cube]
pub(crate) fn first_line(unit: usize, #[comptime] vectors: usize) -> usize {
    let number = unit / vectors;
    if comptime!(UNITS / vectors >= 8) {
        number / 8 * 8 + number % 2 * 4 + number / 2 % 4
    } else {
        number
    }
}

/// A unit's vectors of gathered rows.
#[derive(CubeType)]
pub(crate) struct Gathered {
    /// The first row of the image, per vector.
    images: Array<usize>,
    /// Where the table begins to tell what the position reads, per vector.
    spots: Array<usize>,
    /// What the table told for the tile that is next: the row of the image, or -1.
    reads: Array<i32>,
    /// The tap and the channels of the tile that is next; vectors are of one tap, since
    /// channels are multiples of their length.
    tap: usize,
    channel: usize,
    /// How far a tile is from the next, in taps and channels or in images and spots.
    stride: usize,
    rest: usize,
}

#[cube]
impl Gathered {
    /// Those of the first tile. Rows and columns of the result that nobody writes are those
    /// of others.
    pub(crate) fn new(
        table: &[i32],
        lengths: &Lengths,
        range: &Range,
        #[comptime] tile: Tile,
    ) -> Self {
        let Share { vectors, apart, number, .. } = comptime!(Share::left(tile));
        let line = first_line(UNIT_POS as usize, vectors);
        let along = UNIT_POS as usize % vectors * comptime!(tile.vector);
        let depth = comptime!(tile.depth);
        let (first, term, stride, rest) = if comptime!(tile.turned) {
            let column = range.first_row + along;
            let column = select(column < range.end_row, column, 0);
            let rest = depth % lengths.outs * lengths.taps;
            (range.first_term, column, depth / lengths.outs * lengths.ins, rest)
        } else {
            let term = range.first_term + along;
            (range.first_row, term, depth / lengths.inputs, depth % lengths.inputs)
        };
        let mut images = Array::<usize>::new(number);
        let mut spots = Array::<usize>::new(number);
        #[unroll]
        for at in 0..number {
            let mut position = first + line + at * apart;
            if comptime!(!tile.turned) {
                position = select(position < range.end_row, position, range.end_row - 1);
            }
            let position = range.base + position;
            images[at] = position / lengths.outs * lengths.ins;
            spots[at] = range.table + position % lengths.outs * lengths.taps;
        }
        let reads = Array::<i32>::new(number);
        let (tap, channel) = (term / lengths.inputs, term % lengths.inputs);
        let mut gathered = Gathered { images, spots, reads, tap, channel, stride, rest };
        gathered.ask(table, lengths, range, range.first_term, tile);
        gathered
    }

    /// Goes on to the tile of terms `term` and following.
    pub(crate) fn advance(
        &mut self,
        table: &[i32],
        lengths: &Lengths,
        range: &Range,
        term: usize,
        #[comptime] tile: Tile,
    ) {
        if comptime!(tile.turned) {
            let end = lengths.outs * lengths.taps;
            #[unroll]
            for at in 0..comptime!(Share::left(tile).number) {
                let spot = self.spots[at] + self.rest;
                let image = self.images[at] + self.stride;
                self.spots[at] = select(spot < end, spot, spot - end);
                self.images[at] = select(spot < end, image, image + lengths.ins);
            }
        } else {
            let channel = self.channel + self.rest;
            let tap = self.tap + self.stride;
            self.channel = select(channel < lengths.inputs, channel, channel - lengths.inputs);
            self.tap = select(channel < lengths.inputs, tap, tap + 1);
        }
        self.ask(table, lengths, range, term, tile);
    }

    /// Asks the table; past the last term there is nothing to read.
    fn ask(
        &mut self,
        table: &[i32],
        lengths: &Lengths,
        range: &Range,
        term: usize,
        #[comptime] tile: Tile,
    ) {
        let Share { vectors, apart, number, .. } = comptime!(Share::left(tile));
        let line = first_line(UNIT_POS as usize, vectors);
        #[unroll]
        for at in 0..number {
            let inside = if comptime!(tile.turned) {
                term + line + at * apart < range.end_term
            } else {
                self.tap < lengths.taps
            };
            self.reads[at] = -1i32;
            if inside {
                self.reads[at] = table[self.spots[at] + self.tap];
            }
        }
    }

    /// Brings the tile that is next.
    pub(crate) fn bring<R: Numeric, N: Size>(
        &self,
        rows: &[Vector<R, N>],
        lengths: &Lengths,
        found: &mut Array<Vector<R, N>>,
        #[comptime] tile: Tile,
    ) {
        #[unroll]
        for at in 0..comptime!(Share::left(tile).number) {
            found[at] = Vector::new(R::from_int(0));
            let read = self.reads[at];
            if read >= 0 {
                let from = self.images[at] + usize::cast_from(read);
                found[at] = rows[(from * lengths.inputs + self.channel) / comptime!(tile.vector)];
            }
        }
    }
}

/// A unit's vectors of rows that lie in memory as they are.
#[derive(CubeType)]
pub(crate) struct Plain {
    /// The line in a tile, the row of the first term, and the column.
    line: usize,
    row: usize,
    column: usize,
}

#[cube]
impl Plain {
    /// With term 0 in row `row`. Columns that nobody writes are those of
    /// others.
    pub(crate) fn new(
        lengths: &Lengths,
        range: &Range,
        row: usize,
        #[comptime] tile: Tile,
    ) -> Self {
        let Share { vectors, units, .. } = comptime!(Share::right(tile));
        let column = range.first_column + UNIT_POS as usize % vectors * comptime!(tile.vector);
        let column = select(column < lengths.outputs, column, 0);
        let line = first_line(UNIT_POS as usize, vectors);
        if comptime!(units == UNITS) {
            Plain { line, row, column }
        } else {
            Plain { line: select((UNIT_POS as usize) < units, line, BEYOND), row, column }
        }
    }

    /// Brings the tile of terms `term` and following.
    pub(crate) fn bring<R: Numeric, N: Size>(
        &self,
        rows: &[Vector<R, N>],
        lengths: &Lengths,
        range: &Range,
        term: usize,
        found: &mut Array<Vector<R, N>>,
        #[comptime] tile: Tile,
    ) {
        let Share { apart, number, .. } = comptime!(Share::right(tile));
        #[unroll]
        for at in 0..number {
            found[at] = Vector::new(R::from_int(0));
            let term = term + self.line + at * apart;
            if term < range.end_term {
                let from = (self.row + term) * lengths.outputs + self.column;
                found[at] = rows[from / comptime!(tile.vector)];
            }
        }
    }
}
