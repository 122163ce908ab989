//! Temperature scaling: how far a model's probabilities must be flattened or
//! sharpened to fit the labels that people gave. The temperature is picked from
//! a coarse and then a fine grid, as the official library does it.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::{AnnotatorId, Class, Labels};

/// Probabilities below this are raised to it before a logarithm.
const TINY: f64 = 1e-30;
/// The clip of the published benchmark code.
const PUBLISHED_CLIP: f64 = 1e-6;
const COARSE: [f64; 9] = [0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0];
/// Rows that are summed by one task; fixed, so that the sum does not depend on threads.
const CHUNK: usize = 1024;

/// The temperature under which `probs` `[n_examples, K]` has the least soft
/// cross-entropy against the label shares. A loss that is no number (an all-zero row) wins.
pub fn search(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    search_with(labels, probs, shares)
}

/// Like [`search`] with the defect of cleanlab 2.6.5 to 2.9.0: the counts of the
/// classes that an example's labels cover stand in the first classes instead of
/// their own, unless no label of the whole matrix is missing.
pub fn search_cleanlab_2_9(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    let complete = labels.n_labels() == labels.n_examples() * labels.n_annotators();
    search_with(labels, probs, if complete { shares } else { misplaced_shares })
}

type Shares = fn(&[(AnnotatorId, Class)], &mut Vec<(usize, f64)>);

fn search_with(labels: &Labels, probs: ArrayView2<'_, f64>, shares: Shares) -> f64 {
    let powers = Powers::new(probs);
    let rows: Vec<Vec<(usize, f64)>> = labels
        .examples()
        .map(|given| {
            let mut row = Vec::new();
            shares(given, &mut row);
            row
        })
        .collect();
    let norm = (probs.ncols() as f64).ln();
    let floor = TINY.ln();
    let loss = |temperature: f64| {
        let sums: Vec<f64> = rows
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, rows)| {
                let mut sum = 0.0;
                for (offset, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
                    let example = chunk * CHUNK + offset;
                    let log_z = powers.sum(example, 1.0 / temperature).ln();
                    for &(class, share) in row {
                        let log_p = powers.logs[[example, class]] / temperature - log_z;
                        let log_p = if log_p < floor { floor } else { log_p };
                        sum -= share * log_p;
                    }
                }
                sum
            })
            .collect();
        sums.iter().sum::<f64>() / norm
    };
    two_grids(loss)
}

/// Probabilities as ratios to the greatest of their row, and logarithms of these.
struct Powers {
    ratios: Array2<f64>,
    logs: Array2<f64>,
}

impl Powers {
    fn new(probs: ArrayView2<'_, f64>) -> Self {
        let mut ratios = probs.mapv(|p| if p > 0.0 || p.is_nan() { p } else { 0.0 });
        for mut row in ratios.rows_mut() {
            let greatest = row.fold(0.0, |a: f64, &b| if b > a || b.is_nan() { b } else { a });
            row /= greatest;
        }
        let logs = ratios.mapv(f64::ln);
        Self { ratios, logs }
    }

    /// Sum of the row's ratios to the power of `exponent`. The inverses of most
    /// temperatures of the coarse grid need no exponential function.
    fn sum(&self, row: usize, exponent: f64) -> f64 {
        let of = |power: fn(f64) -> f64| self.ratios.row(row).iter().map(|&r| power(r)).sum();
        if exponent == 10.0 {
            of(|r| (r * r) * (r * r * (r * r)) * (r * r * (r * r)))
        } else if exponent == 5.0 {
            of(|r| r * (r * r) * (r * r))
        } else if exponent == 2.0 {
            of(|r| r * r)
        } else if exponent == 1.25 {
            of(|r| r * r.sqrt().sqrt())
        } else if exponent == 1.0 {
            of(|r| r)
        } else if exponent == 0.5 {
            of(f64::sqrt)
        } else if exponent == 0.125 {
            of(|r| r.sqrt().sqrt().sqrt())
        } else {
            self.logs.row(row).iter().map(|log| (log * exponent).exp()).sum()
        }
    }
}

/// The share of an example's labels that each of its classes has.
fn shares(given: &[(AnnotatorId, Class)], out: &mut Vec<(usize, f64)>) {
    out.clear();
    let n = given.len() as f64;
    for &(_, class) in given {
        if !out.iter().any(|(known, _)| *known == class.at()) {
            let count = given.iter().filter(|(_, other)| *other == class).count();
            out.push((class.at(), count as f64 / n));
        }
    }
    out.sort_unstable_by_key(|(class, _)| *class);
}

fn misplaced_shares(given: &[(AnnotatorId, Class)], out: &mut Vec<(usize, f64)>) {
    shares(given, out);
    for (rank, (class, _)) in out.iter_mut().enumerate() {
        *class = rank;
    }
}

/// The search of the published benchmark code: one normaliser for the whole
/// matrix instead of one per row, and scaled probabilities clipped at 1e-6.
pub fn search_published(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    search_jointly(labels, probs, 0.0, PUBLISHED_CLIP)
}

/// The search of cleanlab up to 2.3.0, the library of the published results: it
/// normalises like [`search_published`] and clips at 1e-30 before and after scaling.
pub fn search_cleanlab_2_3(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    search_jointly(labels, probs, TINY, TINY)
}

fn search_jointly(labels: &Labels, probs: ArrayView2<'_, f64>, floor: f64, clip: f64) -> f64 {
    let norm = (probs.ncols() as f64).ln();
    let rows: Vec<_> = labels.examples().collect();
    two_grids(|temperature| {
        let powers = probs.mapv(|p| p.max(floor).powf(1.0 / temperature));
        let z: f64 = powers.axis_iter(Axis(0)).map(|row| row.sum()).sum();
        let mut row_shares = Vec::new();
        let mut sum = 0.0;
        for (given, powers) in rows.iter().zip(powers.rows()) {
            shares(given, &mut row_shares);
            for &(class, share) in &row_shares {
                sum -= share * (powers[class] / z).max(clip).ln() / norm;
            }
        }
        sum / rows.len() as f64
    })
}

/// First minimum of the coarse grid, then of a fine grid around it: four points
/// below it and five up to the next one.
fn two_grids(loss: impl Fn(f64) -> f64) -> f64 {
    let coarse = COARSE.map(&loss);
    let best = first_min(&coarse);
    let mut fine = Vec::with_capacity(9);
    if best > 0 {
        let step = (COARSE[best] - COARSE[best - 1]) / 4.0;
        fine.extend((0..4).map(|i| COARSE[best - 1] + step * f64::from(i)));
    }
    if best + 1 < COARSE.len() {
        let step = (COARSE[best + 1] - COARSE[best]) / 4.0;
        fine.extend((0..4).map(|i| COARSE[best] + step * f64::from(i)));
        fine.push(COARSE[best + 1]);
    }
    let known = |temperature| COARSE.iter().position(|&other| other == temperature);
    let losses: Vec<f64> = fine
        .iter()
        .map(|&temperature| known(temperature).map_or_else(|| loss(temperature), |at| coarse[at]))
        .collect();
    fine[first_min(&losses)]
}

fn first_min(values: &[f64]) -> usize {
    let mut best = 0;
    for (position, value) in values.iter().enumerate() {
        if value.is_nan() {
            return position;
        }
        if *value < values[best] {
            best = position;
        }
    }
    best
}

/// `probs` under a temperature: rows are clipped below at 1e-30, raised to 1/T
/// and normalised; an all-zero row becomes uniform.
pub fn scale(probs: ArrayView2<'_, f64>, temperature: f64) -> Array2<f64> {
    let exponent = 1.0 / temperature.max(1e-6);
    let mut scaled = probs.mapv(|p| if p < TINY { TINY } else { p });
    for mut row in scaled.rows_mut() {
        let sum = row.sum();
        let top = row.fold(f64::MIN, |a, &b| a.max(b)) / sum;
        row.mapv_inplace(|p| ((p / sum / top).ln() * exponent).exp());
        let sum = row.sum();
        row /= sum;
    }
    scaled
}

/// The same without the clip: zeros stay zero, as in the published benchmark code.
pub fn scale_published(probs: ArrayView2<'_, f64>, temperature: f64) -> Array2<f64> {
    let mut scaled = probs.mapv(|p| p.powf(1.0 / temperature));
    for mut row in scaled.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    scaled
}
