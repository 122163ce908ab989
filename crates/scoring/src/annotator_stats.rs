//! One row per annotator: how good the labels are, how often they equal the
//! consensus, and the class that goes wrong most often. Worst annotators first.

use std::cmp::Ordering;

use crate::{AnnotatorId, Class, ExampleId, Labels, judgement::Judgement};

/// What is known about one annotator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnotatorStats {
    /// The annotator.
    pub annotator: AnnotatorId,
    /// Overall quality. NaN if the annotator shares no example with anyone.
    pub quality: f64,
    /// Share of the annotator's labels that equal the consensus.
    pub agreement_with_consensus: f64,
    /// The class whose labels by this annotator equal the consensus least often.
    pub worst_class: Class,
    /// Number of labels.
    pub num_examples_labeled: usize,
}

/// Rows of all annotators with labels, by quality, then agreement, then
/// annotator; what is no number comes last. `mean_scores` are those of each annotator's labels.
pub(crate) fn annotator_stats(
    labels: &Labels,
    main: &Judgement,
    mean_scores: &[f64],
) -> Vec<AnnotatorStats> {
    let share = models_share(labels, main);
    let mut class_counts = vec![ClassCount::default(); main.posterior.ncols()];
    let mut rows: Vec<AnnotatorStats> = labels
        .annotators()
        .zip(mean_scores)
        .zip(0..)
        .filter(|((given, _), _)| !given.is_empty())
        .map(|((given, mean_score), annotator)| {
            let shared = given.iter().filter(|(id, _)| labels.of_example(*id).len() > 1);
            let with_others = equal_share(shared, &main.consensus);
            AnnotatorStats {
                annotator: AnnotatorId(annotator),
                quality: match share {
                    Some(share) => share * mean_score + (1.0 - share) * with_others,
                    None => with_others,
                },
                agreement_with_consensus: equal_share(given.iter(), &main.consensus),
                worst_class: worst_class(given, main, &mut class_counts),
                num_examples_labeled: given.len(),
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        nan_last(a.quality, b.quality)
            .then_with(|| nan_last(a.agreement_with_consensus, b.agreement_with_consensus))
    });
    rows
}

/// ω: the weight of an average model among all that judges an average example.
/// `None` for the agreement method, which has no weights.
fn models_share(labels: &Labels, main: &Judgement) -> Option<f64> {
    if main.model_weights.is_empty() {
        return None;
    }
    let model = main.model_weights.iter().sum::<f64>() / main.model_weights.len() as f64;
    let active = labels.annotators().zip(&main.annotator_weights);
    let (sum, n_annotators) = active
        .filter(|(given, _)| !given.is_empty())
        .fold((0.0, 0_u32), |(sum, n), (_, weight)| (sum + weight, n + 1));
    let people = sum * labels.mean_labels_per_example() / f64::from(n_annotators);
    Some(model / (model + people))
}

fn equal_share<'a>(
    given: impl Iterator<Item = &'a (ExampleId, Class)>,
    consensus: &[Class],
) -> f64 {
    let (equal, n) = given.fold((0_u32, 0_u32), |(equal, n), (id, class)| {
        (equal + u32::from(*class == consensus[id.at()]), n + 1)
    });
    f64::from(equal) / f64::from(n)
}

/// One annotator's labels of one class.
#[derive(Clone, Copy, Default)]
struct ClassCount {
    given: u32,
    equal: u32,
    quality: f64,
}

impl ClassCount {
    /// Less = worse: a lower rate, then more labels, then a surer consensus.
    fn compare(&self, other: &Self) -> Ordering {
        let rate = |count: &Self| f64::from(count.equal) / f64::from(count.given);
        let quality = |count: &Self| count.quality / f64::from(count.given);
        rate(self)
            .total_cmp(&rate(other))
            .then(other.given.cmp(&self.given))
            .then_with(|| nan_last(quality(other), quality(self)))
    }
}

/// Full ties go to the lowest class. `counts` is left cleared.
fn worst_class(given: &[(ExampleId, Class)], main: &Judgement, counts: &mut [ClassCount]) -> Class {
    for (id, class) in given {
        let count = &mut counts[class.at()];
        count.given += 1;
        count.equal += u32::from(*class == main.consensus[id.at()]);
        count.quality += main.quality[id.at()];
    }
    let worst = given
        .iter()
        .map(|(_, class)| *class)
        .min_by(|a, b| counts[a.at()].compare(&counts[b.at()]).then(a.cmp(b)))
        .expect("an annotator in the table should have labels");
    for (_, class) in given {
        counts[class.at()] = ClassCount::default();
    }
    worst
}

fn nan_last(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
