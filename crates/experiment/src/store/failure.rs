//! `failed.json`: why a cell failed last time. It is removed when the cell succeeds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StoreError, write_atomic};

/// Why a cell did not finish.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In one sentence.
    pub reason: String,
    /// True when the same command may succeed later: a device was lost, memory ran out.
    pub retry: bool,
    /// Where in the program, or the last words of a process that died; empty if that does not matter.
    #[serde(default)]
    pub details: String,
}

impl Failure {
    pub(super) fn write(&self, path: &Path) -> Result<(), StoreError> {
        write_atomic(path, &serde_json::to_vec_pretty(self).expect("a failure should be JSON"))
    }

    pub(super) fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap_or_else(|error| Self {
            reason: format!("{} cannot be read: {error}", path.display()),
            ..Self::default()
        }))
    }
}
