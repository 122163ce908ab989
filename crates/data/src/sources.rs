//! The official files of the data sets: where they come from, under which
//! licence, and whether the ones that are here are the official ones.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{DataError, checksum, completion::Completion};

/// All files that can be fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    #[serde(rename = "file")]
    files: Vec<SourceFile>,
}

/// One official file, or one folder of an archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SourceEntry")]
pub struct SourceFile {
    /// The data set it belongs to.
    pub name: String,
    /// Where it lies, relative to the data folder.
    pub file: PathBuf,
    /// Where it, or the archive that holds it, is downloaded from; the first that works.
    addresses: Vec<String>,
    /// What is taken out of the download.
    pub(crate) unpack: Unpack,
    /// Size and SHA-256 of the archive.
    archive: (Option<u64>, Option<String>),
    /// Size of the file.
    pub bytes: Option<u64>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Option<String>,
    /// Under which terms it is published.
    pub licence: String,
}

/// What is taken out of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unpack {
    /// It is the file.
    Nothing,
    /// It is a .tar.gz or .zip, and this member is the file.
    Member(PathBuf),
    /// It is an archive with one folder at its top, and this folder in that one is wanted.
    Folder(PathBuf),
}

/// An entry of the list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    name: String,
    file: PathBuf,
    url: String,
    #[serde(default)]
    mirrors: Vec<String>,
    member: Option<PathBuf>,
    folder: Option<PathBuf>,
    archive_bytes: Option<u64>,
    archive_sha256: Option<String>,
    bytes: Option<u64>,
    sha256: Option<String>,
    licence: String,
}

impl TryFrom<SourceEntry> for SourceFile {
    type Error = String;

    fn try_from(entry: SourceEntry) -> Result<Self, String> {
        let unpack = match (entry.member, entry.folder) {
            (None, None) => Unpack::Nothing,
            (Some(member), None) => Unpack::Member(member),
            (None, Some(folder)) => Unpack::Folder(folder),
            (Some(_), Some(_)) => {
                return Err(format!("{}: give member or folder, not both", entry.name));
            }
        };
        if entry.sha256.is_none() && !matches!(unpack, Unpack::Folder(_)) {
            return Err(format!("{}: a file needs its sha256", entry.name));
        }
        Ok(Self {
            name: entry.name,
            file: entry.file,
            addresses: std::iter::once(entry.url).chain(entry.mirrors).collect(),
            unpack,
            archive: (entry.archive_bytes, entry.archive_sha256),
            bytes: entry.bytes,
            sha256: entry.sha256,
            licence: entry.licence,
        })
    }
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

    /// Another list of the same form.
    ///
    /// # Errors
    /// [`DataError`] if it cannot be read or is no such list.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let text = std::fs::read_to_string(path).map_err(|e| DataError::io(path, e))?;
        let expected = "a list like data/sources.toml";
        toml::from_str(&text).map_err(|error| DataError::file(path, error.message(), expected))
    }

    /// The data sets, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for file in &self.files {
            if !names.contains(&file.name.as_str()) {
                names.push(&file.name);
            }
        }
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
    /// The addresses, the official one first.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.addresses.iter().map(String::as_str)
    }

    /// Size and SHA-256 of what is transferred, as far as they are known.
    pub(crate) fn transferred(&self) -> (Option<u64>, Option<&String>) {
        match self.unpack {
            Unpack::Nothing => (self.bytes, self.sha256.as_ref()),
            Unpack::Member(_) | Unpack::Folder(_) => (self.archive.0, self.archive.1.as_ref()),
        }
    }

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

    /// Compares the file at `path` with the official one, the size first; a folder is
    /// compared with what was fetched.
    pub(crate) fn check(&self, path: &Path) -> Result<FileState, DataError> {
        if let Unpack::Folder(_) = self.unpack {
            let difference = Completion::difference(path)?;
            return Ok(difference.map_or(FileState::Official, |found| FileState::Differs { found }));
        }
        let size = path.metadata().map_err(|e| DataError::io(path, e))?.len();
        if let Some(bytes) = self.bytes.filter(|&bytes| bytes != size) {
            return Ok(FileState::Differs { found: format!("{size} bytes instead of {bytes}") });
        }
        let sum = checksum::of_file(path).map_err(|error| DataError::io(path, error))?;
        match &self.sha256 {
            Some(expected) if *expected != sum => {
                Ok(FileState::Differs { found: format!("SHA-256 {sum} instead of {expected}") })
            }
            _ => Ok(FileState::Official),
        }
    }
}
