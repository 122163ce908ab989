//! What a data set looks like at the start, in figures that were published
//! for the originals: labels, annotators, accuracy of the majority vote.

use std::collections::BTreeMap;

use relabel_scoring::{Class, ExampleId, FrequencyTie, Labels, Round, Seed, Stream, majority_vote};

use crate::Dataset;

/// The labels at the start in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Number of examples in the labelled set, the pool and the test set.
    pub sizes: [usize; 3],
    /// Number of labels.
    pub labels: usize,
    /// How many examples have so many labels.
    pub labels_per_example: BTreeMap<usize, usize>,
    /// Share of right labels of every annotator with labels.
    pub annotator_accuracy: Vec<f64>,
    /// Share of labelled examples whose majority vote is right.
    pub majority_accuracy: f64,
}

impl Start {
    /// The figures of a data set.
    pub fn of(dataset: &Dataset) -> Self {
        let mut counts = vec![0; dataset.truth.len()];
        let mut annotators = vec![(0_usize, 0_usize); dataset.n_annotators as usize];
        for event in &dataset.events {
            counts[event.example.at()] += 1;
            let (right, all) = &mut annotators[event.annotator.at()];
            *right += usize::from(event.class == dataset.truth[event.example.at()]);
            *all += 1;
        }
        let mut labels_per_example = BTreeMap::new();
        for example in &dataset.labeled {
            *labels_per_example.entry(counts[example.at()]).or_insert(0) += 1;
        }
        let votes = dataset.majority_votes().into_iter().zip(&dataset.labeled);
        let right = votes.filter(|(vote, example)| *vote == dataset.truth[example.at()]).count();
        Self {
            sizes: [dataset.labeled.len(), dataset.pool.len(), dataset.test.len()],
            labels: dataset.events.len(),
            labels_per_example,
            annotator_accuracy: annotators
                .into_iter()
                .filter(|(_, all)| *all > 0)
                .map(|(right, all)| right as f64 / all as f64)
                .collect(),
            majority_accuracy: right as f64 / dataset.labeled.len() as f64,
        }
    }

    /// The smallest, largest and mean accuracy of an annotator.
    pub fn annotator_range(&self) -> [f64; 3] {
        let all = &self.annotator_accuracy;
        let low = all.iter().copied().fold(f64::INFINITY, f64::min);
        let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [low, high, all.iter().sum::<f64>() / all.len() as f64]
    }

    /// The figures as text, with the published (labels, majority-vote accuracy) where known.
    pub fn lines(&self, published: Option<(usize, f64)>) -> Vec<String> {
        let [labeled, pool, test] = self.sizes;
        let histogram: Vec<String> = self
            .labels_per_example
            .iter()
            .map(|(labels, examples)| format!("{labels}: {examples}"))
            .collect();
        let [low, high, mean] = self.annotator_range();
        let beside = |figure: Option<String>| {
            figure.map_or_else(String::new, |figure| format!(" (published {figure})"))
        };
        vec![
            format!("{labeled} labelled, {pool} pool, {test} test examples"),
            format!(
                "{} labels at the start{} from {} annotators",
                self.labels,
                beside(published.map(|(labels, _)| labels.to_string())),
                self.annotator_accuracy.len(),
            ),
            format!("examples by number of labels: {}", histogram.join(", ")),
            format!("accuracy of annotators: {low:.3} to {high:.3}, mean {mean:.3}"),
            format!(
                "accuracy of the majority vote: {:.3}{}",
                self.majority_accuracy,
                beside(published.map(|(_, accuracy)| format!("{accuracy:.3}"))),
            ),
        ]
    }
}

impl Dataset {
    /// The majority vote of every example of `labeled`, in order; ties go to the
    /// class with more labels in all, as when the results were published.
    pub fn majority_votes(&self) -> Vec<Class> {
        let mut place = vec![None; self.truth.len()];
        for (at, example) in self.labeled.iter().enumerate() {
            place[example.at()] = Some(ExampleId(at as u32));
        }
        let events = self.events.iter();
        let events = events.filter_map(|e| Some((place[e.example.at()]?, e.annotator, e.class)));
        let labels = Labels::from_events(self.labeled.len(), self.n_annotators as usize, events)
            .expect("labels at the start should lie in the data set, each once");
        let stream = Stream::new(Seed(0), "majority vote at the start", Round(0), 0);
        majority_vote(&labels, None, self.n_classes(), FrequencyTie::MostFrequent, stream)
    }
}
