//! Where everything lies: `results/<experiment>/<name>/` with one folder per
//! cell. A kernel file lock says who works on a cell; it ends with the process.

use std::{
    collections::BTreeMap,
    fs::{File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{StoreError, carried, make_folder, record::sha256, write_atomic};
use crate::{Cell, Config, RoundRecord, config::Source};

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// The folder of one cell.
#[derive(Clone, Debug)]
pub struct CellFolder {
    path: PathBuf,
}

/// Held while a process works on a cell.
pub struct CellLock {
    _file: File,
}

/// What is on disk of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum CellState {
    /// Finished.
    Done,
    /// Some rounds are finished.
    Partial(usize),
    /// Another process works on it; some rounds are finished.
    Locked(String, usize),
    /// It failed last time, for this reason.
    Failed(String, usize),
}

#[derive(Serialize, Deserialize)]
struct Done {
    version: u32,
    rounds: BTreeMap<String, String>,
}

impl RunFolder {
    /// Opens the folder for this configuration, or makes it.
    ///
    /// # Errors
    /// If the folder holds a run of another configuration or cannot be written.
    pub fn open(results: &Path, name: &str, config: &Config) -> Result<Self, StoreError> {
        let path = results.join(&config.experiment).join(name);
        make_folder(&path)?;
        let folder = Self { path };
        let file = folder.path.join("config.toml");
        if !file.exists() {
            write_atomic(&file, config.to_toml().as_bytes())?;
            return Ok(folder);
        }
        let mut found = folder.config()?;
        if found.hash() != config.hash() {
            return Err(StoreError::OtherConfig {
                path: folder.path.display().to_string(),
                differences: found.differences(config),
            });
        }
        let before = found.grid.clone();
        for strategy in &config.grid.strategies {
            if !found.grid.strategies.contains(strategy) {
                found.grid.strategies.push(strategy.clone());
            }
        }
        found
            .grid
            .seeds
            .extend(config.grid.seeds.iter().filter(|seed| !before.seeds.contains(seed)).copied());
        if found.grid != before {
            write_atomic(&file, found.to_toml().as_bytes())?;
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

    /// The configuration of the run.
    ///
    /// # Errors
    /// If `config.toml` is missing or no configuration.
    pub fn config(&self) -> Result<Config, StoreError> {
        let file = self.path.join("config.toml");
        let text = std::fs::read_to_string(&file).map_err(StoreError::io("read", &file))?;
        Source::parse(&file.display().to_string(), &text)
            .and_then(Source::validate)
            .map_err(|error| StoreError::damaged(&file, error))
    }

    /// The folder of one cell.
    pub fn cell(&self, cell: &Cell) -> CellFolder {
        let seed = format!("seed-{:03}", cell.seed);
        CellFolder { path: self.path.join("cells").join(&cell.strategy).join(seed) }
    }
}

impl CellFolder {
    /// Takes the lock, making the folder if need be; `Err(holder)` inside if another process has it.
    ///
    /// # Errors
    /// If the folder or the lock file cannot be made.
    pub fn lock(&self) -> Result<Result<CellLock, String>, StoreError> {
        let rounds = self.path.join("rounds");
        make_folder(&rounds)?;
        let path = self.path.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {
                let holder = format!("process {}", std::process::id());
                let _ = file.set_len(0).and_then(|()| (&file).write_all(holder.as_bytes()));
                self.sweep();
                Ok(Ok(CellLock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                Ok(Err(if holder.is_empty() { "another process".into() } else { holder }))
            }
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
        }
    }

    /// Temporary files of a killed process are nobody's while the lock is ours.
    fn sweep(&self) {
        for folder in [self.path.clone(), self.path.join("rounds")] {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(relabel_data::TEMPORARY_PREFIX) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
    }

    /// What is on disk, without taking the lock for longer than a look.
    pub fn state(&self, rounds: usize) -> CellState {
        if self.is_done(rounds) {
            return CellState::Done;
        }
        let finished = self.records(rounds).0.len();
        let lock = self.path.join("lock");
        if let Ok(file) = File::open(&lock)
            && let Err(TryLockError::WouldBlock) = file.try_lock()
        {
            return CellState::Locked(std::fs::read_to_string(&lock).unwrap_or_default(), finished);
        }
        match std::fs::read_to_string(self.failure_path()) {
            Ok(reason) => CellState::Failed(reason, finished),
            Err(_) => CellState::Partial(finished),
        }
    }

    /// True when the mark of completion is there and every round file has its checksum.
    pub fn is_done(&self, rounds: usize) -> bool {
        let Ok(bytes) = std::fs::read(self.done_path()) else { return false };
        let Ok(done) = serde_json::from_slice::<Done>(&bytes) else { return false };
        done.version == RoundRecord::version()
            && done.rounds.len() == rounds
            && done.rounds.iter().all(|(name, checksum)| {
                std::fs::read(self.path.join("rounds").join(name))
                    .is_ok_and(|bytes| sha256(&bytes) == *checksum)
            })
    }

    /// Records of finished rounds from 0 on, up to the first that is missing or damaged,
    /// and a note about the damaged one.
    pub fn records(&self, rounds: usize) -> (Vec<RoundRecord>, Option<String>) {
        let mut records = Vec::new();
        for round in 0..rounds {
            let path = self.round_path(round);
            if !path.exists() {
                break;
            }
            match RoundRecord::read(&path) {
                Ok(record) if usize::from(record.round) == round => records.push(record),
                Ok(_) => {
                    return (
                        records,
                        Some(format!("{} is of another round; it is made again", path.display())),
                    );
                }
                Err(error) => return (records, Some(format!("{error}; it is made again"))),
            }
        }
        (records, None)
    }

    /// Probabilities left by the round of `record`.
    ///
    /// # Errors
    /// If the file is missing or not the one that the record names.
    pub fn carried(&self, record: &RoundRecord) -> Result<Vec<Array2<f64>>, StoreError> {
        carried::read(&self.carried_path(usize::from(record.round)), &record.carried_sha256)
    }

    /// Writes one finished round: probabilities first, the record last.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the round then counts as not done.
    pub fn write_round(
        &self,
        mut record: RoundRecord,
        carried: &[Array2<f64>],
    ) -> Result<(), StoreError> {
        let round = usize::from(record.round);
        record.carried_sha256 = carried::write(&self.carried_path(round), carried)?;
        record.write(&self.round_path(round))?;
        if round >= 2 {
            let _ = std::fs::remove_file(self.carried_path(round - 2));
        }
        Ok(())
    }

    /// Writes the mark of completion and removes what only a resume needs.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn finish(&self, rounds: usize) -> Result<(), StoreError> {
        let mut done = Done { version: RoundRecord::version(), rounds: BTreeMap::new() };
        for round in 0..rounds {
            let path = self.round_path(round);
            let bytes = std::fs::read(&path).map_err(StoreError::io("read", &path))?;
            done.rounds.insert(format!("{round:03}.json"), sha256(&bytes));
        }
        let bytes = serde_json::to_vec_pretty(&done).expect("a mark should be JSON");
        write_atomic(&self.done_path(), &bytes)?;
        for round in 0..rounds {
            let _ = std::fs::remove_file(self.carried_path(round));
        }
        let _ = std::fs::remove_file(self.failure_path());
        Ok(())
    }

    /// Notes why the cell failed.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn fail(&self, reason: &str) -> Result<(), StoreError> {
        write_atomic(&self.failure_path(), reason.as_bytes())
    }

    fn round_path(&self, round: usize) -> PathBuf {
        self.path.join("rounds").join(format!("{round:03}.json"))
    }

    fn carried_path(&self, round: usize) -> PathBuf {
        self.path.join(format!("carried-{round:03}.bin"))
    }

    fn done_path(&self) -> PathBuf {
        self.path.join("done.json")
    }

    fn failure_path(&self) -> PathBuf {
        self.path.join("failed.txt")
    }
}
