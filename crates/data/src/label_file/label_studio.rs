//! Labels from the JSON export of Label Studio: a list of tasks with annotations,
//! each with one choice. Rows in messages are positions of tasks, from 1.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::gathered::Gathered;
use crate::{DataError, listed};

#[derive(Deserialize)]
struct Task {
    id: Value,
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct Annotation {
    completed_by: Option<Value>,
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    result: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    #[serde(default)]
    value: Value,
}

pub(super) fn gather(path: &Path, text: &[u8]) -> Result<Gathered, DataError> {
    let tasks: Vec<Task> = serde_json::from_slice(text).map_err(|error| {
        let expected = "the JSON export of Label Studio: a list of tasks with id and annotations";
        DataError::file(path, error.to_string(), expected)
    })?;
    let mut gathered = Gathered { unordered: true, ..Gathered::default() };
    let mut n_skipped = 0;
    for (task, row) in tasks.iter().zip(1..) {
        let example = plain(&task.id);
        let number = gathered.examples.number_of_text(&example);
        let n_before = gathered.labels.len();
        for annotation in &task.annotations {
            // What was cancelled may be unfinished, and is not looked into.
            let chosen = match annotation.was_cancelled {
                true => None,
                false => choice(path, row, annotation)?,
            };
            let Some(choice) = chosen else {
                n_skipped += 1;
                continue;
            };
            let annotator = annotator(path, row, annotation)?;
            gathered.add_text([&example, &annotator, choice], row);
        }
        if gathered.labels.len() == n_before {
            gathered.rows.push((number, row));
        }
    }
    if n_skipped > 0 {
        let note = format!("cancelled or empty annotations that were skipped: {n_skipped}");
        gathered.notes.push(note);
    }
    Ok(gathered)
}

/// The one choice of an annotation, if it has any.
fn choice<'a>(
    path: &Path,
    row: usize,
    annotation: &'a Annotation,
) -> Result<Option<&'a str>, DataError> {
    let of_region = |region: &'a Region| region.value.get("choices").and_then(Value::as_array);
    let choices: Vec<&str> = annotation
        .result
        .iter()
        .filter_map(of_region)
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match choices.as_slice() {
        [] => Ok(None),
        [choice] => Ok(Some(choice)),
        _ => {
            let found = format!("the choices {} in one annotation", listed(&choices));
            Err(DataError::row(path, row, found, "one choice"))
        }
    }
}

/// Who annotated: the e-mail address if the export has it, else the id.
fn annotator(path: &Path, row: usize, annotation: &Annotation) -> Result<String, DataError> {
    let who = annotation.completed_by.as_ref();
    let name = match who {
        Some(Value::Object(user)) => user.get("email").or_else(|| user.get("id")).map(plain),
        Some(value @ (Value::Number(_) | Value::String(_))) => Some(plain(value)),
        _ => None,
    };
    name.ok_or_else(|| {
        let found = "an annotation without completed_by";
        DataError::row(path, row, found, "the id or e-mail address of the annotator")
    })
}

/// A string without its quotes; anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}
