//! Labels as they are gathered from a file, before examples, annotators and
//! classes are put in order.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use foldhash::fast::FixedState;
use relabel_scoring::{AnnotatorId, Class, ExampleId};

use super::LabelFile;
use super::order::{as_read, class_order, given_order, sorted};
use crate::DataError;

/// Different names, numbered in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, u32, FixedState>,
    names: Vec<Arc<str>>,
    /// The number that was asked for last: files mostly keep an example's labels together.
    last: usize,
}

impl Names {
    /// The number of `name`.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if self.names.get(self.last).is_some_and(|last| **last == *name) {
            return self.last as u32;
        }
        if let Some(&number) = self.numbers.get(name) {
            self.last = number as usize;
            return number;
        }
        let (name, number) = (Arc::<str>::from(name), self.names.len() as u32);
        self.last = self.names.len();
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    /// All names by number.
    pub(super) fn all(&self) -> &[Arc<str>] {
        &self.names
    }
}

/// One label; the numbers are those of [`Names`].
#[derive(Clone, Copy)]
pub(super) struct Label {
    pub(super) example: u32,
    pub(super) annotator: u32,
    pub(super) class: u32,
    /// Where the label stands in the file, from 1.
    pub(super) row: u32,
}

/// Everything that a file says.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) examples: Names,
    pub(super) annotators: Names,
    pub(super) classes: Names,
    pub(super) labels: Vec<Label>,
    pub(super) notes: Vec<String>,
    /// True if the order of rows and columns carries no meaning.
    pub(super) unordered: bool,
}

impl Gathered {
    pub(super) fn add(&mut self, [example, annotator, class]: [&str; 3], row: usize) {
        let label = Label {
            example: self.examples.number(example),
            annotator: self.annotators.number(annotator),
            class: self.classes.number(class),
            row: row as u32,
        };
        self.labels.push(label);
    }

    /// The first row with a label for which `found` holds.
    pub(super) fn first_row(&self, found: impl Fn(&Label) -> bool) -> usize {
        self.labels.iter().find(|label| found(label)).map_or(1, |label| label.row as usize)
    }

    /// Puts examples, annotators and classes in order.
    pub(super) fn into_labels(
        mut self,
        path: &Path,
        example_ids: Option<&[String]>,
        class_names: Option<&[String]>,
    ) -> Result<LabelFile, DataError> {
        let arrange = if self.unordered { sorted } else { as_read };
        let (example_ids, examples) = match example_ids {
            Some(ids) => (ids.to_vec(), given_order(path, &self, ids)?),
            None => arrange(self.examples.all()),
        };
        let (annotator_ids, annotators) = arrange(self.annotators.all());
        let (class_names, classes) = class_order(path, &self, class_names)?;
        let place = |label: &Label| {
            (examples[label.example as usize], annotators[label.annotator as usize])
        };
        self.labels.sort_unstable_by_key(|label| (place(label), label.row));
        if let Some([first, second]) =
            self.labels.array_windows().find(|[a, b]| place(a) == place(b))
        {
            return Err(self.twice(path, first, second));
        }
        let labels = self.labels.iter().map(|label| {
            let (example, annotator) = place(label);
            (ExampleId(example), AnnotatorId(annotator), classes[label.class as usize])
        });
        let labels = labels.collect();
        let mut file =
            LabelFile { example_ids, annotator_ids, class_names, labels, notes: self.notes };
        file.note_what_has_no_labels();
        Ok(file)
    }

    fn twice(&self, path: &Path, first: &Label, second: &Label) -> DataError {
        let example = &self.examples.all()[second.example as usize];
        let annotator = &self.annotators.all()[second.annotator as usize];
        let found = format!(
            "a second label of annotator {annotator} for example {example} (the first is in row {})",
            first.row
        );
        DataError::row(path, second.row as usize, found, "one label per annotator and example")
    }
}

impl LabelFile {
    fn note_what_has_no_labels(&mut self) {
        let mut labelled = vec![false; self.example_ids.len()];
        let mut used = vec![false; self.class_names.len()];
        for &(example, _, Class(class)) in &self.labels {
            labelled[example.at()] = true;
            used[usize::from(class)] = true;
        }
        let n_unlabelled = labelled.iter().filter(|&&labelled| !labelled).count();
        if n_unlabelled > 0 {
            self.notes.push(format!("{n_unlabelled} of {} examples have no label", labelled.len()));
        }
        let names = self.class_names.iter().zip(used);
        let unused: Vec<&str> =
            names.filter(|(_, used)| !used).map(|(name, _)| name.as_str()).collect();
        if !unused.is_empty() {
            self.notes.push(format!("no label names class {}", unused.join(", ")));
        }
    }
}
