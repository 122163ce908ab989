//! Class probabilities of a trained network.

use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

use super::engine::Net;
use super::images_of;
use crate::{Features, Fitted, ModelError};

/// A trained network, one of a stack.
pub(super) struct FittedNet {
    pub(super) stack: Arc<Mutex<Box<dyn Net>>>,
    pub(super) member: usize,
    pub(super) n_classes: usize,
    /// Whether the image and its mirror image are averaged.
    pub(super) mirror: bool,
}

impl Fitted for FittedNet {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        let images = images_of(x.store)?;
        let mut probs = Array2::zeros((x.rows.len(), self.n_classes));
        let net = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        let views: &[bool] = if self.mirror { &[false, true] } else { &[false] };
        for &mirrored in views {
            let scores = net.scores(self.member, images, x.rows, mirrored)?;
            for (mut row, scores) in probs.rows_mut().into_iter().zip(scores.chunks(self.n_classes))
            {
                for (prob, new) in row.iter_mut().zip(softmax(scores)?) {
                    *prob += new / views.len() as f64;
                }
            }
        }
        Ok(probs)
    }
}

/// In double precision, so that the sum is 1 to double precision too.
fn softmax(scores: &[f32]) -> Result<Vec<f64>, ModelError> {
    if !scores.iter().all(|score| score.is_finite()) {
        let why = "the network gives scores that are not finite".into();
        return Err(ModelError::Diverged(why));
    }
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = scores.iter().map(|&score| f64::from(score - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    Ok(powers.into_iter().map(|power| power / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_sums_to_one_keeps_the_order_and_refuses_what_is_not_finite() {
        let probs = softmax(&[1.0, 3.0, 90.0]).expect("the scores are finite");
        assert!((probs.iter().sum::<f64>() - 1.0).abs() < 1e-15 && probs.is_sorted());
        assert!(softmax(&[1.0, f32::INFINITY]).is_err());
    }
}
