//! The run folder: what is on disk, how it gets there and how it is trusted.

mod atomic;
mod carried;
mod cell_folder;
mod failure;
mod first_round;
mod folder;
mod lock;
mod manifest;
mod measures;
mod npy;
mod record;

use atomic::make_folder;
pub use atomic::{write_atomic, write_derived_with};
pub use cell_folder::{CellFolder, CellState, Restored};
pub use failure::Failure;
pub use first_round::{Answers, FirstRounds};
pub use folder::RunFolder;
pub use lock::{Lock, host_name};
pub use manifest::{Manifest, Session};
pub use measures::MetricsRecord;
pub use npy::{NpyNames, publish_npy};
pub use record::{EventRecord, RoundRecord};

/// Why the run folder could not be used; every text names the file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
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
    /// A file is not what this program wrote.
    #[error("{path} is damaged ({reason})")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The folder belongs to another configuration.
    #[error(
        "{path} was made with another configuration:\n  {}\ngive this run another name with --name, or delete the folder",
        differences.join("\n  ")
    )]
    OtherConfig {
        /// The run folder.
        path: String,
        /// One line per key that differs.
        differences: Vec<String>,
    },
    /// `config.toml` or `manifest.json` is not as it was written.
    #[error(
        "{path} was changed or damaged ({reason}); restore it, or give this run another name with --name"
    )]
    Changed {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The run was made from other data or on another kind of device.
    #[error(
        "{path} was made with {what} {found}, and this is {asked}; give this run another name with --name"
    )]
    OtherInput {
        /// The run folder.
        path: String,
        /// Data or device.
        what: String,
        /// What is on record.
        found: String,
        /// What is there now.
        asked: String,
    },
    /// A round of another run.
    #[error(
        "{path} was made with another configuration or other data; move its folder away, or give this run another name with --name"
    )]
    OtherOrigin {
        /// The file.
        path: String,
    },
    /// Another process does not let go of a lock.
    #[error("{path} has been held for a minute by {holder}; try again later")]
    Locked {
        /// The lock file.
        path: String,
        /// Who holds it.
        holder: String,
    },
}

impl StoreError {
    /// Wraps an I/O error with what was being done to which file.
    pub fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Io { action, path, source }
    }

    /// True when there is no such file.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    fn changed(path: &std::path::Path, reason: impl ToString) -> Self {
        Self::Changed { path: path.display().to_string(), reason: reason.to_string() }
    }

    fn damaged(path: &std::path::Path, reason: impl ToString) -> Self {
        Self::Damaged { path: path.display().to_string(), reason: reason.to_string() }
    }
}
