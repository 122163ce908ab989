//! Given one label per example, how far to trust annotators and models, and what
//! labels and models together say about every example: the weights and the
//! posterior of CROWDLAB (arXiv 2210.06812).

use std::ops::Range;

use ndarray::ArrayView2;
use pulp::Arch;

use crate::{
    AnnotatorId, Class, ExampleId, Labels,
    blocks::map_blocks,
    numpy::{first_max, pairwise_sum},
    pair_agreement::pair_agreement,
};

/// The smallest weight, and the smallest error of a constant guess.
const EPSILON: f64 = 1e-6;

/// Labels and models, with what about them does not depend on a consensus.
pub(crate) struct Evidence<'a> {
    pub(crate) labels: &'a Labels,
    /// One `[N, K]` array per model.
    pub(crate) probs: &'a [ArrayView2<'a, f64>],
    /// g_j, one per annotator.
    agreement: Vec<f64>,
    /// Per model the most likely class of every example.
    predictions: Vec<Vec<Class>>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(labels: &'a Labels, probs: &'a [ArrayView2<'a, f64>]) -> Self {
        let agreement = pair_agreement(labels);
        let predictions = probs.iter().map(|model| predictions(*model)).collect();
        Self { labels, probs, agreement, predictions }
    }

    /// N and K.
    pub(crate) fn dim(&self) -> (usize, usize) {
        self.probs[0].dim()
    }

    /// The examples with several labels.
    fn several(&self) -> impl Iterator<Item = (usize, &[(AnnotatorId, Class)])> {
        self.labels.examples().enumerate().filter(|(_, given)| given.len() > 1)
    }
}

fn predictions(model: ArrayView2<'_, f64>) -> Vec<Class> {
    let of_rows = |rows: Range<usize>| {
        rows.map(|row| Class(first_max(model.row(row)) as u16)).collect::<Vec<_>>()
    };
    map_blocks(model.dim(), of_rows).concat()
}

/// Weights and likelihoods for one consensus.
pub(crate) struct Trust {
    /// L: how often a label equals the consensus.
    likelihood: f64,
    /// w_j, one per annotator.
    pub(crate) annotators: Vec<f64>,
    /// W^p, one per model.
    pub(crate) models: Vec<f64>,
}

impl Trust {
    /// From a consensus `[N]`.
    pub(crate) fn new(evidence: &Evidence<'_>, consensus: &[Class]) -> Self {
        let share = |(row, given): (usize, &[(AnnotatorId, Class)])| {
            let equal = given.iter().filter(|(_, class)| *class == consensus[row]).count();
            equal as f64 / given.len() as f64
        };
        let shares: Vec<f64> = evidence.several().map(share).collect();
        if shares.is_empty() {
            return Self::equal(evidence);
        }
        let n = shares.len() as f64;
        let guess = most_frequent(evidence.several().map(|(row, _)| consensus[row]));
        let wrong = evidence.several().filter(|(row, _)| consensus[*row] != guess).count();
        let base = (wrong as f64 / n).max(EPSILON);
        let labels_per_example = evidence.labels.mean_labels_per_example();
        let model = |predictions: &Vec<Class>| {
            let differs = |(row, _): &(usize, _)| predictions[*row] != consensus[*row];
            let wrong = evidence.several().filter(differs).count();
            weight(wrong as f64 / n, base) * labels_per_example.sqrt()
        };
        Self {
            likelihood: pairwise_sum(&shares) / n,
            annotators: evidence.agreement.iter().map(|rate| weight(1.0 - rate, base)).collect(),
            models: evidence.predictions.iter().map(model).collect(),
        }
    }

    /// Nobody can be compared with anyone: all are trusted alike.
    fn equal(evidence: &Evidence<'_>) -> Self {
        let annotators = vec![1.0; evidence.labels.n_annotators()];
        Self { likelihood: 1.0, annotators, models: vec![1.0; evidence.probs.len()] }
    }

    /// Posterior probabilities of a block of examples.
    pub(crate) fn fill(&self, evidence: &Evidence<'_>, rows: Range<usize>, block: &mut [f64]) {
        let (_, k) = evidence.dim();
        let mut vote = Vote { trust: self, evidence, terms: Vec::new(), weights: Vec::new() };
        Arch::new().dispatch(|| {
            for (row, out) in rows.zip(block.chunks_exact_mut(k)) {
                vote.fill(row, out);
            }
        });
    }
}

/// One example's vote of models and annotators.
struct Vote<'a, 'b> {
    trust: &'a Trust,
    evidence: &'a Evidence<'b>,
    weights: Vec<f64>,
    terms: Vec<f64>,
}

impl Vote<'_, '_> {
    #[inline(always)]
    fn fill(&mut self, row: usize, out: &mut [f64]) {
        let given = self.evidence.labels.of_example(ExampleId(row as u32));
        let n_voters = self.trust.models.len() + given.len();
        if self.trust.models.len() == 1 || n_voters < 8 {
            self.one_by_one(row, given, out);
        } else {
            self.pairwise(row, given, out);
        }
    }

    /// L': what a label says about each other class.
    fn other(&self, n_classes: usize) -> f64 {
        (1.0 - self.trust.likelihood) / (n_classes as f64 - 1.0)
    }

    /// Adds models, then annotators in their order, then divides; and adds the
    /// weight of a single model last: ties of the posterior depend on it.
    #[inline(always)]
    fn one_by_one(&self, row: usize, given: &[(AnnotatorId, Class)], out: &mut [f64]) {
        let other = self.other(out.len());
        let (mut total, last) = match self.trust.models[..] {
            [weight] => (0.0, weight),
            ref models => (models.iter().sum(), 0.0),
        };
        out.fill(0.0);
        for (weight, model) in self.trust.models.iter().zip(self.evidence.probs) {
            for (value, p) in out.iter_mut().zip(model.row(row)) {
                *value += weight * p;
            }
        }
        for &(annotator, class) in given {
            let weight = self.trust.annotators[annotator.at()];
            total += weight;
            let chosen = out[class.at()] + weight * self.trust.likelihood;
            let different = weight * other;
            for value in &mut *out {
                *value += different;
            }
            out[class.at()] = chosen;
        }
        total += last;
        for value in out {
            *value /= total;
        }
    }

    /// As numpy adds eight terms or more: in interleaved parts.
    fn pairwise(&mut self, row: usize, given: &[(AnnotatorId, Class)], out: &mut [f64]) {
        let other = self.other(out.len());
        let Self { trust, evidence, weights, terms } = self;
        weights.clear();
        weights.extend(&trust.models);
        weights.extend(given.iter().map(|(annotator, _)| trust.annotators[annotator.at()]));
        let total = pairwise_sum(weights);
        let (models, voters) = weights.split_at(trust.models.len());
        for (k, value) in out.iter_mut().enumerate() {
            terms.clear();
            terms.extend(models.iter().zip(evidence.probs).map(|(w, model)| w * model[[row, k]]));
            terms.extend(voters.iter().zip(given).map(|(weight, (_, class))| {
                weight * if class.at() == k { trust.likelihood } else { other }
            }));
            *value = pairwise_sum(terms) / total;
        }
    }
}

/// max(1 - error / base, ε)
fn weight(error: f64, base: f64) -> f64 {
    (1.0 - error / base).max(EPSILON)
}

/// The most frequent class, the lowest one in a tie.
fn most_frequent(classes: impl Iterator<Item = Class>) -> Class {
    let mut counts: Vec<usize> = Vec::new();
    for class in classes {
        if class.at() >= counts.len() {
            counts.resize(class.at() + 1, 0);
        }
        counts[class.at()] += 1;
    }
    let best = counts.iter().copied().max().unwrap_or(0);
    Class(counts.iter().position(|&count| count == best).unwrap_or(0) as u16)
}
