//! CROWDLAB (arXiv 2210.06812): consensus labels and their quality from
//! annotators and one or several models, each trusted as far as it has earned.

use ndarray::{Array2, ArrayView2};

use crate::{
    Class, FrequencyTie, Labels, Stream,
    consensus::{PairAgreement, Trust, best_quality},
    majority_vote,
};

/// The result of CROWDLAB for N examples, K classes, M annotators and P models.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowdlab {
    /// Consensus label of every example `[N]`.
    pub consensus: Vec<Class>,
    /// Posterior probability of the consensus label `[N]`: how likely it is to be right.
    pub quality: Vec<f64>,
    /// Posterior probabilities (soft labels) `[N, K]`.
    pub posterior: Array2<f64>,
    /// Weight of each model `[P]`.
    pub model_weights: Vec<f64>,
    /// Weight of each annotator `[M]`.
    pub annotator_weights: Vec<f64>,
}

/// Consensus by best quality: the majority vote gives weights and a posterior,
/// the classes of highest posterior become the consensus, and weights and
/// posterior are computed again with it. `probs` holds one `[N, K]` array per
/// model, at least one; K is at least 1 + the highest class.
pub fn crowdlab(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    ties: FrequencyTie,
    stream: Stream,
) -> Crowdlab {
    let agreement = PairAgreement::new(labels);
    let mean = mean_of_models(probs);
    let majority = majority_vote(labels, Some(mean.view()), probs[0].ncols(), ties, stream);
    let first = Trust::new(labels, probs, &majority, &agreement).posterior(labels, probs);
    let consensus = best_quality(&first, &majority);
    let trust = Trust::new(labels, probs, &consensus, &agreement);
    let posterior = trust.posterior(labels, probs);
    let quality =
        consensus.iter().enumerate().map(|(row, class)| posterior[[row, class.at()]]).collect();
    Crowdlab {
        consensus,
        quality,
        posterior,
        model_weights: trust.models,
        annotator_weights: trust.annotators,
    }
}

/// The mean of the models' probabilities `[N, K]`.
pub fn mean_of_models(probs: &[ArrayView2<'_, f64>]) -> Array2<f64> {
    let mut mean = probs[0].to_owned();
    for model in &probs[1..] {
        mean += model;
    }
    if probs.len() > 1 {
        mean /= probs.len() as f64;
    }
    mean
}
