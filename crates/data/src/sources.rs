//! The official files of the data sets: where they come from, under which
//! licence, and whether the ones that are here are the official ones.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::DataError;

/// All files that can be fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    #[serde(rename = "file")]
    files: Vec<SourceFile>,
}

/// One official file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The data set it belongs to.
    pub name: String,
    /// Where it lies, relative to the data folder.
    pub file: PathBuf,
    /// Where it, or the archive that holds it, is downloaded from.
    pub url: String,
    /// For a `.tar.gz`: the one member that is taken out.
    pub member: Option<String>,
    /// SHA-256 of the archive, in hexadecimal.
    pub archive_sha256: Option<String>,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Under which terms it is published.
    pub licence: String,
}

/// What is known about a file on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is the official one.
    Official,
    /// It is not there.
    Missing,
    /// It is another one: perhaps a derived copy, perhaps damaged.
    Differs {
        /// In what it differs.
        found: String,
    },
}

impl Sources {
    /// The list that is built in.
    pub fn embedded() -> Self {
        toml::from_str(include_str!("../../../data/sources.toml"))
            .expect("the built-in list of sources should be valid")
    }

    /// The data sets, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        names.dedup();
        names
    }

    /// Every file of every data set.
    pub fn list(&self) -> &[SourceFile] {
        &self.files
    }

    /// The files of one data set.
    ///
    /// # Errors
    /// [`DataError::Name`] if there is no such data set.
    pub fn files(&self, name: &str) -> Result<Vec<&SourceFile>, DataError> {
        let files: Vec<_> = self.files.iter().filter(|file| file.name == name).collect();
        if files.is_empty() {
            let known = self.names().join(", ");
            return Err(DataError::Name { found: name.into(), known });
        }
        Ok(files)
    }

    /// The files of one data set and what is known about them below `data_dir`.
    ///
    /// # Errors
    /// [`DataError`] if there is no such data set or a file cannot be read.
    pub fn verify(
        &self,
        data_dir: &Path,
        name: &str,
    ) -> Result<Vec<(&SourceFile, FileState)>, DataError> {
        let files = self.files(name)?.into_iter();
        files.map(|file| Ok((file, file.state(data_dir)?))).collect()
    }
}

impl SourceFile {
    /// What is known about this file below `data_dir`.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file is there but cannot be read.
    pub fn state(&self, data_dir: &Path) -> Result<FileState, DataError> {
        let path = data_dir.join(&self.file);
        if !path.exists() {
            return Ok(FileState::Missing);
        }
        self.check(&path)
    }

    /// Compares the file at `path` with the official one, the size first.
    pub(crate) fn check(&self, path: &Path) -> Result<FileState, DataError> {
        let size = path.metadata().map_err(|e| DataError::io(path, e))?.len();
        if let Some(bytes) = self.bytes.filter(|&bytes| bytes != size) {
            return Ok(FileState::Differs { found: format!("{size} bytes instead of {bytes}") });
        }
        let sum = sha256(path)?;
        if sum == self.sha256 {
            return Ok(FileState::Official);
        }
        Ok(FileState::Differs { found: format!("SHA-256 {sum} instead of {}", self.sha256) })
    }
}

/// The SHA-256 of a file in hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String, DataError> {
    let mut hasher = Sha256::new();
    let copy = File::open(path).and_then(|mut file| io::copy(&mut file, &mut Hash(&mut hasher)));
    copy.map_err(|e| DataError::io(path, e))?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Takes bytes and keeps nothing but their hash.
struct Hash<'a>(&'a mut Sha256);

impl io::Write for Hash<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
