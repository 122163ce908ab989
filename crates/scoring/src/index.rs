//! What an index means: examples, annotators, classes, rounds and seeds are
//! different types, and a label is an event that joins them.

/// Position of an example in its data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExampleId(pub u32);

/// Position of an annotator in its data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotatorId(pub u32);

/// A class, `0..n_classes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

/// A round of a relabelling experiment; round 0 uses the initial labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Round(pub u16);

/// The seed of one repetition of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

/// One annotator gave one example one class in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelEvent {
    /// Which example was labelled.
    pub example: ExampleId,
    /// Who labelled it.
    pub annotator: AnnotatorId,
    /// The class that was given.
    pub class: Class,
    /// When: initial labels carry round 0.
    pub round: Round,
}

impl ExampleId {
    /// The index as `usize`.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

impl AnnotatorId {
    /// The index as `usize`.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

impl Class {
    /// The index as `usize`.
    pub fn at(self) -> usize {
        usize::from(self.0)
    }
}
