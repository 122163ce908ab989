//! The mark of a folder that was unpacked: written last, with the checksum of every
//! file, so that a folder that is there is never taken for one that is complete.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{DataError, checksum, write_atomic};

/// The name of the mark.
pub(crate) const MARK: &str = ".complete.json";
const VERSION: u32 = 1;

/// The mark.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Completion {
    version: u32,
    /// Where it came from.
    url: String,
    /// SHA-256 of every file, by its name in the folder.
    files: BTreeMap<PathBuf, String>,
}

impl Completion {
    /// Marks `folder`, whose files have these checksums.
    pub(crate) fn write(
        folder: &Path,
        url: &str,
        files: BTreeMap<PathBuf, String>,
    ) -> Result<(), DataError> {
        let mark = Self { version: VERSION, url: url.into(), files };
        let bytes = serde_json::to_vec_pretty(&mark).expect("a mark should be JSON");
        let path = folder.join(MARK);
        write_atomic(&path, &bytes).map_err(|error| DataError::io(&path, error))
    }

    /// In what `folder` differs from what was fetched, if it does.
    pub(crate) fn difference(folder: &Path) -> Result<Option<String>, DataError> {
        let mark = std::fs::read(folder.join(MARK)).ok();
        let mark = mark.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let Some(mark) = mark.filter(|mark| mark.version == VERSION) else {
            return Ok(Some("a folder without a mark of completion".into()));
        };
        for (name, expected) in &mark.files {
            let path = folder.join(name);
            if !path.is_file() {
                return Ok(Some(format!("a folder without {}", name.display())));
            }
            let found = checksum::of_file(&path).map_err(|error| DataError::io(&path, error))?;
            if found != *expected {
                return Ok(Some(format!("another {}", name.display())));
            }
        }
        Ok(None)
    }
}
