//! Running one cell in this process: under its lock, in a thread pool of its own,
//! and whatever happens, a panic included, becomes the cell's end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::AtomicBool,
};

use rayon::ThreadPoolBuilder;
use relabel_models::{ClassesRule, CrossValidation, ModelError};

use crate::{
    Cell, CellEnd, CellEvent, CellRun, CellRunner, Config, Deadline, ExperimentError, Fingerprint,
    Observer, RoundRecord, RunFolder, Zoo,
    config::Protocol,
    dataset::Prepared,
    level, panic_log,
    store::{CellFolder, Failure, NpyNames, publish_npy},
    strategy::{self, StrategyInfo},
};

/// Everything the cells share.
pub struct Worker<'a> {
    /// The run's configuration.
    pub config: &'a Config,
    /// Where results go.
    pub folder: &'a RunFolder,
    /// The data.
    pub data: &'a Prepared,
    /// Checksums of the data.
    pub fingerprint: &'a Fingerprint,
    /// Where models come from.
    pub zoo: &'a Zoo,
    /// Threads of one cell.
    pub threads: usize,
    /// Told about progress.
    pub observer: &'a dyn Observer,
    /// Set when the user asks to stop.
    pub stop: &'a AtomicBool,
    /// When the run has to end.
    pub deadline: &'a Deadline,
}

impl CellRunner for Worker<'_> {
    fn run(&self, cell: &Cell) -> CellEnd {
        let folder = self.folder.cell(cell);
        let work = || self.run_locked(cell, &folder);
        let result = match ThreadPoolBuilder::new().num_threads(self.threads).build() {
            Ok(pool) => catch_unwind(AssertUnwindSafe(|| pool.install(work))),
            Err(_) => catch_unwind(AssertUnwindSafe(work)),
        };
        let failure = match result {
            Ok(Ok(end)) => return end,
            Ok(Err(ExperimentError::OutOfTime)) => return CellEnd::OutOfTime,
            Ok(Err(error)) if error.is_stop() => return CellEnd::Stopped,
            Ok(Err(error)) => Failure {
                reason: error.to_string(),
                retry: matches!(error, ExperimentError::Model(ModelError::Device(_))),
                details: String::new(),
            },
            Err(panic) => panic_log::failure(&*panic, self.zoo.device_kind() != "cpu"),
        };
        // The reason is also told: a full disk must not hide it.
        let _ = folder.fail(&failure);
        self.observer.cell(cell, &CellEvent::Failed(failure.reason.clone()));
        CellEnd::Failed(failure)
    }
}

impl Worker<'_> {
    fn run_locked(&self, cell: &Cell, folder: &CellFolder) -> Result<CellEnd, ExperimentError> {
        let info = strategy::find(&cell.strategy).expect("the strategy should be validated");
        let _lock = match folder.lock()? {
            Ok(lock) => lock,
            Err(holder) => {
                self.observer.cell(cell, &CellEvent::Locked(holder.clone()));
                return Ok(CellEnd::Locked(holder));
            }
        };
        let records = self.cell_run(cell, info).run(folder)?;
        self.publish(cell, info, &records)?;
        Ok(CellEnd::Finished)
    }

    fn publish(
        &self,
        cell: &Cell,
        info: &StrategyInfo,
        records: &[RoundRecord],
    ) -> Result<(), ExperimentError> {
        let names = NpyNames {
            method: info.published_name,
            level: level::split(&cell.strategy).1,
            seed: cell.seed,
            full_fit: self.config.run.full_fit,
        };
        Ok(publish_npy(self.folder.path(), &names, records)?)
    }

    fn cell_run<'a>(&'a self, cell: &'a Cell, info: &'a StrategyInfo) -> CellRun<'a> {
        let n_classes = self.data.n_classes;
        let classes = match self.config.run.protocol {
            Protocol::Published => ClassesRule::Published(n_classes),
            Protocol::Corrected => ClassesRule::Fixed(n_classes),
        };
        let (config, parts) = (self.config.hash(), self.fingerprint.of_cell(cell));
        let kinds = self.zoo.kinds(info);
        let models_origin =
            format!("{config} {} {} {}", parts.join(" "), cell.seed, kinds.join(" "));
        CellRun {
            cell,
            info,
            config: self.config,
            data: self.data,
            crowd: self.data.crowd(level::of(&cell.strategy)),
            origin: RoundRecord::origin(&config, &parts, cell),
            first_rounds: self.folder.first_rounds(models_origin),
            classifiers: kinds.iter().map(|kind| self.zoo.classifier(kind)).collect(),
            validation: CrossValidation {
                folds: self.config.run.folds,
                shuffle: self.config.run.shuffle_folds,
                classes,
                parallel_folds: self.zoo.device_kind() == "cpu",
            },
            observer: self.observer,
            stop: self.stop,
            deadline: self.deadline,
        }
    }
}
