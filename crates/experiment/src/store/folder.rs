//! Where everything lies: `results/<experiment>/<name>/` with one folder per cell.

use std::path::{Path, PathBuf};

use relabel_data::{seal, seal_is_whole};

use super::{CellFolder, FirstRounds, StoreError, lock::Lock, make_folder, write_atomic};
use crate::{Cell, Config, config::Source};

/// Where cells leave what others need not train.
const FIRST_ROUND: &str = "first-round";

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Opens the folder for this configuration, or makes it.
    ///
    /// # Errors
    /// If the folder holds a run of another configuration or cannot be written.
    pub fn open(results: &Path, name: &str, config: &Config) -> Result<Self, StoreError> {
        let folder = Self { path: results.join(&config.experiment).join(name) };
        make_folder(&folder.path)?;
        let _lock = folder.lock()?;
        folder.sweep();
        let found = match folder.config() {
            Ok(found) => found,
            Err(error) if error.is_missing() => {
                folder.write_config(config)?;
                return Ok(folder);
            }
            Err(error) => return Err(error),
        };
        if found.hash() != config.hash() {
            return Err(StoreError::OtherConfig {
                path: folder.path.display().to_string(),
                differences: found.differences(config),
            });
        }
        let both = found.with_cells_of(config);
        if both.grid != found.grid {
            folder.write_config(&both)?;
        }
        Ok(folder)
    }

    /// A folder that exists already, for reading.
    pub fn existing(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps other processes from writing the files of the whole run meanwhile.
    ///
    /// # Errors
    /// If the lock cannot be had within a minute.
    pub fn lock(&self) -> Result<Lock, StoreError> {
        Lock::take(&self.path.join("lock"))
    }

    /// Removes what killed processes left of files of the whole run.
    fn sweep(&self) {
        for folder in ["", "npy", "plots", FIRST_ROUND].map(|below| self.path.join(below)) {
            relabel_data::sweep(&folder);
        }
        for level in std::fs::read_dir(self.path.join("npy")).into_iter().flatten().flatten() {
            relabel_data::sweep(&level.path());
        }
    }

    /// The configuration of the run.
    ///
    /// # Errors
    /// If `config.toml` is missing, was changed, or is no configuration.
    pub fn config(&self) -> Result<Config, StoreError> {
        let file = self.config_path();
        let bytes = std::fs::read(&file).map_err(StoreError::io("read", &file))?;
        let text = String::from_utf8(bytes).map_err(|error| StoreError::changed(&file, error))?;
        if seal_is_whole(&text) != Some(true) {
            return Err(StoreError::changed(&file, "its checksum is wrong"));
        }
        Source::parse(&file.display().to_string(), &text)
            .and_then(Source::validate)
            .map_err(|error| StoreError::changed(&file, error))
    }

    fn write_config(&self, config: &Config) -> Result<(), StoreError> {
        write_atomic(&self.config_path(), seal(&config.to_toml()).as_bytes())
    }

    fn config_path(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// What models that start from `origin` said in round 0.
    pub fn first_rounds(&self, origin: String) -> FirstRounds {
        FirstRounds::at(self.path.join(FIRST_ROUND), origin)
    }

    /// The folder of one cell.
    pub fn cell(&self, cell: &Cell) -> CellFolder {
        let seed = format!("seed-{:03}", cell.seed);
        CellFolder::at(self.path.join("cells").join(&cell.strategy).join(seed))
    }
}
