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

/// The error with ids for positions and with the files of labelled examples and pool.
pub fn explained(
    error: QualityError,
    file: Option<&LabelFile>,
    labelled: &[PathBuf],
    pool: &[PathBuf],
) -> anyhow::Error {
    let QualityError::Input(input) = &error else { return error.into() };
    let named = |file| match input {
        InputError::ExamplesWithoutLabels(ids) => ids.named(|id| OfFile(file).example(id)),
        InputError::AnnotatorsWithoutLabels(ids) => ids.named(|id| OfFile(file).annotator(id)),
        InputError::AllTied { example } => OfFile(file).example(*example),
        _ => String::new(),
    };
    let files = match input {
        InputError::Probability { .. }
        | InputError::RowSum { .. }
        | InputError::Posterior { .. } => labelled,
        InputError::Pool(_) => pool,
        _ => &[],
    };
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match (file.map(named).filter(|names| !names.is_empty()), files.as_slice()) {
        (Some(names), _) => anyhow::anyhow!("{error} (by name: {names})"),
        (None, []) => error.into(),
        (None, files) => anyhow::anyhow!("{}: {error}", files.join(", ")),
    }
}
