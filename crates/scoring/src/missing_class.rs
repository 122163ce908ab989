//! A model trained without some class has no probability for it. The published
//! benchmark code holds a remedy: put the class back with the share that it has
//! among the labels.

use ndarray::{Array2, ArrayView2, Axis};

use crate::{Class, Labels};

/// Widens `probs` `[n, K - missing]` to `[n, K]`. Every missing class (ascending)
/// gets its share of all labels, for labelled examples plus its share of the
/// example's own labels; then rows are normalised. `labeled` tells whether the rows
/// are those of `labels` or of a pool.
pub fn restore_missing_classes(
    labels: &Labels,
    probs: ArrayView2<'_, f64>,
    missing: &[Class],
    labeled: bool,
) -> Array2<f64> {
    let n_classes = probs.ncols() + missing.len();
    let mut restored = Array2::zeros((probs.nrows(), n_classes));
    let mut present = probs.axis_iter(Axis(1));
    for (class, mut column) in restored.axis_iter_mut(Axis(1)).enumerate() {
        let class = Class(class as u16);
        if !missing.contains(&class) {
            column.assign(&present.next().expect("there should be a column per present class"));
            continue;
        }
        column.fill(share(labels.examples().flatten().map(|(_, given)| *given), class));
        if labeled {
            for (value, given) in column.iter_mut().zip(labels.examples()) {
                *value += share(given.iter().map(|(_, given)| *given), class);
            }
        }
    }
    for mut row in restored.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    restored
}

fn share(given: impl Iterator<Item = Class>, class: Class) -> f64 {
    let (equal, n) =
        given.fold((0_u32, 0_u32), |(equal, n), other| (equal + u32::from(other == class), n + 1));
    f64::from(equal) / f64::from(n.max(1))
}
