//! Why a data set could not be read: every sentence says what was found, in
//! which file and row, and what was expected or what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a data set could not be read, checked or fetched.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder is not there.
    #[error(
        "{} is not in {}; fetch it with `relabel data fetch {name} --data {}`",
        file_name(path), folder(path).display(), data_dir(path).display()
    )]
    Missing {
        /// The file or folder that was looked for.
        path: PathBuf,
        /// The name under which it can be fetched.
        name: String,
    },
    /// One row of a file cannot be what it should be; rows count from 1.
    #[error("{}, row {row}: found {found}, expected {expected}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Which row, from 1.
        row: usize,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A file as a whole is not what it should be.
    #[error("{}: found {found}, expected {expected}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// Several things have to agree and do not.
    #[error("found {found}, expected {expected}")]
    Shape {
        /// What was given.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// No data set or source has this name.
    #[error("no data set is called {found}; known are {known}")]
    Name {
        /// The name that was asked for.
        found: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A download did not succeed.
    #[error("could not fetch {url}: {reason}; put the file at {} yourself", path.display())]
    Fetch {
        /// Where the file was to come from.
        url: String,
        /// What went wrong.
        reason: String,
        /// Where the file was to go.
        path: PathBuf,
    },
}

impl DataError {
    /// The file or folder at `path`, a part of the data set `name`, does not exist.
    pub fn missing(path: &Path, name: &str) -> Self {
        Self::Missing { path: path.into(), name: name.into() }
    }

    /// Row `row` (from 1) of a file holds something else than it should.
    pub fn row(
        path: &Path,
        row: usize,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Row { path: path.into(), row, found: found.into(), expected: expected.into() }
    }

    /// A file is something else than it should be.
    pub fn file(path: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::File { path: path.into(), found: found.into(), expected: expected.into() }
    }

    /// Things that have to agree with one another do not.
    pub fn shape(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Shape { found: found.into(), expected: expected.into() }
    }

    /// The operating system refused to read or write `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// Like [`DataError::io`], but a file that does not exist becomes [`DataError::missing`].
    pub fn opening(path: &Path, name: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            Self::missing(path, name)
        } else {
            Self::io(path, source)
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The folder that was searched.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Files lie one folder below the data directory.
fn data_dir(path: &Path) -> &Path {
    folder(folder(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_names_the_folder_and_the_command() {
        let error = DataError::missing(Path::new("data/wall-robot/readings.data"), "wall-robot");
        assert_eq!(
            error.to_string(),
            "readings.data is not in data/wall-robot; \
             fetch it with `relabel data fetch wall-robot --data data`"
        );
    }
}
