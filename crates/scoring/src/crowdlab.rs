//! CROWDLAB (arXiv 2210.06812): consensus labels and their quality from
//! annotators and one or several models, each trusted as far as it has earned.

use ndarray::{Array2, ArrayView2, CowArray, Ix2};

use crate::{
    Class, FrequencyTie, Labels, Stream,
    blocks::{map_rows, table},
    majority_vote,
    numpy::first_max,
    trust::{Evidence, Trust},
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
    let evidence = Evidence::new(labels, probs);
    let Agreed { consensus, trust, .. } = Agreed::new(&evidence, ties, stream);
    let posterior = table(evidence.dim(), |rows, block| trust.fill(&evidence, rows, block));
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

/// The consensus of [`crowdlab`], and whom it says to trust how far.
pub(crate) struct Agreed {
    pub(crate) consensus: Vec<Class>,
    pub(crate) trust: Trust,
    /// How many consensus labels are not those of the majority vote.
    pub(crate) n_overruled: usize,
}

impl Agreed {
    pub(crate) fn new(evidence: &Evidence<'_>, ties: FrequencyTie, stream: Stream) -> Self {
        let Evidence { labels, probs, .. } = evidence;
        let mean = mean(probs);
        let majority = majority_vote(labels, Some(mean.view()), mean.ncols(), ties, stream);
        let first = Trust::new(evidence, &majority);
        let fill = |rows, block: &mut [f64]| first.fill(evidence, rows, block);
        let best = |row: usize, posterior: &[f64]| best_class(posterior, majority[row]);
        let consensus = map_rows(evidence.dim(), fill, best);
        let trust = Trust::new(evidence, &consensus);
        let n_overruled = consensus.iter().zip(&majority).filter(|(a, b)| a != b).count();
        Self { consensus, trust, n_overruled }
    }
}

/// The class of highest posterior where it is unique, else `fallback`.
pub(crate) fn best_class(posterior: &[f64], fallback: Class) -> Class {
    let best = first_max(posterior.into());
    let top = posterior[best];
    let unique = posterior.iter().filter(|&&p| p == top).count() == 1;
    if unique { Class(best as u16) } else { fallback }
}

/// The mean of the models' probabilities `[N, K]`.
pub fn mean_of_models(probs: &[ArrayView2<'_, f64>]) -> Array2<f64> {
    mean(probs).into_owned()
}

/// [`mean_of_models`] without a copy if there is one model.
pub(crate) fn mean<'a>(probs: &[ArrayView2<'a, f64>]) -> CowArray<'a, f64, Ix2> {
    if let [one] = probs {
        return (*one).into();
    }
    let mut mean = probs[0].to_owned();
    for model in &probs[1..] {
        mean += model;
    }
    (mean / probs.len() as f64).into()
}
