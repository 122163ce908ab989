//! Notes and errors about positions, in the names of a label file and with the
//! files that the numbers came from.

use std::path::PathBuf;

use relabel_data::LabelFile;
use relabel_scoring::{InputError, Naming, Note, QualityError};

use crate::talk::Talk;

struct OfFile<'a>(&'a LabelFile);

impl Naming for OfFile<'_> {
    fn example(&self, position: u32) -> String {
        self.0.example_ids[position as usize].to_owned()
    }

    fn annotator(&self, position: u32) -> String {
        self.0.annotator_ids[position as usize].to_owned()
    }

    fn class(&self, position: u32) -> String {
        self.0.class_names[position as usize].clone()
    }
}

/// Says what is unusual about a label file.
pub fn say_notes(file: &LabelFile, notes: &[Note], talk: Talk) {
    for note in &file.notes {
        talk.say(format!("note: {note}"));
    }
    // What has no labels was said in the file's own words.
    let is_new = |note: &&Note| !matches!(note, Note::ExamplesWithoutLabels(_));
    for note in notes.iter().filter(is_new) {
        talk.say(format!("note: {}", note.named(&OfFile(file))));
    }
}

/// The error with ids for positions, or with the files that the probabilities came from.
pub fn explained(
    error: QualityError,
    labels: Option<&LabelFile>,
    probabilities: &[PathBuf],
) -> anyhow::Error {
    let QualityError::Input(input) = &error else { return error.into() };
    let named = |file| match input {
        InputError::ExamplesWithoutLabels(ids) => ids.named(|id| OfFile(file).example(id)),
        InputError::AnnotatorsWithoutLabels(ids) => ids.named(|id| OfFile(file).annotator(id)),
        InputError::AllTied { example } => OfFile(file).example(*example),
        _ => String::new(),
    };
    let of_values = matches!(
        input,
        InputError::Probability { .. }
            | InputError::RowSum { .. }
            | InputError::Posterior { .. }
            | InputError::Pool(_)
    );
    let names = labels.map(named).filter(|names| !names.is_empty());
    match (names, of_values) {
        (Some(names), _) => anyhow::anyhow!("{error} (by name: {names})"),
        (None, false) => error.into(),
        (None, true) => {
            let files: Vec<_> =
                probabilities.iter().map(|file| file.display().to_string()).collect();
            anyhow::anyhow!("{}: {error}", files.join(", "))
        }
    }
}
