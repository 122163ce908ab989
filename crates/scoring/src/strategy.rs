//! Query strategies as plain score functions: lower = label sooner. `probs` is
//! `[n, K]`; soft cross-entropy and entropy are divided by ln K.

use ndarray::{ArrayView1, ArrayView2};

use crate::{Labels, Stream, crowdlab::mean_of_models, stream::uniform};

/// Probabilities below this are raised to it before a logarithm.
const CLIP: f64 = 1e-6;

/// Uniform on [0, 1): any example may be next.
pub fn random(n: usize, stream: Stream) -> Vec<f64> {
    let mut rng = stream.rng();
    (0..n).map(|_| uniform(&mut rng)).collect()
}

/// Number of labels plus uniform on [0, 1): the examples with the fewest labels, in random order.
pub fn good_random(labels: &Labels, stream: Stream) -> Vec<f64> {
    let noise = random(labels.n_examples(), stream);
    labels.examples().zip(noise).map(|(given, noise)| given.len() as f64 + noise).collect()
}

/// Minus the entropy of each row, with 0 ln 0 = 0.
pub fn entropy(probs: ArrayView2<'_, f64>) -> Vec<f64> {
    rows(probs, |row| row.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum())
}

/// Minus the entropy as the published benchmark code has it: ln of max(p, 1e-6).
pub fn entropy_published(probs: ArrayView2<'_, f64>) -> Vec<f64> {
    rows(probs, |row| -cross_entropy(row, row))
}

/// Minus one minus the highest probability of each row.
pub fn uncertainty(probs: ArrayView2<'_, f64>) -> Vec<f64> {
    probs
        .rows()
        .into_iter()
        .map(|row| -(1.0 - row.fold(f64::NEG_INFINITY, |a, &b| a.max(b))))
        .collect()
}

/// Minus the mean over models of the soft cross-entropy of each against their mean.
pub fn disagreement(models: &[ArrayView2<'_, f64>]) -> Vec<f64> {
    let mean = mean_of_models(models);
    let norm = (mean.ncols() as f64).ln();
    mean.rows()
        .into_iter()
        .enumerate()
        .map(|(row, mean)| {
            let sum: f64 =
                models.iter().map(|model| cross_entropy(mean, model.row(row)) / norm).sum();
            -(sum / models.len() as f64)
        })
        .collect()
}

/// [`disagreement`] as the published benchmark code has it: the mean runs over
/// K columns of which only the first P are filled, so that it is a number only
/// if there are as many models as classes. (With fewer classes than models that
/// code fails; here the scores are then no numbers either.)
pub fn disagreement_published(models: &[ArrayView2<'_, f64>], n_classes: usize) -> Vec<f64> {
    if models.len() == n_classes {
        return disagreement(models);
    }
    vec![f64::NAN; models[0].nrows()]
}

/// Active label cleaning (Bernhardt et al. 2022): labels that surprise the model
/// (soft cross-entropy) although it is sure (entropy) come first, examples without labels last.
pub fn active_label_cleaning(labels: &Labels, probs: ArrayView2<'_, f64>) -> Vec<f64> {
    let norm = (probs.ncols() as f64).ln();
    labels
        .examples()
        .zip(probs.rows())
        .map(|(given, row)| {
            if given.is_empty() {
                return f64::INFINITY;
            }
            let surprise: f64 =
                given.iter().map(|(_, class)| -row[class.at()].max(CLIP).ln()).sum();
            let surprise = surprise / given.len() as f64 / norm;
            let entropy = cross_entropy(row, row) / norm;
            (-(surprise - entropy + 1.0)).exp()
        })
        .collect()
}

/// A confidence of weight `weight` mixed with the answer of one average annotator
/// (weight `average`) who knows nothing: (q W + w̄/K) / (W + w̄).
pub fn mix(confidence: f64, weight: f64, average: f64, n_classes: usize) -> f64 {
    (confidence * weight + average / n_classes as f64) / (weight + average)
}

/// The first `batch` of `total` positions in the order in which numpy 1.24
/// (without AVX-512) sorts that many scores of which none is a number. The
/// published disagreement runs queried these.
///
/// numpy's introsort compares false throughout, so that its order follows from
/// the length alone: partitions of more than 16 entries are split in the middle,
/// every pair met on the way is exchanged, and shorter ones stay as they are.
pub fn published_nan_order(total: usize, batch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..total).collect();
    let mut parts = vec![(0, total)];
    while let Some((start, end)) = parts.pop() {
        if end - start <= 17 {
            continue;
        }
        let last = end - 1;
        order.swap(start + (last - start) / 2, last - 1);
        let (mut left, mut right) = (start, last - 1);
        loop {
            left += 1;
            right -= 1;
            if left >= right {
                break;
            }
            order.swap(left, right);
        }
        order.swap(left, last - 1);
        parts.push((start, left));
        parts.push((left + 1, end));
    }
    order.truncate(batch);
    order
}

fn rows(probs: ArrayView2<'_, f64>, value: impl Fn(ArrayView1<'_, f64>) -> f64) -> Vec<f64> {
    let norm = (probs.ncols() as f64).ln();
    probs.rows().into_iter().map(|row| value(row) / norm).collect()
}

/// -Σ target ln(max(p, 1e-6)), in nats.
fn cross_entropy(target: ArrayView1<'_, f64>, probs: ArrayView1<'_, f64>) -> f64 {
    -target.iter().zip(probs).map(|(t, p)| t * p.max(CLIP).ln()).sum::<f64>()
}
