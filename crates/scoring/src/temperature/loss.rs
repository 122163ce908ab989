//! The soft cross-entropy of probabilities under temperatures against the shares
//! of an example's labels: -Σ_k s_k ln max(p_k(T), 1e-30), p(T) = softmax(ln p / T).
//! As a function of 1/T it is linear but for the logarithms of the softmax's sums.

use std::ops::Range;

use ndarray::ArrayView2;

use super::{TINY, scaling::subtract_greatest};
use crate::{
    AnnotatorId, Class, ExampleId, Labels,
    blocks::{map_blocks, numbers},
    elementary,
};

/// Where the counts of an example's labels stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// In their own classes.
    InPlace,
    /// In the first classes, in the order of their own ones.
    InFirstClasses,
}

/// The loss of each temperature, summed over the examples with labels.
pub(super) fn losses(
    labels: &Labels,
    probs: ArrayView2<'_, f64>,
    temperatures: &[f64],
    counts: Counts,
) -> Vec<f64> {
    let parts = map_blocks(probs.dim(), |rows| {
        let block = Block::new(labels, probs, rows, counts);
        block.losses(probs.ncols(), temperatures)
    });
    let norm = (probs.ncols() as f64).ln();
    (0..temperatures.len())
        .map(|at| parts.iter().map(|part| part[at]).sum::<f64>() / norm)
        .collect()
}

/// The examples with labels among a block of rows.
struct Block {
    /// ln(p / greatest p) of every row.
    logs: Vec<f64>,
    /// Position in `logs` and share of every class that a row's labels name.
    shares: Vec<(usize, f64)>,
    /// False if some row has no greatest probability above 0: then nothing is a number.
    is_sound: bool,
}

impl Block {
    fn new(
        labels: &Labels,
        probs: ArrayView2<'_, f64>,
        rows: Range<usize>,
        counts: Counts,
    ) -> Self {
        let k = probs.ncols();
        let numbers = numbers(&probs, rows.clone());
        let mut logs = Vec::with_capacity(numbers.len());
        let mut shares = Vec::with_capacity(rows.len() * 4);
        for (row, numbers) in rows.zip(numbers.chunks_exact(k)) {
            let given = labels.of_example(ExampleId(row as u32));
            if !given.is_empty() {
                add_shares(given, logs.len(), counts, &mut shares);
                logs.extend_from_slice(numbers);
            }
        }
        // What is no number is as if it were 0, so that it concerns its row alone.
        logs.iter_mut().for_each(|p| *p = if p.is_nan() { 0.0 } else { *p });
        elementary::ln(&mut logs);
        let (least, greatest) = subtract_greatest(&mut logs, k);
        let is_sound = least > f64::NEG_INFINITY && greatest < f64::INFINITY;
        Self { logs, shares, is_sound }
    }

    fn losses(&self, k: usize, temperatures: &[f64]) -> Vec<f64> {
        if !self.is_sound {
            return vec![f64::NAN; temperatures.len()];
        }
        let labelled = self.shares.iter().map(|(at, share)| share * self.logs[*at]);
        let linear: f64 = labelled.sum();
        let least = self.shares.iter().fold(0.0_f64, |least, (at, _)| least.min(self.logs[*at]));
        let floor = TINY.ln();
        let mut powers = vec![0.0; self.logs.len()];
        let mut log_sums = vec![0.0; self.logs.len() / k];
        let loss = |&temperature: &f64| {
            let exponent = 1.0 / temperature;
            elementary::exp_scaled(&self.logs, exponent, &mut powers);
            for (sum, row) in log_sums.iter_mut().zip(powers.chunks_exact(k)) {
                *sum = row.iter().sum();
            }
            elementary::ln(&mut log_sums);
            // Sums are at most K.
            if least * exponent - (k as f64).ln() >= floor {
                return log_sums.iter().sum::<f64>() - exponent * linear;
            }
            let clipped = self.shares.iter().map(|&(at, share)| {
                share * (self.logs[at] * exponent - log_sums[at / k]).max(floor)
            });
            -clipped.sum::<f64>()
        };
        temperatures.iter().map(loss).collect()
    }
}

/// Adds the share of each class that `given` names; its row begins at `start`.
fn add_shares(
    given: &[(AnnotatorId, Class)],
    start: usize,
    counts: Counts,
    shares: &mut Vec<(usize, f64)>,
) {
    let first = shares.len();
    for (_, class) in given {
        match shares[first..].iter_mut().find(|(at, _)| *at == start + class.at()) {
            Some((_, count)) => *count += 1.0,
            None => shares.push((start + class.at(), 1.0)),
        }
    }
    let row = &mut shares[first..];
    row.iter_mut().for_each(|(_, count)| *count /= given.len() as f64);
    if counts == Counts::InFirstClasses {
        row.sort_unstable_by_key(|(at, _)| *at);
        row.iter_mut().zip(start..).for_each(|((at, _), rank)| *at = rank);
    }
}
