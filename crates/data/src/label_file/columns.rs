//! What the columns of a CSV file mean, judged by the header.

use std::path::Path;

use crate::{DataError, listed};

const EXAMPLE: [&str; 7] = ["task", "example", "item", "task_id", "example_id", "item_id", "id"];
const ANNOTATOR: [&str; 4] = ["annotator", "worker", "annotator_id", "worker_id"];
const LABEL: [&str; 1] = ["label"];

/// What may be behind labels that are wrong in a table with one column per annotator.
pub(super) const READ_AS_WIDE: &str = "; without the columns task, annotator and label every \
                                       column but the first is read as one annotator's labels";

/// How labels lie in a table.
pub(super) enum Columns {
    /// One label per row: the columns of example, annotator and label.
    Long([usize; 3]),
    /// The example in the first column, then one column per annotator.
    Wide(Vec<String>),
}

impl Columns {
    pub(super) fn of(path: &Path, names: Vec<String>) -> Result<Self, DataError> {
        let find = |known: &[&str]| {
            let place =
                |known: &&str| names.iter().position(|name| name.eq_ignore_ascii_case(known));
            known.iter().find_map(place)
        };
        let (example, annotator, label) = (find(&EXAMPLE), find(&ANNOTATOR), find(&LABEL));
        match (example, annotator, label) {
            (Some(example), Some(annotator), Some(label)) => {
                let columns = [example, annotator, label];
                only_these(path, &names, columns).map(|()| Self::Long(columns))
            }
            // A column of labels beside others is half of a long header.
            (_, None, label) if names.len() > 1 && (label.is_none() || names.len() == 2) => {
                wide(path, names)
            }
            _ => {
                let found = if names.iter().all(String::is_empty) {
                    "no header".to_owned()
                } else {
                    format!("the columns {}", listed(&names))
                };
                let expected = "the columns task, annotator and label, separated by commas, \
                                or an example column and one column per annotator";
                Err(DataError::row(path, 1, found, expected))
            }
        }
    }
}

/// Whether no other column could be meant as well: a second one of the same name, or
/// a worker beside an annotator.
fn only_these(path: &Path, names: &[String], columns: [usize; 3]) -> Result<(), DataError> {
    let is_worker = |name: &str| name.to_ascii_lowercase().starts_with("worker");
    let other = |&column: &usize| {
        let rival = |(at, name): &(usize, &String)| {
            let is_annotator = ANNOTATOR.iter().any(|known| name.eq_ignore_ascii_case(known));
            *at != column
                && (name.eq_ignore_ascii_case(&names[column])
                    || column == columns[1]
                        && is_annotator
                        && is_worker(name) != is_worker(&names[column]))
        };
        let (_, rival) = names.iter().enumerate().find(rival)?;
        Some((&names[column], rival))
    };
    let Some((name, rival)) = columns.iter().find_map(other) else { return Ok(()) };
    let expected = "one column each of examples, annotators and labels";
    Err(DataError::row(path, 1, format!("the columns {name} and {rival}"), expected))
}

fn wide(path: &Path, mut names: Vec<String>) -> Result<Columns, DataError> {
    names.remove(0);
    if let Some(at) = names.iter().position(String::is_empty) {
        let found = format!("no name of column {}", at + 2);
        return Err(DataError::row(path, 1, found, "the name of an annotator"));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.array_windows().find(|[a, b]| a == b) {
        None => Ok(Columns::Wide(names)),
        Some([name, _]) => {
            let found = format!("two columns called {name:?}");
            Err(DataError::row(path, 1, found, "one column per annotator"))
        }
    }
}
