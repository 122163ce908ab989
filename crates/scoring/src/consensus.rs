//! Given one label per example, how far to trust annotators and models, and
//! what the labels and models together say about every example: the weights
//! and the posterior of CROWDLAB (arXiv 2210.06812).

use ndarray::{Array2, ArrayView1, ArrayView2, Zip};
use rayon::prelude::*;

use crate::{AnnotatorId, Class, Labels};

/// The smallest weight, and the smallest error of a constant guess.
const EPSILON: f64 = 1e-6;
/// Rows that one task of the thread pool works on.
const CHUNK: usize = 1024;

/// How often each annotator agrees with the others, counted in pairs. It does
/// not depend on a consensus, so it is computed once.
pub(crate) struct PairAgreement(Vec<f64>);

impl PairAgreement {
    /// One number per annotator in [0, 1]; whoever shares no example with
    /// anyone gets the mean of the others.
    pub(crate) fn new(labels: &Labels) -> Self {
        let mut agreeing = vec![0_u64; labels.n_annotators()];
        let mut pairs = vec![0_u64; labels.n_annotators()];
        let mut counts = vec![0_u64; labels.max_class().map_or(0, |class| class.at() + 1)];
        for given in labels.examples().filter(|given| given.len() > 1) {
            given.iter().for_each(|(_, class)| counts[class.at()] += 1);
            for (annotator, class) in given {
                agreeing[annotator.at()] += counts[class.at()] - 1;
                pairs[annotator.at()] += given.len() as u64 - 1;
            }
            given.iter().for_each(|(_, class)| counts[class.at()] = 0);
        }
        let mut rates: Vec<f64> =
            agreeing.iter().zip(&pairs).map(|(&a, &b)| a as f64 / b as f64).collect();
        let known: Vec<f64> = rates.iter().copied().filter(|rate| !rate.is_nan()).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        for rate in rates.iter_mut().filter(|rate| rate.is_nan()) {
            *rate = mean;
        }
        Self(rates)
    }

    /// The number of each annotator.
    pub(crate) fn into_rates(self) -> Vec<f64> {
        self.0
    }
}

/// Weights and likelihoods for one consensus.
pub(crate) struct Trust {
    /// L: how often a label equals the consensus.
    pub(crate) likelihood: f64,
    /// w_j, one per annotator.
    pub(crate) annotators: Vec<f64>,
    /// W^p, one per model.
    pub(crate) models: Vec<f64>,
}

impl Trust {
    /// From the consensus `[n_examples]` and the models' probabilities, each `[n_examples, K]`.
    pub(crate) fn new(
        labels: &Labels,
        probs: &[ArrayView2<'_, f64>],
        consensus: &[Class],
        agreement: &PairAgreement,
    ) -> Self {
        let several: Vec<(usize, &[(AnnotatorId, Class)])> =
            labels.examples().enumerate().filter(|(_, given)| given.len() > 1).collect();
        if several.is_empty() {
            // Nobody can be compared with anyone: all are trusted alike.
            let (annotators, models) = (vec![1.0; labels.n_annotators()], vec![1.0; probs.len()]);
            return Self { likelihood: 1.0, annotators, models };
        }
        let n = several.len() as f64;
        let likelihood = several
            .iter()
            .map(|(row, given)| {
                let equal = given.iter().filter(|(_, class)| *class == consensus[*row]).count();
                equal as f64 / given.len() as f64
            })
            .sum::<f64>()
            / n;
        let guess = most_frequent(several.iter().map(|(row, _)| consensus[*row]));
        let wrong = several.iter().filter(|(row, _)| consensus[*row] != guess).count();
        let base = (wrong as f64 / n).max(EPSILON);
        let labels_per_example = labels.mean_labels_per_example();
        let models = probs
            .iter()
            .map(|model| {
                let wrong = several
                    .iter()
                    .filter(|(row, _)| first_max(model.row(*row)) != consensus[*row].at())
                    .count();
                weight(wrong as f64 / n, base) * labels_per_example.sqrt()
            })
            .collect();
        let annotators = agreement.0.iter().map(|rate| weight(1.0 - rate, base)).collect();
        Self { likelihood, annotators, models }
    }

    /// Posterior probabilities `[n_examples, K]`.
    pub(crate) fn posterior(&self, labels: &Labels, probs: &[ArrayView2<'_, f64>]) -> Array2<f64> {
        let (n, k) = probs[0].dim();
        let rows: Vec<_> = labels.examples().collect();
        let mut values = vec![0.0; n * k];
        values.par_chunks_mut(CHUNK * k).enumerate().for_each(|(chunk, block)| {
            for (offset, out) in block.chunks_exact_mut(k).enumerate() {
                let example = chunk * CHUNK + offset;
                match probs {
                    [model] => self.one_model(rows[example], model.row(example), out),
                    _ => self.many_models(rows[example], probs, example, out),
                }
            }
        });
        Array2::from_shape_vec((n, k), values).expect("there should be K values per example")
    }

    /// Adds in annotator order, then divides: ties of the posterior depend on it.
    fn one_model(
        &self,
        given: &[(AnnotatorId, Class)],
        model: ArrayView1<'_, f64>,
        out: &mut [f64],
    ) {
        let weight = self.models[0];
        let other = (1.0 - self.likelihood) / (out.len() as f64 - 1.0);
        for (value, p) in out.iter_mut().zip(model) {
            *value = weight * p;
        }
        let mut total = 0.0;
        for &(annotator, class) in given {
            let w = self.annotators[annotator.at()];
            total += w;
            let (same, different) = (w * self.likelihood, w * other);
            for (k, value) in out.iter_mut().enumerate() {
                *value += if k == class.at() { same } else { different };
            }
        }
        total += weight;
        for value in out {
            *value /= total;
        }
    }

    fn many_models(
        &self,
        given: &[(AnnotatorId, Class)],
        probs: &[ArrayView2<'_, f64>],
        example: usize,
        out: &mut [f64],
    ) {
        let other = (1.0 - self.likelihood) / (out.len() as f64 - 1.0);
        let voters =
            || given.iter().map(|(annotator, class)| (self.annotators[annotator.at()], class));
        let weights: Vec<f64> =
            self.models.iter().copied().chain(voters().map(|(weight, _)| weight)).collect();
        let total = pairwise_sum(&weights);
        let mut terms = Vec::with_capacity(weights.len());
        for (k, value) in out.iter_mut().enumerate() {
            terms.clear();
            terms.extend(self.models.iter().zip(probs).map(|(w, model)| w * model[[example, k]]));
            terms.extend(voters().map(|(weight, class)| {
                weight * if class.at() == k { self.likelihood } else { other }
            }));
            *value = pairwise_sum(&terms) / total;
        }
    }
}

/// max(1 - error / base, ε)
fn weight(error: f64, base: f64) -> f64 {
    (1.0 - error / base).max(EPSILON)
}

/// The class of highest posterior where it is unique, else the class of `fallback`.
pub(crate) fn best_quality(posterior: &Array2<f64>, fallback: &[Class]) -> Vec<Class> {
    Zip::from(posterior.rows())
        .and(ArrayView1::from(fallback))
        .map_collect(|row, &fallback| {
            let best = first_max(row);
            let top = row[best];
            let unique = row.iter().filter(|&&p| p == top).count() == 1;
            if unique { Class(best as u16) } else { fallback }
        })
        .to_vec()
}

/// Position of the first maximum; the first NaN counts as one, as in numpy.
pub fn first_max(row: ArrayView1<'_, f64>) -> usize {
    let mut best = 0;
    for (k, p) in row.iter().enumerate() {
        if p.is_nan() {
            return k;
        }
        if *p > row[best] {
            best = k;
        }
    }
    best
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

/// Sums in eight interleaved parts from eight terms on, as numpy adds a row:
/// whether two classes tie can depend on the last bit.
fn pairwise_sum(terms: &[f64]) -> f64 {
    if terms.len() < 8 {
        return terms.iter().sum();
    }
    if terms.len() > 128 {
        let middle = terms.len() / 2 / 8 * 8;
        return pairwise_sum(&terms[..middle]) + pairwise_sum(&terms[middle..]);
    }
    let mut parts = [0.0; 8];
    let blocks = terms.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        for (part, term) in parts.iter_mut().zip(block) {
            *part += term;
        }
    }
    let [a, b, c, d, e, f, g, h] = parts;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, term| sum + term)
}
