//! How well a label fits a row of class probabilities: self-confidence,
//! normalised margin or confidence-weighted entropy (cleanlab's label quality
//! scores), after an optional adjustment by how sure the row's class usually is.

use std::str::FromStr;

use ndarray::{Array2, ArrayView1};

use crate::{Class, Compat, OptionError};

/// The smallest divisor of the entropy score.
const EPSILON: f64 = 1e-6;
/// The smallest threshold of a class that has examples.
const LEAST_THRESHOLD: f64 = 2e-6;
/// The threshold of a class without examples.
const NO_EXAMPLES: f64 = 2.0;

/// What a label is scored by; 0 = surely wrong, 1 = surely right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelScore {
    /// The probability of the label.
    SelfConfidence,
    /// Half of one plus the label's lead over the most probable other class.
    NormalizedMargin,
    /// ln(1 + s) / s where s is the row's entropy over the label's probability.
    ConfidenceWeightedEntropy,
}

impl LabelScore {
    /// The score of one label under one row of probabilities.
    ///
    /// A row with next to no entropy, less than [`EPSILON`] of ln K, has an entropy score of 1
    /// for its class and of 0 for the others; in cleanlab 2.9 these fall to 0 for all.
    pub(crate) fn of(self, label: Class, row: ArrayView1<'_, f64>, compat: Compat) -> f64 {
        let confidence = row[label.at()];
        match self {
            Self::SelfConfidence => confidence,
            Self::NormalizedMargin => {
                let others = row.iter().enumerate().filter(|(k, _)| *k != label.at());
                let rival = others.fold(f64::NEG_INFINITY, |best, (_, &p)| larger(best, p));
                (confidence - rival + 1.0) / 2.0
            }
            Self::ConfidenceWeightedEntropy => {
                // Beyond 1, logarithms change their sign: such a row must be normalised first.
                let sum = if row.iter().any(|&p| p > 1.0) { row.sum() } else { 1.0 };
                let confidence = confidence / sum;
                let entropy = entropy(row.iter().map(|p| p / sum)) / (row.len() as f64).ln();
                if compat == Compat::Corrected && (entropy < EPSILON || row.len() == 1) {
                    return if confidence > 0.5 { 1.0 } else { 0.0 };
                }
                let surprise = entropy / confidence.max(EPSILON);
                surprise.ln_1p() / surprise.max(EPSILON)
            }
        }
    }
}

impl FromStr for LabelScore {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, OptionError> {
        match name {
            "self_confidence" => Ok(Self::SelfConfidence),
            "normalized_margin" => Ok(Self::NormalizedMargin),
            "confidence_weighted_entropy" => Ok(Self::ConfidenceWeightedEntropy),
            _ => Err(OptionError::unknown(
                "label score",
                name,
                "self_confidence, normalized_margin, confidence_weighted_entropy",
            )),
        }
    }
}

/// In nats, with 0 ln 0 = 0.
fn entropy(row: impl Iterator<Item = f64>) -> f64 {
    -row.map(|p| if p == 0.0 { 0.0 } else { p * p.ln() }).sum::<f64>()
}

/// The larger number; what is no number wins.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// A score with its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scorer {
    pub(crate) score: LabelScore,
    pub(crate) adjust: bool,
    pub(crate) compat: Compat,
}

impl Scorer {
    /// Scores of `(row, label)` pairs under `probs` `[n, K]`. The pairs of one
    /// call set the thresholds of the adjustment.
    pub(crate) fn scores(
        &self,
        pairs: impl Iterator<Item = (usize, Class)> + Clone,
        probs: &Array2<f64>,
    ) -> Vec<f64> {
        if !self.adjust {
            return pairs
                .map(|(row, class)| self.score.of(class, probs.row(row), self.compat))
                .collect();
        }
        let thresholds = thresholds(pairs.clone(), probs);
        let highest = thresholds.iter().copied().fold(f64::NEG_INFINITY, larger);
        let mut adjusted = vec![0.0; probs.ncols()];
        pairs
            .map(|(row, class)| {
                let mut sum = 0.0;
                for ((value, p), own) in adjusted.iter_mut().zip(probs.row(row)).zip(&thresholds) {
                    // In this order: exact ties of worst classes hang on the last bit.
                    *value = p - own + highest;
                    sum += *value;
                }
                for value in &mut adjusted {
                    *value /= sum;
                }
                self.score.of(class, ArrayView1::from(&adjusted), self.compat)
            })
            .collect()
    }
}

/// The mean probability of each class over the rows labelled so.
fn thresholds(pairs: impl Iterator<Item = (usize, Class)>, probs: &Array2<f64>) -> Vec<f64> {
    let mut sums = vec![(0.0, 0_u32); probs.ncols()];
    for (row, class) in pairs {
        let (sum, n) = &mut sums[class.at()];
        *sum += probs[[row, class.at()]];
        *n += 1;
    }
    let threshold = |(sum, n): (f64, u32)| match n {
        0 => NO_EXAMPLES,
        n => larger(sum / f64::from(n), LEAST_THRESHOLD),
    };
    sums.into_iter().map(threshold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr1, arr2};

    fn entropy_score(row: &[f64], label: u16, compat: Compat) -> f64 {
        LabelScore::ConfidenceWeightedEntropy.of(Class(label), arr1(row).view(), compat)
    }

    #[test]
    fn margin_is_the_lead_over_the_best_other_class() {
        let row = arr1(&[0.5, 0.3, 0.2]);
        let margin = |k| LabelScore::NormalizedMargin.of(Class(k), row.view(), Compat::Corrected);
        assert!((margin(0) - 0.6).abs() < 1e-12 && (margin(2) - 0.35).abs() < 1e-12);
    }

    #[test]
    fn entropy_score_is_continuous_at_certainty_unless_compatible() {
        assert_eq!(entropy_score(&[1.0, 0.0], 0, Compat::Corrected), 1.0);
        assert_eq!(entropy_score(&[1.0, 0.0], 1, Compat::Corrected), 0.0);
        assert_eq!(entropy_score(&[1.0, 0.0], 0, Compat::Cleanlab29), 0.0);
        let near = entropy_score(&[1.0 - 1e-5, 1e-5], 0, Compat::Corrected);
        assert!(near > 0.99 && near <= 1.0, "{near}");
        for rest in [1e-8, 1e-12, 1e-16, 1e-30] {
            let row = [1.0 - rest, rest];
            assert_eq!(
                [0, 1].map(|label| entropy_score(&row, label, Compat::Corrected)),
                [1.0, 0.0]
            );
        }
    }

    #[test]
    fn entropy_score_of_a_row_that_sums_to_more_than_one_is_that_of_its_shares() {
        let row = [1.0 - 1e-5, 1e-5];
        for label in [0, 1] {
            let expected = entropy_score(&row, label, Compat::Corrected);
            let beyond = row.map(|p| 1.0005 * p);
            let found = entropy_score(&beyond, label, Compat::Corrected);
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let one_ulp_above = [1.0 + f64::EPSILON, 0.0];
        assert_eq!(entropy_score(&one_ulp_above, 0, Compat::Corrected), 1.0);
        assert_eq!(entropy_score(&one_ulp_above, 1, Compat::Corrected), 0.0);
    }

    #[test]
    fn adjustment_lifts_the_class_that_is_usually_unsure() {
        let probs = arr2(&[[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]]);
        let pairs = [(0, Class(0)), (1, Class(0)), (2, Class(1))];
        let scorer =
            Scorer { score: LabelScore::SelfConfidence, adjust: true, compat: Compat::Corrected };
        // Thresholds are 0.85 and 0.5; the rows gain 0 and 0.35 and are normalised.
        let found = scorer.scores(pairs.into_iter(), &probs);
        assert!((found[2] - 0.85 / 1.35).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_class_without_examples_flattens_all_rows() {
        let probs = arr2(&[[0.9, 0.1, 0.0], [0.3, 0.7, 0.0]]);
        let pairs = [(0, Class(0)), (1, Class(1))];
        let scorer =
            Scorer { score: LabelScore::SelfConfidence, adjust: true, compat: Compat::Corrected };
        // Thresholds are 0.9, 0.7 and 2; the first row becomes 2, 1.4, 0.
        let found = scorer.scores(pairs.into_iter(), &probs);
        assert!((found[0] - 2.0 / 3.4).abs() < 1e-12, "{found:?}");
    }
}
