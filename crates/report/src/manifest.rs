//! The facts of `manifest.json`: whatever is there, by name, nested names joined by
//! dots. Versions of the program differ in what they note, so nothing is required.

use std::path::Path;

use serde_json::Value;

use crate::ReportError;

/// What is known of how a run was made.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Facts about the run as a whole: device kind, checksums of the data.
    pub facts: Vec<(String, String)>,
    /// Facts about each build, machine and device that worked on it.
    pub sessions: Vec<Vec<(String, String)>>,
}

impl Manifest {
    /// Reads a manifest; an empty one if the file is not there.
    pub(crate) fn read(path: &Path) -> Result<Self, ReportError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(ReportError::io("read", path)(error)),
        };
        let damaged = |reason: String| {
            ReportError::damaged(path, reason, "the report is made without the facts in it")
        };
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        let Value::Object(mut file) = value else {
            return Err(damaged("it is no table of facts".into()));
        };
        let sessions = file.remove("sessions");
        let sessions = sessions.as_ref().and_then(Value::as_array).into_iter().flatten();
        Ok(Self { sessions: sessions.map(facts).collect(), facts: facts(&Value::Object(file)) })
    }
}

fn facts(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    flatten("", value, &mut found);
    found
}

fn flatten(key: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (inner, value) in fields {
                let dot = if key.is_empty() { "" } else { "." };
                flatten(&format!("{key}{dot}{inner}"), value, found);
            }
        }
        Value::String(text) => found.push((key.to_owned(), text.clone())),
        Value::Null => {}
        other => found.push((key.to_owned(), other.to_string())),
    }
}
