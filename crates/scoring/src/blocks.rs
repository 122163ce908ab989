//! Work on a table of N rows and K columns, a block of rows at a time and on all
//! cores. Where blocks begin depends on K alone, so that results do not depend on
//! the number of threads.

use std::{borrow::Cow, ops::Range};

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Numbers in a block: it and a copy of it stay in a core's nearest caches.
const BLOCK: usize = 4096;
/// A table smaller than this is not worth a second thread.
const LARGE: usize = 1 << 18;

/// What `work` makes of every block of rows, in order.
pub(crate) fn map_blocks<T: Send>(
    (n, k): (usize, usize),
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let rows = rows_of_block(k);
    let block = |number: usize| work(number * rows..((number + 1) * rows).min(n));
    let n_blocks = n.div_ceil(rows);
    if n * k < LARGE {
        (0..n_blocks).map(block).collect()
    } else {
        (0..n_blocks).into_par_iter().map(block).collect()
    }
}

/// One value per row of a table that `fill` makes a block at a time, and that is
/// not kept: `fill` gets the rows of the block and room for their numbers.
pub(crate) fn map_rows<T: Send + Clone>(
    (n, k): (usize, usize),
    fill: impl Fn(Range<usize>, &mut [f64]) + Sync,
    value: impl Fn(usize, &[f64]) -> T + Sync,
) -> Vec<T> {
    let values = map_blocks((n, k), |rows| {
        let mut block = vec![0.0; rows.len() * k];
        fill(rows.clone(), &mut block);
        rows.zip(block.chunks_exact(k)).map(|(row, numbers)| value(row, numbers)).collect()
    });
    <[Vec<T>]>::concat(&values)
}

/// The whole table that `fill` makes a block at a time.
pub(crate) fn table(
    (n, k): (usize, usize),
    fill: impl Fn(Range<usize>, &mut [f64]) + Sync,
) -> Array2<f64> {
    let rows = rows_of_block(k);
    let mut numbers = vec![0.0; n * k];
    let block = |(number, block): (usize, &mut [f64])| {
        let first = number * rows;
        fill(first..first + block.len() / k, block);
    };
    if n * k < LARGE {
        numbers.chunks_mut(rows * k).enumerate().for_each(block);
    } else {
        numbers.par_chunks_mut(rows * k).enumerate().for_each(block);
    }
    Array2::from_shape_vec((n, k), numbers).expect("there should be K numbers per row")
}

/// The numbers of some rows, one row after another.
pub(crate) fn numbers<'a>(table: &ArrayView2<'a, f64>, rows: Range<usize>) -> Cow<'a, [f64]> {
    let k = table.ncols();
    match table.to_slice() {
        Some(numbers) => Cow::Borrowed(&numbers[rows.start * k..rows.end * k]),
        None => table.slice_axis(Axis(0), rows.into()).iter().copied().collect(),
    }
}

fn rows_of_block(k: usize) -> usize {
    (BLOCK / k.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_visited_once_and_in_order() {
        for (n, k) in [(0, 3), (1, 1), (5000, 3), (3, 9000), (200_000, 2)] {
            let fill = |rows: Range<usize>, block: &mut [f64]| {
                for (row, numbers) in rows.zip(block.chunks_exact_mut(k)) {
                    numbers.fill(row as f64);
                }
            };
            let expected: Vec<f64> = (0..n).map(|row| row as f64).collect();
            assert_eq!(
                map_rows((n, k), fill, |row, numbers| row as f64 + numbers[k - 1] - numbers[0]),
                expected
            );
            let table = table((n, k), fill);
            assert_eq!(table.column(k - 1).to_vec(), expected);
        }
    }
}
