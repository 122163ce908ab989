//! Labels of many annotators as a sparse store with two views: by example and
//! by annotator. Memory is proportional to the number of labels; examples and
//! annotators without labels are allowed.

use std::sync::OnceLock;

use crate::{AnnotatorId, Class, ExampleId, rows::Rows};

/// Why labels do not form a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// An example index beyond the number of examples.
    #[error("label {position} is of example {found}, but there are {n_examples} examples")]
    Example {
        /// Position of the label in the input.
        position: usize,
        /// The index found.
        found: u32,
        /// Number of examples.
        n_examples: usize,
    },
    /// An annotator index beyond the number of annotators.
    #[error("label {position} is by annotator {found}, but there are {n_annotators} annotators")]
    Annotator {
        /// Position of the label in the input.
        position: usize,
        /// The index found.
        found: u32,
        /// Number of annotators.
        n_annotators: usize,
    },
    /// One annotator labelled one example twice.
    #[error("annotator {annotator} labelled example {example} twice; keep one of the labels")]
    Twice {
        /// The annotator.
        annotator: u32,
        /// The example.
        example: u32,
        /// Positions of both labels in the input.
        positions: [usize; 2],
    },
}

/// Who said what about which example.
#[derive(Clone, Debug)]
pub struct Labels {
    by_example: Rows<(AnnotatorId, Class)>,
    n_annotators: usize,
    /// Made when it is first asked for: not every question needs it.
    by_annotator: OnceLock<Rows<(ExampleId, Class)>>,
    max_class: Option<Class>,
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.n_annotators == other.n_annotators && self.by_example == other.by_example
    }
}

impl Eq for Labels {}

impl Labels {
    /// Builds the store from `(example, annotator, class)` in any order.
    ///
    /// # Errors
    /// If an index is out of range or an annotator labelled an example twice.
    pub fn from_events(
        n_examples: usize,
        n_annotators: usize,
        events: impl IntoIterator<Item = (ExampleId, AnnotatorId, Class)>,
    ) -> Result<Self, LabelsError> {
        let events: Vec<_> = events.into_iter().collect();
        for (position, &(example, annotator, _)) in events.iter().enumerate() {
            if example.at() >= n_examples {
                return Err(LabelsError::Example { position, found: example.0, n_examples });
            }
            if annotator.at() >= n_annotators {
                let found = annotator.0;
                return Err(LabelsError::Annotator { position, found, n_annotators });
            }
        }
        let max_class = events.iter().map(|(_, _, class)| *class).max();
        let mut by_example = Rows::group(n_examples, events.len(), || {
            events.iter().map(|&(example, annotator, class)| (example.at(), (annotator, class)))
        });
        let in_order = by_example.each_rises_by(|(annotator, _)| *annotator);
        if !in_order {
            by_example.sort_each_by_key(|(annotator, _)| *annotator);
        }
        if !in_order && let Some((example, annotator)) = twice(&by_example) {
            let mut both = events
                .iter()
                .enumerate()
                .filter(|(_, (e, a, _))| (e.0, a.0) == (example, annotator));
            let mut position = || both.next().map_or(0, |(position, _)| position);
            return Err(LabelsError::Twice {
                annotator,
                example,
                positions: [position(), position()],
            });
        }
        Ok(Self { by_example, n_annotators, by_annotator: OnceLock::new(), max_class })
    }

    /// Builds the store from a matrix: one row per example, one cell per annotator.
    ///
    /// # Errors
    /// If the rows differ in length: the cells beyond the first row's length have no annotator.
    pub fn from_wide(rows: &[Vec<Option<Class>>]) -> Result<Self, LabelsError> {
        let n_annotators = rows.first().map_or(0, Vec::len);
        let events = rows.iter().zip(0..).flat_map(|(row, example)| {
            row.iter().zip(0..).filter_map(move |(class, annotator)| {
                class.map(|class| (ExampleId(example), AnnotatorId(annotator), class))
            })
        });
        Self::from_events(rows.len(), n_annotators, events)
    }

    /// Number of examples, those without labels included.
    pub fn n_examples(&self) -> usize {
        self.by_example.len()
    }

    /// Number of annotators, those without labels included.
    pub fn n_annotators(&self) -> usize {
        self.n_annotators
    }

    /// Number of labels.
    pub fn n_labels(&self) -> usize {
        self.by_example.n_items()
    }

    /// True if every annotator labelled every example.
    pub fn is_complete(&self) -> bool {
        self.n_labels() == self.n_examples() * self.n_annotators()
    }

    /// Mean number of labels of the examples that have any.
    pub fn mean_labels_per_example(&self) -> f64 {
        let labelled = self.examples().filter(|given| !given.is_empty()).count();
        self.n_labels() as f64 / labelled as f64
    }

    /// The labels of one example, by annotator.
    pub fn of_example(&self, example: ExampleId) -> &[(AnnotatorId, Class)] {
        self.by_example.row(example.at())
    }

    /// The labels by one annotator, by example.
    pub fn of_annotator(&self, annotator: AnnotatorId) -> &[(ExampleId, Class)] {
        self.by_annotator().row(annotator.at())
    }

    /// The labels of every example in turn.
    pub fn examples(&self) -> impl ExactSizeIterator<Item = &[(AnnotatorId, Class)]> {
        (0..self.n_examples()).map(|example| self.by_example.row(example))
    }

    /// The labels by every annotator in turn.
    pub fn annotators(&self) -> impl ExactSizeIterator<Item = &[(ExampleId, Class)]> {
        let by_annotator = self.by_annotator();
        (0..self.n_annotators).map(|annotator| by_annotator.row(annotator))
    }

    /// Number of labels by every annotator.
    pub fn labels_per_annotator(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_annotators];
        self.by_example.items().iter().for_each(|(annotator, _)| counts[annotator.at()] += 1);
        counts
    }

    /// The class of every label, by example.
    pub(crate) fn classes(&self) -> impl Iterator<Item = Class> {
        self.by_example.items().iter().map(|(_, class)| *class)
    }

    fn by_annotator(&self) -> &Rows<(ExampleId, Class)> {
        self.by_annotator.get_or_init(|| {
            Rows::group(self.n_annotators, self.n_labels(), || {
                self.by_example.enumerated().map(|(example, (annotator, class))| {
                    (annotator.at(), (ExampleId(example as u32), class))
                })
            })
        })
    }

    /// True if some example has two labels, so that annotators can be compared.
    pub fn has_overlap(&self) -> bool {
        self.examples().any(|given| given.len() > 1)
    }

    /// The examples with labels and those without, in order.
    pub fn parted(&self) -> (Vec<usize>, Vec<usize>) {
        let is_labelled = |&example: &usize| !self.by_example.row(example).is_empty();
        (0..self.n_examples()).partition(is_labelled)
    }

    /// The labels of some examples only, numbered in the order given, each at most once.
    pub fn of_examples(&self, examples: &[usize]) -> Self {
        let events = examples.iter().zip(0..).flat_map(|(&example, place)| {
            let given = self.by_example.row(example).iter();
            given.map(move |&(annotator, class)| (ExampleId(place), annotator, class))
        });
        Self::from_events(examples.len(), self.n_annotators, events)
            .expect("some labels of a store should form a store")
    }

    /// The highest class that anyone chose.
    pub fn max_class(&self) -> Option<Class> {
        self.max_class
    }
}

fn twice(by_example: &Rows<(AnnotatorId, Class)>) -> Option<(u32, u32)> {
    (0..by_example.len()).find_map(|example| {
        let row = by_example.row(example);
        row.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| (example as u32, pair[0].0.0))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(example: u32, annotator: u32, class: u16) -> (ExampleId, AnnotatorId, Class) {
        (ExampleId(example), AnnotatorId(annotator), Class(class))
    }

    #[test]
    fn both_views_are_in_order_whatever_the_input_order() {
        let events = [event(2, 1, 0), event(0, 2, 3), event(2, 0, 1), event(0, 1, 1)];
        let labels = Labels::from_events(3, 4, events).unwrap();
        let row = [(AnnotatorId(1), Class(1)), (AnnotatorId(2), Class(3))];
        assert_eq!(labels.of_example(ExampleId(0)), row);
        assert!(labels.of_example(ExampleId(1)).is_empty());
        let column = [(ExampleId(0), Class(1)), (ExampleId(2), Class(0))];
        assert_eq!(labels.of_annotator(AnnotatorId(1)), column);
        assert!(labels.of_annotator(AnnotatorId(3)).is_empty());
        assert_eq!((labels.n_labels(), labels.max_class()), (4, Some(Class(3))));
    }

    #[test]
    fn examples_with_labels_can_be_had_alone() {
        let events = [event(3, 1, 0), event(1, 2, 3), event(1, 0, 1)];
        let labels = Labels::from_events(4, 3, events).unwrap();
        let (with, without) = labels.parted();
        assert_eq!((&with[..], &without[..]), (&[1, 3][..], &[0, 2][..]));
        let expected = [event(0, 0, 1), event(0, 2, 3), event(1, 1, 0)];
        assert_eq!(labels.of_examples(&with), Labels::from_events(2, 3, expected).unwrap());
    }

    #[test]
    fn labels_that_contradict_their_store_are_refused() {
        let twice = Labels::from_events(1, 1, [event(0, 0, 0), event(0, 0, 0)]);
        assert_eq!(twice, Err(LabelsError::Twice { annotator: 0, example: 0, positions: [0, 1] }));
        assert!(Labels::from_events(1, 1, [event(1, 0, 0)]).is_err());
        assert!(Labels::from_events(1, 1, [event(0, 1, 0)]).is_err());
    }
}
