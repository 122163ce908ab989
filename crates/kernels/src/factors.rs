//! What a cube does with two tiles in shared memory: multiplies them and adds the
//! result to what it holds, by units that each own squares of vectors, or by the
//! matrix units of planes.

mod written;

use cubecl::cmma::{self, Matrix, MatrixIdent, MatrixLayout};
use cubecl::prelude::*;

use crate::multiplier::MatrixUnits;
use crate::tile::{Tile, UNITS, WRITTEN};

/// Units beside each other where units multiply, at most.
const ACROSS: usize = 16;

/// The sums of a cube. One of the two kinds is in use, as the tile says.
#[derive(CubeType)]
pub(crate) struct Sums<M: Size> {
    /// Per unit: its rows, and in each the vectors it owns.
    vectors: Array<Vector<f32, M>>,
    /// Per plane: squares, row by row.
    squares: Sequence<Matrix<f32>>,
}

/// Units above and beside each other.
pub(crate) fn grid(tile: Tile) -> [usize; 2] {
    let across = ACROSS.min(tile.columns / WRITTEN);
    [UNITS / across, across]
}

/// Rows of a unit.
fn own_rows(tile: Tile) -> usize {
    tile.rows / grid(tile)[0]
}

/// Vectors of a unit in a row.
fn own_vectors(tile: Tile) -> usize {
    tile.columns / grid(tile)[1] / WRITTEN
}

/// Squares of a plane above and beside each other.
fn own_squares(tile: Tile, units: MatrixUnits) -> [usize; 2] {
    let [down, across] = units.planes;
    [tile.rows / down / units.side, tile.columns / across / units.side]
}

/// A square of factors, to be loaded.
#[cube]
fn square<E: Float>(
    #[comptime] side: usize,
    #[comptime] ident: MatrixIdent,
    #[comptime] layout: MatrixLayout,
) -> Matrix<E> {
    // SAFETY: it is loaded before it is read.
    unsafe { Matrix::<E>::uninitialized(ident, side, side, side, layout) }
}

#[cube]
impl<M: Size> Sums<M> {
    pub(crate) fn nothing(#[comptime] tile: Tile) -> Self {
        let length =
            comptime!(if tile.matrix.is_some() { 1 } else { own_rows(tile) * own_vectors(tile) });
        let mut vectors = Array::<Vector<f32, M>>::new(length);
        #[unroll]
        for at in 0..length {
            vectors[at] = Vector::new(0.0f32);
        }
        let mut squares = Sequence::<Matrix<f32>>::new();
        let side = comptime!(tile.matrix.map_or(0, |units| units.side));
        let number = comptime!(tile.matrix.map_or(0, |units| {
            let [down, across] = own_squares(tile, units);
            down * across
        }));
        #[unroll]
        for _ in 0..number {
            squares.push(Matrix::<f32>::from_value(
                MatrixIdent::Accumulator,
                side,
                side,
                side,
                MatrixLayout::Undefined,
                0.0f32,
            ));
        }
        Sums::<M> { vectors, squares }
    }

    /// Adds the product of a left and a right tile.
    pub(crate) fn add<R: Numeric, E: Float, N: Size>(
        &mut self,
        left: &Shared<[Vector<R, N>]>,
        right: &Shared<[Vector<R, N>]>,
        #[comptime] tile: Tile,
    ) {
        if comptime!(tile.matrix.is_some()) {
            self.add_squares::<R, E, N>(left, right, tile);
        } else if comptime!(tile.turned) {
            self.add_turned::<R, N>(left, right, tile);
        } else {
            self.add_straight::<R, N>(left, right, tile);
        }
    }

    fn add_straight<R: Numeric, N: Size>(
        &mut self,
        left: &Shared<[Vector<R, N>]>,
        right: &Shared<[Vector<R, N>]>,
        #[comptime] tile: Tile,
    ) {
        let [down, across] = comptime!(grid(tile));
        let row = UNIT_POS as usize / across;
        let column = UNIT_POS as usize % across;
        let rows = comptime!(own_rows(tile));
        let vectors = comptime!(own_vectors(tile));
        let length = comptime!(tile.vector);
        let left_stride = comptime!(tile.left_stride() / tile.vector);
        let right_stride = comptime!(tile.right_stride() / tile.vector);
        for block in 0..comptime!(tile.depth / tile.vector) {
            let mut factors = Array::<Vector<R, N>>::new(rows);
            #[unroll]
            for at in 0..rows {
                factors[at] = left[(row + at * down) * left_stride + block];
            }
            #[unroll]
            for term in 0..length {
                #[unroll]
                for vector in 0..vectors {
                    let from = (block * length + term) * right_stride + column + vector * across;
                    let others = Vector::<f32, M>::cast_from(right[from]);
                    #[unroll]
                    for at in 0..rows {
                        let factor = f32::cast_from(factors[at].extract(term));
                        self.vectors[at * vectors + vector] += Vector::new(factor) * others;
                    }
                }
            }
        }
    }

    fn add_turned<R: Numeric, N: Size>(
        &mut self,
        left: &Shared<[Vector<R, N>]>,
        right: &Shared<[Vector<R, N>]>,
        #[comptime] tile: Tile,
    ) {
        let [down, across] = comptime!(grid(tile));
        let row = UNIT_POS as usize / across;
        let column = UNIT_POS as usize % across;
        let vectors = comptime!(own_vectors(tile));
        let length = comptime!(tile.vector);
        let blocks = comptime!(own_rows(tile) / tile.vector);
        let left_stride = comptime!(tile.left_stride() / tile.vector);
        let right_stride = comptime!(tile.right_stride() / tile.vector);
        for term in 0..comptime!(tile.depth) {
            #[unroll]
            for vector in 0..vectors {
                let from = term * right_stride + column + vector * across;
                let others = Vector::<f32, M>::cast_from(right[from]);
                #[unroll]
                for block in 0..blocks {
                    let factors = left[term * left_stride + row + block * down];
                    #[unroll]
                    for at in 0..length {
                        let factor = f32::cast_from(factors.extract(at));
                        let place = comptime!((block * length + at) * vectors + vector);
                        self.vectors[place] += Vector::new(factor) * others;
                    }
                }
            }
        }
    }

    fn add_squares<R: Numeric, E: Float, N: Size>(
        &mut self,
        left: &Shared<[Vector<R, N>]>,
        right: &Shared<[Vector<R, N>]>,
        #[comptime] tile: Tile,
    ) {
        let units = comptime!(tile.matrix.expect("matrix units should multiply"));
        let side = comptime!(units.side);
        let [down, across] = comptime!(own_squares(tile, units));
        let plane = UNIT_POS as usize / comptime!(units.plane);
        let row = plane / comptime!(units.planes[1]) * comptime!(down * side);
        let column = plane % comptime!(units.planes[1]) * comptime!(across * side);
        let length = comptime!(tile.vector);
        let left_stride = comptime!(tile.left_stride());
        let right_stride = comptime!(tile.right_stride());
        let left_end = comptime!(tile.left_rows() * tile.left_stride() / tile.vector);
        let right_end = comptime!(tile.depth * tile.right_stride() / tile.vector);
        let left_layout = comptime!(match tile.turned {
            true => MatrixLayout::ColMajor,
            false => MatrixLayout::RowMajor,
        });
        #[unroll]
        for block in 0..comptime!(tile.depth / side) {
            let term = comptime!(block * side);
            let mut others = Sequence::<Matrix<E>>::new();
            #[unroll]
            for at in 0..across {
                let from = (term * right_stride + column + at * side) / length;
                let mut square = square::<E>(side, MatrixIdent::B, MatrixLayout::RowMajor);
                cmma::load(
                    &mut square,
                    &right[from..right_end],
                    comptime!((right_stride / tile.packed) as u32),
                );
                others.push(square);
            }
            #[unroll]
            for at in 0..down {
                let first = row + at * side;
                let from = if comptime!(tile.turned) {
                    (term * left_stride + first) / length
                } else {
                    (first * left_stride + term) / length
                };
                let mut factors = square::<E>(side, MatrixIdent::A, left_layout);
                cmma::load(
                    &mut factors,
                    &left[from..left_end],
                    comptime!((left_stride / tile.packed) as u32),
                );
                #[unroll]
                for beside in 0..across {
                    let sum = self.squares.index(comptime!(at * across + beside));
                    cmma::execute(&factors, others.index(beside), sum, sum);
                }
            }
        }
    }
}
