//! Downloading official files with the program `curl` (and `tar`, for a member
//! of an archive). A file takes its name only after its checksum is right, and
//! a file that is there already is never overwritten.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::DataError;
use crate::sources::{FileState, SourceFile, Sources, sha256};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The official file was there already.
    AlreadyThere(PathBuf),
    /// It was downloaded, checked and put in place.
    Downloaded(PathBuf),
}

impl Sources {
    /// Makes sure that the official files of one data set lie below `data_dir`.
    ///
    /// # Errors
    /// [`DataError`] if there is no such data set; if a file is missing and
    /// `offline` is set; if a file there is not the official one, which is
    /// never overwritten; or if the download fails or has a wrong checksum.
    pub fn fetch(
        &self,
        data_dir: &Path,
        name: &str,
        offline: bool,
    ) -> Result<Vec<Fetched>, DataError> {
        self.files(name)?.into_iter().map(|file| file.fetch(data_dir, offline)).collect()
    }
}

impl SourceFile {
    fn fetch(&self, data_dir: &Path, offline: bool) -> Result<Fetched, DataError> {
        let path = data_dir.join(&self.file);
        match self.state(data_dir)? {
            FileState::Official => Ok(Fetched::AlreadyThere(path)),
            FileState::Differs { found } => {
                let expected = "the official file; move it away to fetch that one";
                Err(DataError::file(&path, found, expected))
            }
            FileState::Missing if offline => Err(DataError::missing(&path, &self.name)),
            FileState::Missing => {
                self.download(&path)?;
                Ok(Fetched::Downloaded(path))
            }
        }
    }

    fn download(&self, path: &Path) -> Result<(), DataError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|e| DataError::io(folder, e))?;
        // In the same folder, so that the last step is a rename.
        let work = tempfile::tempdir_in(folder).map_err(|e| DataError::io(folder, e))?;
        let mut file = work.path().join("download");
        let curl = ["-fL", "--retry", "3", "-o"];
        self.run(Command::new("curl").args(curl).arg(&file).arg(&self.url), path)?;
        if let Some(member) = &self.member {
            self.check_archive(&file, path)?;
            let out = work.path().join("member");
            let to = File::create(&out).map_err(|e| DataError::io(&out, e))?;
            self.run(Command::new("tar").arg("-xzOf").arg(&file).arg(member).stdout(to), path)?;
            file = out;
        }
        if let FileState::Differs { found } = self.check(&file)? {
            return Err(self.failed(path, found));
        }
        fs::rename(&file, path).map_err(|e| DataError::io(path, e))
    }

    fn check_archive(&self, archive: &Path, path: &Path) -> Result<(), DataError> {
        let found = sha256(archive)?;
        match &self.archive_sha256 {
            Some(expected) if *expected != found => {
                Err(self.failed(path, format!("SHA-256 {found} instead of {expected}")))
            }
            _ => Ok(()),
        }
    }

    fn run(&self, command: &mut Command, path: &Path) -> Result<(), DataError> {
        let program = command.get_program().to_string_lossy().into_owned();
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(self.failed(path, format!("{program} ended with {status}"))),
            Err(e) => Err(self.failed(path, format!("{program} could not be started: {e}"))),
        }
    }

    fn failed(&self, path: &Path, reason: String) -> DataError {
        DataError::Fetch { url: self.url.clone(), reason, path: path.into() }
    }
}
