//! Majority vote with the whole cascade of tie-breaks: class probabilities,
//! class frequency, the annotators' agreement with untied majorities, chance.

use ndarray::{ArrayView2, Axis};

use crate::{Class, ExampleId, Labels, Stream, stream::below};

/// Which class wins a tie by its frequency over all labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrequencyTie {
    /// The rarer one, as the official library does since 2.3.1.
    Rarest,
    /// The more frequent one, as it did before: the published results used this.
    MostFrequent,
}

/// One class per example: the most frequent label. Ties go, in this order and
/// each rule by exact equality, to the class with the highest probability (if
/// `probs`, `[n_examples, K]`, is given), by `ties` to the rarest or most
/// frequent class, to the class whose voters agree most with the majority on
/// untied examples, and to chance (`stream`). An example without labels counts as a tie of all classes.
pub fn majority_vote(
    labels: &Labels,
    probs: Option<ArrayView2<'_, f64>>,
    n_classes: usize,
    ties: FrequencyTie,
    stream: Stream,
) -> Vec<Class> {
    let (mut votes, tied) = count_votes(labels, n_classes);
    if !tied.is_empty() {
        let cascade = Cascade::new(labels, probs, n_classes, ties, &votes);
        for (example, candidates) in tied {
            let class = cascade.decide(example, candidates, stream);
            votes[example] = Some(Class(class as u16));
        }
    }
    votes.into_iter().flatten().collect()
}

/// The first example that only chance can decide while no example at all has a
/// clear majority: there is then no majority to measure annotators by.
pub(crate) fn undecidable(
    labels: &Labels,
    probs: Option<ArrayView2<'_, f64>>,
    n_classes: usize,
) -> Option<ExampleId> {
    let (votes, tied) = count_votes(labels, n_classes);
    if tied.len() < labels.n_examples() {
        return None;
    }
    let cascade = Cascade::new(labels, probs, n_classes, FrequencyTie::Rarest, &votes);
    tied.into_iter()
        .find(|(example, candidates)| cascade.narrow(*example, candidates.clone()).len() > 1)
        .map(|(example, _)| ExampleId(example as u32))
}

/// True if no example has a clear majority.
pub(crate) fn all_tied(labels: &Labels, n_classes: usize) -> bool {
    count_votes(labels, n_classes).1.len() == labels.n_examples()
}

/// An example and the classes that lead its vote.
type Tie = (usize, Vec<usize>);

/// The clear majorities, and the ties that have none.
fn count_votes(labels: &Labels, n_classes: usize) -> (Vec<Option<Class>>, Vec<Tie>) {
    let mut counts = vec![0_u32; n_classes];
    let mut leaders = Vec::new();
    let mut tied = Vec::new();
    let mut votes = Vec::with_capacity(labels.n_examples());
    for (example, given) in labels.examples().enumerate() {
        given.iter().for_each(|(_, class)| counts[class.at()] += 1);
        let best = given.iter().map(|(_, class)| counts[class.at()]).max();
        leaders.clear();
        for (_, class) in given {
            let count = std::mem::take(&mut counts[class.at()]);
            leaders.extend((Some(count) == best).then_some(class.at()));
        }
        match leaders[..] {
            [class] => votes.push(Some(Class(class as u16))),
            [] => tied.push((example, (0..n_classes).collect())),
            _ => {
                leaders.sort_unstable();
                tied.push((example, leaders.clone()));
            }
        }
        votes.resize(example + 1, None);
    }
    (votes, tied)
}

/// What the rules after the count look at.
struct Cascade<'a> {
    labels: &'a Labels,
    probs: Option<ArrayView2<'a, f64>>,
    frequency: Vec<f64>,
    /// Agreement of each annotator with the untied majorities; `None` if no example is untied.
    agreement: Option<Vec<f64>>,
}

impl<'a> Cascade<'a> {
    fn new(
        labels: &'a Labels,
        probs: Option<ArrayView2<'a, f64>>,
        n_classes: usize,
        ties: FrequencyTie,
        votes: &[Option<Class>],
    ) -> Self {
        let mut frequency = vec![0.0; n_classes];
        labels.classes().for_each(|class| frequency[class.at()] += 1.0);
        if ties == FrequencyTie::Rarest {
            for count in &mut frequency {
                *count = -*count;
            }
        }
        let agreement = agreement_with_untied(labels, votes, ties);
        Self { labels, probs, frequency, agreement }
    }

    fn decide(&self, example: usize, candidates: Vec<usize>, stream: Stream) -> usize {
        match self.narrow(example, candidates).as_slice() {
            [class] => *class,
            several => several[below(&mut stream.child(example as u64).rng(), several.len())],
        }
    }

    /// The candidates that every rule but chance leaves.
    fn narrow(&self, example: usize, mut candidates: Vec<usize>) -> Vec<usize> {
        if let Some(probs) = &self.probs {
            let row = probs.index_axis(Axis(0), example);
            keep_best(&mut candidates, |class| row[class]);
        }
        if candidates.len() > 1 {
            keep_best(&mut candidates, |class| self.frequency[class]);
        }
        if candidates.len() > 1
            && let Some(agreement) = &self.agreement
        {
            keep_best(&mut candidates, |class| self.mean_agreement(example, class, agreement));
        }
        candidates
    }

    /// Mean score of the annotators who gave this class to this example.
    fn mean_agreement(&self, example: usize, class: usize, agreement: &[f64]) -> f64 {
        let example = ExampleId(example as u32);
        let voters = self.labels.of_example(example).iter();
        let (sum, n) = voters
            .filter(|(_, given)| given.at() == class)
            .fold((0.0, 0), |(sum, n), (annotator, _)| (sum + agreement[annotator.at()], n + 1));
        sum / f64::from(n)
    }
}

/// Keeps the classes with the highest value; a value that is no number never wins
/// against one that is, and if none is a number all stay.
fn keep_best(candidates: &mut Vec<usize>, value: impl Fn(usize) -> f64) {
    let best = candidates.iter().map(|&class| value(class)).fold(f64::NAN, f64::max);
    if !best.is_nan() {
        candidates.retain(|&class| value(class) == best);
    }
}

/// Share of each annotator's labels on untied examples that equal the majority.
/// Whoever has none gets the mean of the others, except under the old rule.
fn agreement_with_untied(
    labels: &Labels,
    votes: &[Option<Class>],
    ties: FrequencyTie,
) -> Option<Vec<f64>> {
    let mut counts = vec![(0_u32, 0_u32); labels.n_annotators()];
    for (given, majority) in labels.examples().zip(votes) {
        let Some(majority) = majority else { continue };
        for (annotator, class) in given {
            let (equal, n) = &mut counts[annotator.at()];
            *equal += u32::from(class == majority);
            *n += 1;
        }
    }
    let mut agreement: Vec<f64> =
        counts.into_iter().map(|(equal, n)| f64::from(equal) / f64::from(n)).collect();
    let known: Vec<f64> = agreement.iter().copied().filter(|score| !score.is_nan()).collect();
    if known.is_empty() {
        return None;
    }
    if ties == FrequencyTie::Rarest {
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        for score in agreement.iter_mut().filter(|score| score.is_nan()) {
            *score = mean;
        }
    }
    Some(agreement)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{AnnotatorId, Round, Seed};
    use ndarray::arr2;

    fn vote(rows: &[&[i32]], probs: Option<ArrayView2<'_, f64>>, ties: FrequencyTie) -> Vec<u16> {
        let rows: Vec<Vec<Option<Class>>> = rows
            .iter()
            .map(|row| row.iter().map(|&c| u16::try_from(c).ok().map(Class)).collect())
            .collect();
        let labels = Labels::from_wide(&rows).unwrap();
        let stream = Stream::new(Seed(0), "test", Round(0), 0);
        majority_vote(&labels, probs, 3, ties, stream).into_iter().map(|class| class.0).collect()
    }

    #[test]
    fn ties_go_to_probabilities_then_to_frequency() {
        let rows: [&[i32]; 3] = [&[0, 1, -1], &[1, 1, -1], &[2, 2, 2]];
        let probs = arr2(&[[0.9, 0.1, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
        assert_eq!(vote(&rows, Some(probs.view()), FrequencyTie::MostFrequent), [0, 1, 2]);
        assert_eq!(vote(&rows, None, FrequencyTie::MostFrequent), [1, 1, 2]);
        assert_eq!(vote(&rows, None, FrequencyTie::Rarest), [0, 1, 2]);
    }

    #[test]
    fn then_to_the_voters_who_agree_with_others() {
        // Classes 0 and 1 are equally frequent; annotator 2 is the one who errs elsewhere.
        let rows: [&[i32]; 3] = [&[0, -1, 1], &[2, 2, 1], &[0, 0, -1]];
        assert_eq!(vote(&rows, None, FrequencyTie::Rarest)[0], 1);
        let rows: [&[i32]; 4] = [&[0, -1, 1], &[2, 2, 1], &[0, 0, -1], &[-1, 1, -1]];
        assert_eq!(vote(&rows, None, FrequencyTie::Rarest)[0], 0);
    }

    #[test]
    fn an_input_of_ties_alone_is_decided_by_the_stream() {
        let labels = Labels::from_events(
            64,
            2,
            (0..64).flat_map(|example| {
                (0..2).map(move |a| (ExampleId(example), AnnotatorId(a), Class(a as u16)))
            }),
        )
        .unwrap();
        let stream = Stream::new(Seed(1), "test", Round(0), 0);
        let votes = majority_vote(&labels, None, 2, FrequencyTie::Rarest, stream);
        assert_eq!(votes, majority_vote(&labels, None, 2, FrequencyTie::Rarest, stream));
        let ones = votes.iter().filter(|class| class.0 == 1).count();
        assert!((12..52).contains(&ones), "{ones}");
    }
}
