//! The score of every single label under its example's posterior.

use ndarray::Array2;

use crate::{AnnotatorId, ExampleId, Labels, label_score::Scorer};

/// How good one label is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelDetail {
    /// The example.
    pub example: ExampleId,
    /// Who labelled it.
    pub annotator: AnnotatorId,
    /// The score of the label under the example's posterior.
    pub score: f64,
}

/// All labels by example, then annotator.
pub(crate) fn label_details(
    labels: &Labels,
    posterior: &Array2<f64>,
    scorer: Scorer,
) -> Vec<LabelDetail> {
    let by_annotator = scorer.adjust.then(|| adjusted_scores(labels, posterior, scorer));
    let mut next = vec![0; labels.n_annotators()];
    let mut details = Vec::with_capacity(labels.n_labels());
    for (example, given) in labels.examples().enumerate() {
        let row = posterior.row(example);
        let example = ExampleId(example as u32);
        details.extend(given.iter().map(|&(annotator, class)| {
            let score = match &by_annotator {
                None => scorer.score.of(class, row, scorer.compat),
                Some(scores) => {
                    let position = &mut next[annotator.at()];
                    *position += 1;
                    scores[annotator.at()][*position - 1]
                }
            };
            LabelDetail { example, annotator, score }
        }));
    }
    details
}

/// Scores of every annotator's labels in turn: each annotator has an adjustment of their own.
fn adjusted_scores(labels: &Labels, posterior: &Array2<f64>, scorer: Scorer) -> Vec<Vec<f64>> {
    labels
        .annotators()
        .map(|given| scorer.scores(given.iter().map(|(id, class)| (id.at(), *class)), posterior))
        .collect()
}

/// The mean score of each annotator's labels; NaN for whoever has none. A label whose
/// score is no number (compatible modes let such probabilities pass) does not count.
pub(crate) fn mean_scores(details: &[LabelDetail], n_annotators: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0_u32); n_annotators];
    for detail in details.iter().filter(|detail| !detail.score.is_nan()) {
        let (sum, n) = &mut sums[detail.annotator.at()];
        *sum += detail.score;
        *n += 1;
    }
    sums.into_iter().map(|(sum, n)| sum / f64::from(n)).collect()
}
