//! The grid of cells, strategy by seed: which cells there are, and running them
//! side by side. A cell that fails is noted and the others go on.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rayon::ThreadPoolBuilder;
use relabel_models::{ClassesRule, CrossValidation, ModelError};

use crate::{
    CellEvent, CellRun, Config, ExperimentError, Observer, RunFolder, Zoo,
    config::Protocol,
    dataset::Prepared,
    level,
    store::{CellFolder, NpyNames, publish_npy},
    strategy::{self, StrategyInfo},
};

/// One strategy with one seed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The strategy's name.
    pub strategy: String,
    /// The seed.
    pub seed: u64,
}

/// Every cell, all strategies of one seed before the next seed, so that seeds
/// added later leave the numbering as it was.
pub fn cells(config: &Config) -> Vec<Cell> {
    let grid = &config.grid;
    grid.seeds
        .iter()
        .flat_map(|&seed| {
            grid.strategies.iter().map(move |strategy| Cell { strategy: strategy.clone(), seed })
        })
        .collect()
}

/// How the cells are run.
pub struct GridOptions {
    /// Cells at the same time.
    pub jobs: usize,
    /// Threads of all cells together.
    pub threads: usize,
    /// Start no further cell once one has failed.
    pub fail_fast: bool,
}

/// Everything the cells share.
pub struct Grid<'a> {
    /// The run's configuration.
    pub config: &'a Config,
    /// Where results go.
    pub folder: &'a RunFolder,
    /// The data.
    pub data: &'a Prepared,
    /// Where models come from.
    pub zoo: &'a Zoo,
    /// Told about progress.
    pub observer: &'a dyn Observer,
    /// Set when the user asks to stop.
    pub stop: &'a AtomicBool,
}

/// A cell that did not finish.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which.
    pub cell: Cell,
    /// Why.
    pub reason: String,
    /// True when the same command may succeed later (a device was lost).
    pub retry: bool,
}

/// How the cells ended.
#[derive(Clone, Debug, Default)]
pub struct GridOutcome {
    /// Cells whose every round is on disk.
    pub finished: usize,
    /// Cells that failed.
    pub failures: Vec<Failure>,
    /// Cells on which another process works.
    pub locked: Vec<Cell>,
    /// True when the user asked to stop before all was done.
    pub stopped: bool,
}

/// Runs `cells`, `options.jobs` at a time.
pub fn run_grid(grid: &Grid<'_>, cells: &[Cell], options: &GridOptions) -> GridOutcome {
    let waiting: Mutex<VecDeque<&Cell>> = Mutex::new(cells.iter().collect());
    let outcome = Mutex::new(GridOutcome::default());
    let failed = AtomicBool::new(false);
    let jobs = options.jobs.clamp(1, cells.len().max(1));
    let threads = (options.threads / jobs).max(1);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let halted = options.fail_fast && failed.load(Ordering::Relaxed);
                    let next = waiting.lock().expect("no thread should panic here").pop_front();
                    let Some(cell) = next else { break };
                    if halted || grid.stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let end = grid.run_cell(cell, threads);
                    failed.fetch_or(matches!(end, CellEnd::Failed(_)), Ordering::Relaxed);
                    outcome.lock().expect("no thread should panic here").add(end);
                }
            });
        }
    });
    let mut outcome = outcome.into_inner().expect("no thread should panic here");
    outcome.stopped |= grid.stop.load(Ordering::Relaxed)
        && outcome.finished + outcome.failures.len() + outcome.locked.len() < cells.len();
    outcome
}

enum CellEnd {
    Finished,
    Stopped,
    Locked(Cell),
    Failed(Failure),
}

impl GridOutcome {
    fn add(&mut self, end: CellEnd) {
        match end {
            CellEnd::Finished => self.finished += 1,
            CellEnd::Stopped => self.stopped = true,
            CellEnd::Locked(cell) => self.locked.push(cell),
            CellEnd::Failed(failure) => self.failures.push(failure),
        }
    }
}

impl Grid<'_> {
    /// Runs one cell in a thread pool of its own and turns whatever happens into an end.
    fn run_cell(&self, cell: &Cell, threads: usize) -> CellEnd {
        let folder = self.folder.cell(cell);
        let work = || self.run_locked(cell, &folder);
        let result = match ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => catch_unwind(AssertUnwindSafe(|| pool.install(work))),
            Err(_) => catch_unwind(AssertUnwindSafe(work)),
        };
        let (reason, retry) = match result {
            Ok(Ok(end)) => return end,
            Ok(Err(error)) if error.is_stop() => return CellEnd::Stopped,
            Ok(Err(error)) => (error.to_string(), is_transient(&error)),
            Err(panic) => (format!("internal error: {}", panic_text(&*panic)), false),
        };
        // The reason is also in the outcome: a full disk must not hide it.
        let _ = folder.fail(&reason);
        self.observer.cell(cell, &CellEvent::Failed(reason.clone()));
        CellEnd::Failed(Failure { cell: cell.clone(), reason, retry })
    }

    fn run_locked(&self, cell: &Cell, folder: &CellFolder) -> Result<CellEnd, ExperimentError> {
        let rounds = self.config.run.rounds;
        let info = strategy::find(&cell.strategy).expect("the strategy should be validated");
        let _lock = match folder.lock()? {
            Ok(lock) => lock,
            Err(holder) => {
                self.observer.cell(cell, &CellEvent::Locked(holder));
                return Ok(CellEnd::Locked(cell.clone()));
            }
        };
        let records = if folder.is_done(rounds) {
            self.observer.cell(cell, &CellEvent::Started { rounds_done: rounds, rounds });
            self.observer.cell(cell, &CellEvent::Finished);
            folder.records(rounds).0
        } else {
            self.cell_run(cell, info).run(folder)?
        };
        let names = NpyNames {
            method: info.published_name,
            level: level::split(&cell.strategy).1,
            seed: cell.seed,
            full_fit: self.config.run.full_fit,
        };
        publish_npy(self.folder.path(), &names, &records)?;
        Ok(CellEnd::Finished)
    }

    fn cell_run<'a>(&'a self, cell: &'a Cell, info: &'a StrategyInfo) -> CellRun<'a> {
        let n_classes = self.data.n_classes;
        let classes = match self.config.run.protocol {
            Protocol::Published => ClassesRule::Published(n_classes),
            Protocol::Corrected => ClassesRule::Fixed(n_classes),
        };
        CellRun {
            cell,
            info,
            config: self.config,
            data: self.data,
            crowd: self.data.crowd(level::of(&cell.strategy)),
            classifiers: self.zoo.classifiers(info),
            validation: CrossValidation {
                folds: self.config.run.folds,
                shuffle: self.config.run.shuffle_folds,
                classes,
                parallel_folds: self.zoo.device_kind() == "cpu",
            },
            observer: self.observer,
            stop: self.stop,
        }
    }
}

fn is_transient(error: &ExperimentError) -> bool {
    matches!(error, ExperimentError::Model(ModelError::Device(_)))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
