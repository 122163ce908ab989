//! The measures of a round under the names that they have on disk and in
//! `summary.csv`: accuracies, the labels they cost, and the area under each
//! curve so far, which is its mean over the labels spent.

use serde::{Deserialize, Serialize};

use super::RoundRecord;
use crate::Metrics;

/// Accuracies in [0, 1], what they cost, and areas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsRecord {
    /// Test accuracy as published (see [`Metrics`]).
    pub model_accuracy: f64,
    /// Test accuracy of the averaged prediction.
    pub averaged_accuracy: f64,
    /// Mean over models and folds of each fold model's own test accuracy.
    pub fold_accuracy: f64,
    /// Share of labelled examples with a true consensus label.
    pub consensus_accuracy: f64,
    /// The same over all examples, with the model's class where there is no label.
    pub accuracy_all: f64,
    /// Labels bought since the start.
    pub labels_spent: usize,
    /// Labels per labelled example.
    pub labels_per_example: f64,
    /// Area under the curve of `model_accuracy` so far.
    pub model_accuracy_area: f64,
    /// Area under the curve of `consensus_accuracy` so far.
    pub consensus_accuracy_area: f64,
    /// Area under the curve of `accuracy_all` so far.
    pub accuracy_all_area: f64,
}

impl MetricsRecord {
    /// The measures of a round with so many labels on so many examples, after `earlier` rounds.
    pub fn new(
        metrics: &Metrics,
        n_labels: usize,
        n_examples: usize,
        earlier: &[RoundRecord],
    ) -> Self {
        let start = earlier.first().map_or(n_labels, |first| first.n_labels);
        let spent = n_labels - start;
        let area = |measure: fn(&Self) -> f64, now: f64| {
            let before = earlier
                .iter()
                .map(|record| (record.metrics.labels_spent as f64, measure(&record.metrics)));
            mean_height(before.chain([(spent as f64, now)]))
        };
        Self {
            model_accuracy: metrics.model_accuracy,
            averaged_accuracy: metrics.averaged_accuracy,
            fold_accuracy: metrics.fold_accuracy,
            consensus_accuracy: metrics.consensus_accuracy,
            accuracy_all: metrics.accuracy_all,
            labels_spent: spent,
            labels_per_example: n_labels as f64 / n_examples as f64,
            model_accuracy_area: area(|record| record.model_accuracy, metrics.model_accuracy),
            consensus_accuracy_area: area(
                |record| record.consensus_accuracy,
                metrics.consensus_accuracy,
            ),
            accuracy_all_area: area(|record| record.accuracy_all, metrics.accuracy_all),
        }
    }
}

/// Area under the straight lines between points, divided by its width; without width the last height.
fn mean_height(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let points: Vec<(f64, f64)> = points.collect();
    let area: f64 = points.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum();
    match (points.first(), points.last()) {
        (Some(first), Some(last)) if last.0 > first.0 => area / (last.0 - first.0),
        (_, last) => last.map_or(f64::NAN, |point| point.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_mean_over_the_labels_spent() {
        assert_eq!(mean_height([(0.0, 0.5)].into_iter()), 0.5);
        assert_eq!(mean_height([(0.0, 0.0), (100.0, 1.0)].into_iter()), 0.5);
        let uneven = [(0.0, 0.0), (10.0, 1.0), (40.0, 1.0)];
        assert!((mean_height(uneven.into_iter()) - 35.0 / 40.0).abs() < 1e-15);
    }
}
