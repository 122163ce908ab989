//! Labels as they are gathered from a file, before examples, annotators and
//! classes are put in order.

use std::path::Path;
use std::str::Utf8Error;

use relabel_scoring::{AnnotatorId, ExampleId, Ids, Labels, LabelsError};

use super::LabelFile;
use super::numbering::{Name, Numbering};
use super::order::{as_read, class_order, given_order, sorted};
use super::places::Places;
use crate::{DataError, Names, listed};

/// One label; the numbers are those of [`Numbering`].
#[derive(Clone, Copy)]
pub(super) struct Label {
    pub(super) example: u32,
    pub(super) annotator: u32,
    pub(super) class: u32,
}

/// Everything that a file says.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) examples: Numbering,
    pub(super) annotators: Numbering,
    pub(super) classes: Numbering,
    pub(super) labels: Vec<Label>,
    /// Where each label stands.
    pub(super) places: Places,
    /// Examples that stand in a row with or without a label, and those rows: at least those
    /// that have none.
    pub(super) rows: Vec<(u32, usize)>,
    pub(super) notes: Vec<String>,
    /// True if the order of rows and columns carries no meaning.
    pub(super) unordered: bool,
}

impl Gathered {
    /// Adds a label that stands in `row`.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        example: Name<'_>,
        annotator: Name<'_>,
        class: Name<'_>,
        row: usize,
    ) -> Result<(), Utf8Error> {
        let label = Label {
            example: self.examples.number(example)?,
            annotator: self.annotators.number(annotator)?,
            class: self.classes.number(class)?,
        };
        self.push(label, row);
        Ok(())
    }

    /// [`Gathered::add`] of what is text already.
    pub(super) fn add_text(&mut self, fields: [&str; 3], row: usize) {
        let [example, annotator, class] = fields.map(|field| Name::new(field.as_bytes()));
        self.add(example, annotator, class, row).expect("a text should be text");
    }

    #[inline]
    pub(super) fn push(&mut self, label: Label, row: usize) {
        self.labels.push(label);
        self.places.push(row);
    }

    /// The first row with a label for which `found` holds.
    pub(super) fn first_row(&self, found: impl Fn(&Label) -> bool) -> usize {
        self.labels.iter().position(found).map_or(1, |at| self.places.row(at))
    }

    /// The first row in which an example stands, be it with a label or without.
    pub(super) fn row_of_example(&self, example: u32) -> usize {
        let labelled = self.labels.iter().position(|label| label.example == example);
        let labelled = labelled.map(|at| self.places.row(at));
        let other = self.rows.iter().find(|(other, _)| *other == example);
        labelled.into_iter().chain(other.map(|&(_, row)| row)).min().unwrap_or(1)
    }

    /// Puts examples, annotators and classes in order.
    pub(super) fn into_labels(
        self,
        path: &Path,
        example_ids: Option<&Names>,
        class_names: Option<&[String]>,
    ) -> Result<LabelFile, DataError> {
        let arrange = if self.unordered { sorted } else { as_read };
        let (example_ids, examples) = match example_ids {
            Some(ids) => (ids.clone(), given_order(path, &self, ids)?),
            None => arrange(self.examples.names()),
        };
        let (annotator_ids, annotators) = arrange(self.annotators.names());
        let (class_names, classes) = class_order(path, &self, class_names)?;
        let in_order = |label: Label| {
            let example = ExampleId(examples[label.example as usize]);
            let annotator = AnnotatorId(annotators[label.annotator as usize]);
            (example, annotator, classes[label.class as usize])
        };
        let labels = self.labels.into_iter().map(in_order);
        let labels = Labels::from_events(example_ids.len(), annotator_ids.len(), labels)
            .map_err(|error| wrong(path, &error, &self.places, &example_ids, &annotator_ids))?;
        let mut file =
            LabelFile { example_ids, annotator_ids, class_names, labels, notes: self.notes };
        file.note_what_has_no_labels();
        Ok(file)
    }
}

fn wrong(
    path: &Path,
    error: &LabelsError,
    places: &Places,
    examples: &Names,
    annotators: &Names,
) -> DataError {
    let LabelsError::Twice { annotator, example, positions: [first, second] } = *error else {
        return DataError::file(path, error.to_string(), "labels of known examples");
    };
    let (annotator, example) = (&annotators[annotator as usize], &examples[example as usize]);
    let found = format!(
        "a second label of annotator {annotator} for example {example} (the first is in row {})",
        places.row(first)
    );
    DataError::row(path, places.row(second), found, "one label per annotator and example")
}

impl LabelFile {
    fn note_what_has_no_labels(&mut self) {
        let mut used = vec![false; self.class_names.len()];
        let mut unlabelled = Vec::new();
        for (given, example) in self.labels.examples().zip(0..) {
            given.iter().for_each(|(_, class)| used[class.at()] = true);
            unlabelled.extend(given.is_empty().then_some(example));
        }
        if !unlabelled.is_empty() {
            let (n, of) = (unlabelled.len(), self.example_ids.len());
            let names = Ids(unlabelled).named(|id| self.example_ids[id as usize].to_owned());
            self.notes.push(format!("{n} of {of} examples have no label: {names}"));
        }
        let names = self.class_names.iter().zip(used);
        let unused: Vec<&str> =
            names.filter(|(_, used)| !used).map(|(name, _)| name.as_str()).collect();
        if !unused.is_empty() {
            self.notes.push(format!("no label names class {}", listed(&unused)));
        }
    }
}
