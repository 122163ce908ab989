//! Temperature scaling: how far a model's probabilities must be flattened or
//! sharpened to fit the labels that people gave. The temperature is picked from
//! a coarse and then a fine grid, as the official library does it.

mod loss;
mod published;
mod scaling;

use ndarray::ArrayView2;

use self::loss::{Counts, losses};
use crate::{Labels, numpy::first_min};

pub use self::published::{scale_published, search_cleanlab_2_3, search_published};
pub(crate) use self::scaling::fill_scaled;
pub use self::scaling::scale;

/// Probabilities below this are raised to it before a logarithm.
const TINY: f64 = 1e-30;
const COARSE: [f64; 9] = [0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0];

/// The temperature under which `probs` `[n_examples, K]` has the least soft
/// cross-entropy against the label shares. A loss that is no number (an all-zero row) wins.
pub fn search(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    two_grids(|temperatures| losses(labels, probs, temperatures, Counts::InPlace))
}

/// Like [`search`] with the defect of cleanlab 2.6.5 to 2.9.0: the counts of the
/// classes that an example's labels cover stand in the first classes instead of
/// their own, unless no label of the whole matrix is missing.
pub fn search_cleanlab_2_9(labels: &Labels, probs: ArrayView2<'_, f64>) -> f64 {
    let counts = if labels.is_complete() { Counts::InPlace } else { Counts::InFirstClasses };
    two_grids(|temperatures| losses(labels, probs, temperatures, counts))
}

/// First minimum of the coarse grid, then of a fine grid around it: four points
/// below it and five up to the next one. `losses` gives the loss of every temperature.
fn two_grids(losses: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    let coarse = losses(&COARSE);
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
    let of_coarse = |temperature: &f64| COARSE.iter().position(|other| other == temperature);
    let fresh: Vec<f64> = fine.iter().copied().filter(|t| of_coarse(t).is_none()).collect();
    let mut fresh = losses(&fresh).into_iter();
    let fine_losses: Vec<f64> = fine
        .iter()
        .filter_map(|t| of_coarse(t).map_or_else(|| fresh.next(), |at| Some(coarse[at])))
        .collect();
    fine[first_min(&fine_losses)]
}
