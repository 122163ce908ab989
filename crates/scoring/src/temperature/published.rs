//! Temperatures as the published benchmark code and the library of its time had
//! them: one normaliser for the whole matrix instead of one per row.

use ndarray::{Array2, ArrayView2, Axis};

use super::{TINY, two_grids};
use crate::{AnnotatorId, Class, Labels};

/// The clip of the published benchmark code.
const PUBLISHED_CLIP: f64 = 1e-6;

/// The search of the published benchmark code: one normaliser for the whole
/// matrix, and scaled probabilities clipped at 1e-6.
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
    let loss = |&temperature: &f64| {
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
    };
    two_grids(|temperatures| temperatures.iter().map(loss).collect())
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

/// [`super::scale`] without the clip: zeros stay zero, as in the published benchmark code.
pub fn scale_published(probs: ArrayView2<'_, f64>, temperature: f64) -> Array2<f64> {
    let mut scaled = probs.mapv(|p| p.powf(1.0 / temperature));
    for mut row in scaled.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    scaled
}
