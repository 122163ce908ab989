//! Why a report could not be made; every text names the file and what to do.

use std::path::Path;

/// The errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Reading or writing failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// "read", "write", ...
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder is not the folder of a run.
    #[error(
        "{path} is no run folder ({reason}); name a folder that `relabel run` made, such as results/<experiment>/<name>, or a folder of result arrays"
    )]
    NoRun {
        /// The folder.
        path: String,
        /// What is missing.
        reason: String,
    },
    /// A file of the run is not what `relabel run` wrote.
    #[error(
        "{path} is damaged ({reason}); repeat the run with the same name to have it made again"
    )]
    DamagedRound {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A round is missing in the middle of a cell.
    #[error(
        "{path} is missing although {later} is there; repeat the run with the same name to have it made again"
    )]
    LostRound {
        /// The file that is missing.
        path: String,
        /// The file of a later round.
        later: String,
    },
    /// An array is not one of the arrays of a run.
    #[error("{path} is no result array ({found}); expected {expected}")]
    NoResult {
        /// The file.
        path: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A file beside the rounds is unreadable.
    #[error("{path} is damaged ({reason}); {advice}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The folder holds no published results.
    #[error(
        "{path} holds neither published_results.csv nor result arrays (.npy); name the folder that holds the published results with --reference"
    )]
    NoReference {
        /// The folder.
        path: String,
    },
    /// There is nothing to draw.
    #[error("no run was named; name at least one run folder")]
    NoRuns,
}

impl ReportError {
    /// Wraps an I/O error with what was being done to which file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl ToString, advice: &'static str) -> Self {
        Self::Damaged { path: path.display().to_string(), reason: reason.to_string(), advice }
    }

    pub(crate) fn damaged_round(path: &Path, reason: impl ToString) -> Self {
        Self::DamagedRound { path: path.display().to_string(), reason: reason.to_string() }
    }

    pub(crate) fn lost_round(path: &Path, later: &Path) -> Self {
        let later = later.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::LostRound { path: path.display().to_string(), later }
    }

    pub(crate) fn no_result(path: &Path, found: impl Into<String>, expected: &str) -> Self {
        let path = path.display().to_string();
        Self::NoResult { path, found: found.into(), expected: expected.into() }
    }

    pub(crate) fn no_run(path: &Path, reason: impl ToString) -> Self {
        Self::NoRun { path: path.display().to_string(), reason: reason.to_string() }
    }
}
