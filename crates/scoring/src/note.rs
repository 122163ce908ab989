//! What is unusual about labels or their consensus but no error.

use std::fmt;

use crate::{Class, ConsensusMethod, Labels};

/// Positions of examples or annotators; shown in part if there are many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids(pub Vec<u32>);

impl Ids {
    /// The first ones by name, and how many more there are.
    pub fn named(&self, name: impl Fn(u32) -> String) -> String {
        const SHOWN: usize = 10;
        let shown: Vec<String> = self.0.iter().take(SHOWN).map(|id| name(*id)).collect();
        match self.0.len().saturating_sub(SHOWN) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(|id| id.to_string()))
    }
}

/// What positions are called.
pub trait Naming {
    /// The name of an example.
    fn example(&self, position: u32) -> String {
        position.to_string()
    }

    /// The name of an annotator.
    fn annotator(&self, position: u32) -> String {
        position.to_string()
    }

    /// The name of a class.
    fn class(&self, position: u32) -> String {
        position.to_string()
    }
}

/// Positions are called by their numbers.
struct Numbers;

impl Naming for Numbers {}

/// What is unusual but no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Examples that the models alone decided.
    ExamplesWithoutLabels(Ids),
    /// Annotators who are not in the table of annotators.
    AnnotatorsWithoutLabels(Ids),
    /// Annotators who share no example with anyone.
    AnnotatorsWithoutOverlap(Ids),
    /// No two annotators agree about any example.
    NoAgreement,
    /// Classes that somebody chose but that are nobody's consensus.
    ClassesLost {
        /// The consensus method.
        method: ConsensusMethod,
        /// The classes.
        classes: Ids,
    },
}

impl Note {
    pub(crate) fn no_agreement(labels: &Labels) -> Option<Self> {
        let mut classes = Vec::new();
        let agrees = labels.examples().any(|given| {
            classes.clear();
            classes.extend(given.iter().map(|(_, class)| *class));
            classes.sort_unstable();
            classes.windows(2).any(|pair| pair[0] == pair[1])
        });
        (!agrees).then_some(Self::NoAgreement)
    }

    pub(crate) fn loners(labels: &Labels) -> Option<Self> {
        let mut with_others = vec![false; labels.n_annotators()];
        for given in labels.examples().filter(|given| given.len() > 1) {
            given.iter().for_each(|(annotator, _)| with_others[annotator.at()] = true);
        }
        let counts = labels.labels_per_annotator().into_iter().zip(with_others).zip(0..);
        let alone = counts.filter(|((n_labels, with_others), _)| *n_labels > 0 && !with_others);
        let alone: Vec<u32> = alone.map(|(_, annotator)| annotator).collect();
        (!alone.is_empty()).then_some(Self::AnnotatorsWithoutOverlap(Ids(alone)))
    }

    pub(crate) fn lost_classes(
        labels: &Labels,
        method: ConsensusMethod,
        consensus: &[Class],
    ) -> Option<Self> {
        let n_classes = labels.max_class()?.at() + 1;
        let mut lost = vec![false; n_classes];
        labels.classes().for_each(|class| lost[class.at()] = true);
        for class in consensus.iter().filter(|class| class.at() < n_classes) {
            lost[class.at()] = false;
        }
        let classes: Vec<u32> =
            lost.iter().zip(0..).filter(|(lost, _)| **lost).map(|(_, class)| class).collect();
        (!classes.is_empty()).then_some(Self::ClassesLost { method, classes: Ids(classes) })
    }
}

impl Note {
    /// The note in words, with these names.
    pub fn named(&self, names: &dyn Naming) -> String {
        let examples = |ids: &Ids| ids.named(|id| names.example(id));
        let annotators = |ids: &Ids| ids.named(|id| names.annotator(id));
        match self {
            Self::ExamplesWithoutLabels(ids) => {
                format!("examples without labels, decided by the models alone: {}", examples(ids))
            }
            Self::AnnotatorsWithoutLabels(ids) => {
                format!("annotators without labels: {}", annotators(ids))
            }
            Self::AnnotatorsWithoutOverlap(ids) => {
                format!("annotators who share no example with anyone: {}", annotators(ids))
            }
            Self::NoAgreement => {
                "no two annotators agree about any example; check the labels".to_owned()
            }
            Self::ClassesLost { classes, .. } => {
                let classes = classes.named(|id| names.class(id));
                format!("classes that were chosen but are no consensus label: {classes}")
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(&Numbers))
    }
}
