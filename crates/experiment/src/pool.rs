//! Which examples are labelled, which wait in the pool, and every label event
//! so far. A round moves examples from the pool to the labelled set.

use std::collections::BTreeMap;

use relabel_scoring::{
    AnnotatorId, ExampleId, FrequencyTie, LabelEvent, Labels, LabelsError, Round, Stream,
    majority_vote,
};

/// Who gives the majority vote: nobody in particular.
const VOTE: AnnotatorId = AnnotatorId(u32::MAX);

/// The state of one cell between two rounds.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Labelled examples; newly labelled ones are at the end.
    pub labeled: Vec<ExampleId>,
    /// Examples without a label.
    pub pool: Vec<ExampleId>,
    /// All labels collected so far.
    pub events: Vec<LabelEvent>,
}

/// What a round chose to label next, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Labelled examples that get another label.
    pub relabel: Vec<ExampleId>,
    /// Pool examples that get their first label.
    pub new: Vec<ExampleId>,
    /// For each of `new`, its row in the pool at the time of selection.
    pub new_rows: Vec<usize>,
}

impl Selection {
    /// Splits positions in the concatenation [labelled, pool] (best first).
    pub fn from_positions(pool: &Pool, positions: &[usize]) -> Self {
        let n_labeled = pool.labeled.len();
        let mut selection = Self::default();
        for &position in positions {
            if position < n_labeled {
                selection.relabel.push(pool.labeled[position]);
            } else {
                selection.new.push(pool.pool[position - n_labeled]);
                selection.new_rows.push(position - n_labeled);
            }
        }
        selection
    }

    /// Every chosen example: relabelled ones, then new ones.
    pub fn examples(&self) -> Vec<ExampleId> {
        self.relabel.iter().chain(&self.new).copied().collect()
    }
}

impl Pool {
    /// The labels as a store whose rows are the labelled examples in order and
    /// whose columns are the annotators that gave a label, by id.
    ///
    /// # Errors
    /// If an annotator labelled the same example twice.
    pub fn labels(&self) -> Result<Labels, LabelsError> {
        let row: BTreeMap<ExampleId, u32> = self.labeled.iter().copied().zip(0..).collect();
        let mut column: BTreeMap<AnnotatorId, u32> =
            self.events.iter().map(|event| (event.annotator, 0)).collect();
        for (position, id) in column.values_mut().zip(0..) {
            *position = id;
        }
        let events = self.events.iter().map(|event| {
            (ExampleId(row[&event.example]), AnnotatorId(column[&event.annotator]), event.class)
        });
        Labels::from_events(self.labeled.len(), column.len(), events)
    }

    /// The same examples with their majority votes as the only labels.
    ///
    /// # Errors
    /// As [`Self::labels`].
    pub fn voted(
        &self,
        n_classes: usize,
        ties: FrequencyTie,
        stream: Stream,
    ) -> Result<Self, LabelsError> {
        let votes = majority_vote(&self.labels()?, None, n_classes, ties, stream);
        let event =
            |(&example, class)| LabelEvent { example, annotator: VOTE, class, round: Round(0) };
        let events = self.labeled.iter().zip(votes).map(event).collect();
        Ok(Self { events, ..self.clone() })
    }

    /// Number of labels of every labelled example in order, then a zero for every pool example.
    pub fn labels_per_example(&self) -> Vec<u32> {
        let mut counts: BTreeMap<ExampleId, u32> = BTreeMap::new();
        for event in &self.events {
            *counts.entry(event.example).or_default() += 1;
        }
        let order = self.labeled.iter().chain(&self.pool);
        order.map(|example| counts.get(example).copied().unwrap_or(0)).collect()
    }

    /// Adds the new labels and moves the newly labelled examples out of the pool.
    pub fn advance(&mut self, selection: &Selection, events: &[LabelEvent]) {
        self.pool.retain(|example| !selection.new.contains(example));
        self.labeled.extend(&selection.new);
        self.events.extend_from_slice(events);
    }
}
