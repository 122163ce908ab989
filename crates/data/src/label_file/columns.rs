//! What the columns of a CSV file mean, judged by the header.

use std::path::Path;

use crate::DataError;

const EXAMPLE: [&str; 7] = ["task", "example", "item", "task_id", "example_id", "item_id", "id"];
const ANNOTATOR: [&str; 4] = ["annotator", "worker", "annotator_id", "worker_id"];
const LABEL: [&str; 1] = ["label"];

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
                Ok(Self::Long([example, annotator, label]))
            }
            (_, None, _) if names.len() > 1 => wide(path, names),
            _ => {
                let found = match names.len() {
                    0 => "no header".to_owned(),
                    _ => format!("the columns {}", names.join(", ")),
                };
                let expected = "the columns task, annotator and label, separated by commas, \
                                or an example column and one column per annotator";
                Err(DataError::row(path, 1, found, expected))
            }
        }
    }
}

fn wide(path: &Path, mut names: Vec<String>) -> Result<Columns, DataError> {
    names.remove(0);
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
