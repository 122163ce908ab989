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
    let agreements = agreements(labels, &main.consensus);
    let mut rows: Vec<AnnotatorStats> = labels
        .annotators()
        .zip(mean_scores.iter().zip(&agreements))
        .zip(0..)
        .filter(|((given, _), _)| !given.is_empty())
        .map(|((given, (mean_score, agreement)), annotator)| {
            let with_others = agreement.with_others.share();
            AnnotatorStats {
                annotator: AnnotatorId(annotator),
                quality: match share {
                    Some(share) => share * mean_score + (1.0 - share) * with_others,
                    None => with_others,
                },
                agreement_with_consensus: agreement.on_all.share(),
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

/// How many of so many labels equal the consensus.
#[derive(Clone, Copy, Default)]
struct Equal {
    equal: u32,
    n: u32,
}

impl Equal {
    fn add(&mut self, equal: bool) {
        self.equal += u32::from(equal);
        self.n += 1;
    }

    fn share(self) -> f64 {
        f64::from(self.equal) / f64::from(self.n)
    }
}

/// One annotator's agreement with the consensus.
#[derive(Clone, Copy, Default)]
struct Agreement {
    on_all: Equal,
    /// On the examples that others labelled too.
    with_others: Equal,
}

/// By example, as the labels lie in memory.
fn agreements(labels: &Labels, consensus: &[Class]) -> Vec<Agreement> {
    let mut agreements = vec![Agreement::default(); labels.n_annotators()];
    for (given, consensus) in labels.examples().zip(consensus) {
        for (annotator, class) in given {
            let Agreement { on_all, with_others } = &mut agreements[annotator.at()];
            on_all.add(class == consensus);
            if given.len() > 1 {
                with_others.add(class == consensus);
            }
        }
    }
    agreements
}

/// One annotator's labels of one class.
#[derive(Clone, Copy, Default)]
struct ClassCount {
    given: u32,
    equal: u32,
    quality: f64,
    /// What rounding took from `quality`.
    lost: f64,
    /// How many of the labels have a quality that is a number.
    n_scored: u32,
}

impl ClassCount {
    fn add(&mut self, equal: bool, quality: f64) {
        self.given += 1;
        self.equal += u32::from(equal);
        if quality.is_nan() {
            return;
        }
        self.n_scored += 1;
        // With Kahan's compensation, as pandas adds: exact ties of worst classes hang on it.
        let term = quality - self.lost;
        let sum = self.quality + term;
        self.lost = (sum - self.quality) - term;
        self.quality = sum;
    }

    /// Less = worse: a lower rate, then more labels, then a surer consensus.
    fn compare(&self, other: &Self) -> Ordering {
        let rate = |count: &Self| f64::from(count.equal) / f64::from(count.given);
        let quality = |count: &Self| match count.n_scored {
            0 => f64::NEG_INFINITY,
            n => count.quality / f64::from(n),
        };
        rate(self)
            .total_cmp(&rate(other))
            .then(other.given.cmp(&self.given))
            .then_with(|| nan_last(quality(other), quality(self)))
    }
}

/// Full ties go to the lowest class. `counts` is left cleared.
fn worst_class(given: &[(ExampleId, Class)], main: &Judgement, counts: &mut [ClassCount]) -> Class {
    let mut classes: Vec<Class> = Vec::new();
    for (id, class) in given {
        let count = &mut counts[class.at()];
        if count.given == 0 {
            classes.push(*class);
        }
        count.add(*class == main.consensus[id.at()], main.quality[id.at()]);
    }
    let worst = classes
        .iter()
        .min_by(|a, b| counts[a.at()].compare(&counts[b.at()]).then(a.cmp(b)))
        .copied()
        .expect("an annotator in the table should have labels");
    for class in classes {
        counts[class.at()] = ClassCount::default();
    }
    worst
}

fn nan_last(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_that_is_no_number_does_not_count() {
        let count = |qualities: [f64; 2]| {
            let mut count = ClassCount::default();
            qualities.iter().for_each(|&quality| count.add(true, quality));
            count
        };
        let (unsure, sure) = (count([0.8, f64::NAN]), count([0.9, 0.9]));
        assert_eq!(unsure.compare(&sure), Ordering::Greater);
        assert_eq!(count([0.95, f64::NAN]).compare(&sure), Ordering::Less);
        assert_eq!(count([f64::NAN; 2]).compare(&sure), Ordering::Greater);
    }
}
