//! Given one label per example, how far to trust annotators and models, and what
//! labels and models together say about every example: the weights and the
//! posterior of CROWDLAB (arXiv 2210.06812).

use std::{borrow::Cow, ops::Range};

use ndarray::ArrayView2;
use pulp::Arch;

use crate::{
    AnnotatorId, Class, ExampleId, Labels,
    blocks::{map_blocks, numbers},
    numpy::{first_max, pairwise_sum},
    pair_agreement::pair_agreement,
};

/// The smallest weight, and the smallest error of a constant guess.
const EPSILON: f64 = 1e-6;
/// Rows of at most so many classes are added up in registers.
const NARROW: usize = 16;

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
        let numbers = |model| numbers(model, rows.clone());
        let models: Vec<_> =
            self.models.iter().copied().zip(evidence.probs.iter().map(numbers)).collect();
        let other = (1.0 - self.likelihood) / (k as f64 - 1.0);
        let vote = Vote { trust: self, models, other };
        Arch::new().dispatch(|| {
            for (at, out) in block.chunks_exact_mut(k).enumerate() {
                let given = evidence.labels.of_example(ExampleId((rows.start + at) as u32));
                vote.fill(at * k, given, out);
            }
        });
    }
}

/// How models and annotators vote on the examples of a block.
struct Vote<'a> {
    trust: &'a Trust,
    /// The weight and the probabilities of each model.
    models: Vec<(f64, Cow<'a, [f64]>)>,
    /// L': what a label says about each other class.
    other: f64,
}

impl Vote<'_> {
    /// The posterior of the example whose row begins at `start`.
    #[inline(always)]
    fn fill(&self, start: usize, given: &[(AnnotatorId, Class)], out: &mut [f64]) {
        let n_voters = self.models.len() + given.len();
        if self.models.len() > 1 && n_voters >= 8 {
            self.pairwise(start, given, out);
        } else if out.len() <= NARROW {
            // Of a known width, so that sums stay in registers.
            let mut sums = [0.0; NARROW];
            let total = self.add(start, out.len(), given, &mut sums);
            out.iter_mut().zip(sums.map(|sum| sum / total)).for_each(|(out, p)| *out = p);
        } else {
            out.fill(0.0);
            let total = self.add(start, out.len(), given, out);
            out.iter_mut().for_each(|sum| *sum /= total);
        }
    }

    /// Adds up models, then annotators in their order, and returns the sum of
    /// weights, to which a single model is added last: ties of the posterior
    /// depend on it.
    #[inline(always)]
    fn add(&self, start: usize, k: usize, given: &[(AnnotatorId, Class)], sums: &mut [f64]) -> f64 {
        let (mut total, last) = match self.models[..] {
            [(weight, _)] => (0.0, weight),
            ref models => (models.iter().map(|(weight, _)| weight).sum(), 0.0),
        };
        for (weight, numbers) in &self.models {
            for (sum, p) in sums.iter_mut().zip(&numbers[start..start + k]) {
                *sum += weight * p;
            }
        }
        for &(annotator, class) in given {
            let weight = self.trust.annotators[annotator.at()];
            total += weight;
            let (same, different) = (weight * self.trust.likelihood, weight * self.other);
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += if k == class.at() { same } else { different };
            }
        }
        total + last
    }

    /// As numpy adds eight terms or more: in interleaved parts.
    fn pairwise(&self, start: usize, given: &[(AnnotatorId, Class)], out: &mut [f64]) {
        let voters = || given.iter().map(|(at, class)| (self.trust.annotators[at.at()], *class));
        let weights: Vec<f64> =
            self.models.iter().map(|(weight, _)| *weight).chain(voters().map(|(w, _)| w)).collect();
        let total = pairwise_sum(&weights);
        let mut terms = Vec::with_capacity(weights.len());
        for (k, value) in out.iter_mut().enumerate() {
            terms.clear();
            terms.extend(self.models.iter().map(|(weight, numbers)| weight * numbers[start + k]));
            terms.extend(voters().map(|(weight, class)| {
                weight * if class.at() == k { self.trust.likelihood } else { self.other }
            }));
            *value = pairwise_sum(&terms) / total;
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
