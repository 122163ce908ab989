//! Probabilities under a temperature.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use pulp::Arch;

use super::TINY;
use crate::{
    blocks::{numbers, table},
    elementary,
    numpy::pairwise_sum,
};

/// `probs` under a temperature: rows are clipped below at 1e-30, raised to 1/T
/// and normalised; an all-zero row becomes uniform.
pub fn scale(probs: ArrayView2<'_, f64>, temperature: f64) -> Array2<f64> {
    table(probs.dim(), |rows, block| fill_scaled(probs, temperature, rows, block))
}

/// [`scale`] for a block of rows.
pub(crate) fn fill_scaled(
    probs: ArrayView2<'_, f64>,
    temperature: f64,
    rows: Range<usize>,
    block: &mut [f64],
) {
    let exponent = 1.0 / temperature.max(1e-6);
    let mut logs = numbers(&probs, rows).into_owned();
    let k = probs.ncols();
    let unsound: Vec<usize> =
        (0..logs.len()).filter(|&at| logs[at].is_nan() || logs[at] == f64::INFINITY).collect();
    logs.iter_mut().for_each(|p| *p = p.max(TINY));
    elementary::ln(&mut logs);
    subtract_greatest(&mut logs, k);
    elementary::exp_scaled(&logs, exponent, block);
    normalise(block, k);
    for at in unsound {
        block[at / k * k..(at / k + 1) * k].fill(f64::NAN);
    }
}

/// Subtracts from every row of K numbers the greatest one, and returns the least
/// and greatest of these.
pub(super) fn subtract_greatest(logs: &mut [f64], k: usize) -> (f64, f64) {
    Arch::new().dispatch(|| {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for row in logs.chunks_exact_mut(k) {
            let greatest = row.iter().fold(f64::NEG_INFINITY, |a, &b| if b > a { b } else { a });
            row.iter_mut().for_each(|log| *log -= greatest);
            range = (range.0.min(greatest), range.1.max(greatest));
        }
        range
    })
}

fn normalise(values: &mut [f64], k: usize) {
    Arch::new().dispatch(|| {
        for row in values.chunks_exact_mut(k) {
            for _ in 0..2 {
                let sum = pairwise_sum(row);
                row.iter_mut().for_each(|value| *value /= sum);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn rows_are_raised_to_the_inverse_of_the_temperature() {
        let scaled = scale(arr2(&[[0.5, 0.25, 0.25], [0.0, 0.0, 0.0]]).view(), 0.5);
        let expected = arr2(&[[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0], [1.0 / 3.0; 3]]);
        assert!(scaled.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-15), "{scaled}");
    }

    #[test]
    fn a_row_with_something_that_is_no_number_stays_alone_in_that() {
        let scaled = scale(arr2(&[[f64::NAN, 0.5], [0.5, 0.5], [f64::INFINITY, 0.5]]).view(), 2.0);
        assert!(scaled.row(0).iter().chain(scaled.row(2)).all(|p| p.is_nan()));
        assert_eq!(scaled.row(1).to_vec(), [0.5, 0.5]);
    }
}
