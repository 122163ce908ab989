//! The grid of cells, strategy by seed: which cells there are, and running them
//! side by side. A cell that fails is told at once and the others go on.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde::{Deserialize, Serialize};

use crate::{Config, Deadline, store::Failure};

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

/// How one cell ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellEnd {
    /// Every round is on disk.
    Finished,
    /// The user asked to stop.
    Stopped,
    /// The next round would not have ended in time.
    OutOfTime,
    /// Another process works on it.
    Locked(String),
    /// It cannot go on.
    Failed(Failure),
}

/// Runs one cell to its end, in this process or in another one.
pub trait CellRunner: Sync {
    /// Runs `cell` and says how it ended.
    fn run(&self, cell: &Cell) -> CellEnd;
}

/// How the cells are run.
pub struct GridOptions<'a> {
    /// Cells at the same time.
    pub jobs: usize,
    /// Start no further cell once one has failed.
    pub fail_fast: bool,
    /// Set when the user asks to stop.
    pub stop: &'a AtomicBool,
    /// When the run has to end.
    pub deadline: &'a Deadline,
}

/// How the cells ended.
#[derive(Clone, Debug, Default)]
pub struct GridOutcome {
    /// Cells whose every round is on disk.
    pub finished: usize,
    /// Cells that failed and why.
    pub failures: Vec<(Cell, Failure)>,
    /// Cells on which another process works.
    pub locked: Vec<Cell>,
    /// True when the user asked to stop before all was done.
    pub stopped: bool,
    /// True when the time was up before all was done.
    pub out_of_time: bool,
}

/// Runs `cells`, `options.jobs` at a time. Cells that another process holds are
/// looked at once more when all others are done.
pub fn run_grid(runner: &dyn CellRunner, cells: &[Cell], options: &GridOptions<'_>) -> GridOutcome {
    let (mut outcome, _) = run_once(runner, cells.to_vec(), options, GridOutcome::default());
    let locked = mem::take(&mut outcome.locked);
    if locked.is_empty() {
        return outcome;
    }
    let (mut outcome, unseen) = run_once(runner, locked, options, outcome);
    outcome.locked.extend(unseen);
    outcome
}

/// Adds how `cells` end to how others ended `before`; also the cells that were not started.
fn run_once(
    runner: &dyn CellRunner,
    cells: Vec<Cell>,
    options: &GridOptions<'_>,
    before: GridOutcome,
) -> (GridOutcome, VecDeque<Cell>) {
    let jobs = options.jobs.clamp(1, cells.len().max(1));
    let waiting = Mutex::new(in_order_of_start(cells, jobs));
    let outcome = Mutex::new(before);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(cell) = next(&waiting, &outcome, options) {
                    let end = runner.run(&cell);
                    held(&outcome).add(cell, end);
                }
            });
        }
    });
    let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    (outcome, waiting.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Seeds in groups of `jobs`. One cell of every seed of the group comes first, so that
/// the strategies after it find their first round (see [`crate::store::FirstRounds`]).
fn in_order_of_start(cells: Vec<Cell>, jobs: usize) -> VecDeque<Cell> {
    let mut seeds: Vec<u64> = Vec::new();
    let place = |cell: Cell| {
        let known = seeds.iter().position(|&seed| seed == cell.seed);
        let at = known.unwrap_or(seeds.len());
        if known.is_none() {
            seeds.push(cell.seed);
        }
        (at / jobs, known.is_some(), cell)
    };
    let mut placed: Vec<(usize, bool, Cell)> = cells.into_iter().map(place).collect();
    placed.sort_by_key(|&(group, follows, _)| (group, follows));
    placed.into_iter().map(|(.., cell)| cell).collect()
}

/// The next cell, if another one may be started.
fn next(
    waiting: &Mutex<VecDeque<Cell>>,
    outcome: &Mutex<GridOutcome>,
    options: &GridOptions<'_>,
) -> Option<Cell> {
    let mut waiting = held(waiting);
    waiting.front()?;
    let mut outcome = held(outcome);
    if options.stop.load(Ordering::Relaxed) {
        outcome.stopped = true;
    } else if !options.deadline.leaves_time(None) {
        outcome.out_of_time = true;
    } else if !options.fail_fast || outcome.failures.is_empty() {
        return waiting.pop_front();
    }
    None
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl GridOutcome {
    fn add(&mut self, cell: Cell, end: CellEnd) {
        match end {
            CellEnd::Finished => self.finished += 1,
            CellEnd::Stopped => self.stopped = true,
            CellEnd::OutOfTime => self.out_of_time = true,
            CellEnd::Locked(_) => self.locked.push(cell),
            CellEnd::Failed(failure) => self.failures.push((cell, failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails on every odd seed.
    struct OddFails;

    impl CellRunner for OddFails {
        fn run(&self, cell: &Cell) -> CellEnd {
            match cell.seed % 2 {
                0 => CellEnd::Finished,
                _ => CellEnd::Failed(Failure { reason: "odd".into(), ..Failure::default() }),
            }
        }
    }

    /// Another process is done with a cell as soon as one has looked at it.
    struct LockedOnce(Mutex<Vec<Cell>>);

    impl CellRunner for LockedOnce {
        fn run(&self, cell: &Cell) -> CellEnd {
            let mut seen = held(&self.0);
            if seen.contains(cell) {
                return CellEnd::Finished;
            }
            seen.push(cell.clone());
            CellEnd::Locked("someone".into())
        }
    }

    fn outcome(runner: &dyn CellRunner, fail_fast: bool, deadline: &Deadline) -> GridOutcome {
        let cells: Vec<Cell> =
            (0..6).map(|seed| Cell { strategy: "random".into(), seed }).collect();
        let stop = AtomicBool::new(false);
        run_grid(runner, &cells, &GridOptions { jobs: 1, fail_fast, stop: &stop, deadline })
    }

    #[test]
    fn the_others_go_on_unless_the_user_wants_to_know_fast() {
        let all = outcome(&OddFails, false, &Deadline::never());
        assert_eq!((all.finished, all.failures.len()), (3, 3));
        let fast = outcome(&OddFails, true, &Deadline::never());
        assert_eq!((fast.finished, fast.failures.len()), (1, 1));
    }

    #[test]
    fn cells_that_another_process_held_are_looked_at_again() {
        let all = outcome(&LockedOnce(Mutex::default()), false, &Deadline::never());
        assert_eq!((all.finished, all.locked.len()), (6, 0));
    }

    /// Another process has a cell, until the one after it has failed.
    struct LockedThenFails;

    impl CellRunner for LockedThenFails {
        fn run(&self, cell: &Cell) -> CellEnd {
            match cell.seed {
                0 => CellEnd::Locked("someone".into()),
                _ => CellEnd::Failed(Failure::default()),
            }
        }
    }

    #[test]
    fn who_wants_to_know_fast_waits_for_no_cell_of_another_process() {
        let slow = outcome(&LockedThenFails, false, &Deadline::never());
        assert_eq!((slow.locked.len(), slow.failures.len()), (1, 5));
        let fast = outcome(&LockedThenFails, true, &Deadline::never());
        assert_eq!((fast.locked.len(), fast.failures.len()), (1, 1));
    }

    #[test]
    fn as_many_seeds_as_jobs_start_together_and_one_strategy_of_each_leads() {
        let all = [3, 7, 5].into_iter().flat_map(|seed| {
            ["random", "entropy", "activelab"].map(|name| Cell { strategy: name.into(), seed })
        });
        let all: Vec<Cell> = all.collect();
        let order = |jobs| Vec::from(in_order_of_start(all.clone(), jobs));
        assert_eq!(order(1), all);
        let two = [0, 3, 1, 2, 4, 5, 6, 7, 8].map(|at: usize| all[at].clone());
        assert_eq!(order(2), two);
        let more = [0, 3, 6, 1, 2, 4, 5, 7, 8].map(|at: usize| all[at].clone());
        assert_eq!(order(3), more);
        assert_eq!(order(16), more);
    }

    #[test]
    fn no_cell_starts_after_the_deadline() {
        let late = outcome(&OddFails, false, &Deadline::after(std::time::Duration::ZERO));
        assert!(late.out_of_time && late.finished == 0);
    }
}
