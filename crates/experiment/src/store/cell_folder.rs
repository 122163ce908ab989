//! The folder of one cell: a lock, one file per finished round, and a mark of
//! completion that is written last. Nothing in it is trusted without its checksum.

use std::{collections::BTreeMap, path::PathBuf};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Failure, StoreError, carried, lock, lock::Lock, make_folder, write_atomic};
use crate::RoundRecord;

/// The version of the mark of completion.
const VERSION: u32 = 1;

/// The folder of one cell.
#[derive(Clone, Debug)]
pub struct CellFolder {
    path: PathBuf,
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

/// The finished rounds of a cell.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// From 0 on, up to the first that is missing or cannot be trusted.
    pub records: Vec<RoundRecord>,
    /// Why a file that is there could not be trusted.
    pub note: Option<String>,
}

/// The mark of completion: what every round holds.
#[derive(PartialEq, Serialize, Deserialize)]
struct Done {
    version: u32,
    rounds: BTreeMap<String, String>,
}

impl CellFolder {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Takes the lock, making the folder if need be; `Err(holder)` inside if another process has it.
    ///
    /// # Errors
    /// If the folder or the lock file cannot be made.
    pub fn lock(&self) -> Result<Result<Lock, String>, StoreError> {
        let rounds = self.path.join("rounds");
        make_folder(&rounds)?;
        let lock = Lock::try_take(&self.path.join("lock"))?;
        if lock.is_ok() {
            relabel_data::sweep(&self.path);
            relabel_data::sweep(&rounds);
        }
        Ok(lock)
    }

    /// What is on disk, without taking the lock for longer than a look. What cannot be
    /// read has failed, whoever works on it.
    pub fn state(&self, rounds: usize) -> CellState {
        let restored = match self.restore(rounds, None) {
            Ok(restored) => restored,
            Err(error) => return CellState::Failed(error.to_string(), 0),
        };
        if self.is_done(&restored.records, rounds) {
            return CellState::Done;
        }
        let finished = restored.records.len();
        if let Some(holder) = lock::look(&self.path.join("lock")) {
            return CellState::Locked(holder, finished);
        }
        match Failure::read(&self.failure_path()) {
            Some(failure) => CellState::Failed(failure.reason, finished),
            None => CellState::Partial(finished),
        }
    }

    /// True when all rounds are there and the mark of completion is about them.
    pub fn is_done(&self, records: &[RoundRecord], rounds: usize) -> bool {
        records.len() == rounds
            && std::fs::read(self.done_path())
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Done>(&bytes).ok())
                .is_some_and(|done| done == Done::of(records))
    }

    /// The finished rounds. Every file must have its own checksum and follow on the
    /// one before it, and the first one must have this `origin`, if it is given.
    ///
    /// # Errors
    /// If a file cannot be read, or the rounds are sound but have another origin.
    pub fn restore(&self, rounds: usize, origin: Option<&str>) -> Result<Restored, StoreError> {
        let mut restored = Restored::default();
        for round in 0..rounds {
            let path = self.round_path(round);
            let record = match RoundRecord::read(&path) {
                Ok(record) => record,
                Err(error) if error.is_missing() => break,
                Err(error @ StoreError::Io { .. }) => return Err(error),
                Err(error) => {
                    restored.note = Some(format!("{error}; the round is run again"));
                    break;
                }
            };
            let before = restored.records.last().map(RoundRecord::content);
            if round == 0 && origin.is_some_and(|origin| origin != record.previous) {
                return Err(StoreError::OtherOrigin { path: path.display().to_string() });
            }
            if usize::from(record.round) != round
                || before.is_some_and(|before| before != record.previous)
            {
                let path = path.display();
                let note =
                    format!("{path} does not follow on the round before it; it is run again");
                restored.note = Some(note);
                break;
            }
            restored.records.push(record);
        }
        Ok(restored)
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
    ) -> Result<RoundRecord, StoreError> {
        let round = usize::from(record.round);
        record.carried_sha256 = carried::write(&self.carried_path(round), carried)?;
        record.write(&self.round_path(round))?;
        if round >= 2 {
            let _ = std::fs::remove_file(self.carried_path(round - 2));
        }
        Ok(record)
    }

    /// Writes the mark of completion, unless it is there, and removes what only a resume needs.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn finish(&self, records: &[RoundRecord]) -> Result<(), StoreError> {
        if !self.is_done(records, records.len()) {
            let done = Done::of(records);
            let bytes = serde_json::to_vec_pretty(&done).expect("a mark should be JSON");
            write_atomic(&self.done_path(), &bytes)?;
        }
        for round in 0..records.len() {
            let _ = std::fs::remove_file(self.carried_path(round));
        }
        let _ = std::fs::remove_file(self.failure_path());
        Ok(())
    }

    /// Notes why the cell failed.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn fail(&self, failure: &Failure) -> Result<(), StoreError> {
        failure.write(&self.failure_path())
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
        self.path.join("failed.json")
    }
}

impl Done {
    fn of(records: &[RoundRecord]) -> Self {
        let name = |record: &RoundRecord| format!("{:03}.json", record.round);
        let rounds = records.iter().map(|record| (name(record), record.content())).collect();
        Self { version: VERSION, rounds }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cell_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let cell = CellFolder::at(folder.path().into());
        assert_eq!(cell.state(3), CellState::Partial(0));
        // Not even the superuser reads a folder as a file.
        std::fs::create_dir_all(cell.round_path(0)).unwrap();
        let CellState::Failed(reason, 0) = cell.state(3) else { panic!("should have failed") };
        assert!(reason.contains("cannot read") && reason.contains("000.json"), "{reason}");
    }
}
