//! What is said and written when the cells have ended, and the exit code.

use std::time::Duration;

use anyhow::{Context, Result};
use relabel_experiment::{GridOutcome, RunFolder, cells, store::CellState};

use super::Plan;
use crate::{
    exit, report,
    signals::Signals,
    talk::{Talk, tell},
};

impl Plan<'_> {
    /// Tables and plots of what there is, then the exit code.
    pub(super) fn conclude(
        &self,
        outcome: &GridOutcome,
        folder: &RunFolder,
        signals: &Signals,
        took: Duration,
        talk: Talk,
    ) -> u8 {
        if outcome.stopped {
            self.say_stopped(folder, talk);
            return signals.exit_code();
        }
        let told = if outcome.finished > 0 { self.report(folder, talk) } else { Ok(()) };
        talk.say(format!("{:.1} s", took.as_secs_f64()));
        self.say_what_is_left(outcome, folder, talk);
        let told = told.context("the rounds are on disk, but the report is not whole");
        exit::after_work(exit_code(outcome), told)
    }

    /// Whoever comes last sees the cells of all processes. One of many tasks leaves
    /// the pictures to the last one.
    fn report(&self, folder: &RunFolder, talk: Talk) -> Result<()> {
        let _lock = folder.lock()?;
        let rounds = self.config.run.rounds;
        let whole = self.cells.len() == cells(&self.config).len();
        let is_done = |cell| folder.cell(cell).state(rounds) == CellState::Done;
        if self.no_report || !(whole || cells(&self.config).iter().all(is_done)) {
            return report::summarise(folder.path(), talk);
        }
        report::conclude(folder.path(), talk)
    }

    pub(super) fn say_stopped(&self, folder: &RunFolder, talk: Talk) {
        talk.say(format!(
            "stopped; finished rounds are in {}, the same command goes on from there",
            folder.path().display()
        ));
    }

    fn say_what_is_left(&self, outcome: &GridOutcome, folder: &RunFolder, talk: Talk) {
        let cells = self.cells.len();
        if outcome.out_of_time {
            let rounds = self.config.run.rounds;
            // Earlier sessions count too.
            let states = self.cells.iter().map(|cell| folder.cell(cell).state(rounds));
            let states: Vec<CellState> = states.collect();
            let done = states.iter().map(|state| match state {
                CellState::Done => rounds,
                CellState::Partial(n) | CellState::Locked(_, n) | CellState::Failed(_, n) => *n,
            });
            let finished = states.iter().filter(|state| **state == CellState::Done).count();
            talk.say(format!(
                "the time is up after {} of {} rounds, {} of {cells} cells are finished; \
                 the same command goes on from there",
                done.sum::<usize>(),
                cells * rounds,
                finished
            ));
        }
        if !outcome.locked.is_empty() {
            let n = outcome.locked.len();
            talk.say(format!("{n} of {cells} cells are left to the processes that work on them"));
        }
        if !outcome.failures.is_empty() {
            tell!(
                "relabel: {} of {cells} cells failed; why is in failed.json of each, below {}",
                outcome.failures.len(),
                folder.path().join("cells").display()
            );
        }
    }
}

/// A failure that will come again weighs more than one that may not.
pub(super) fn exit_code(outcome: &GridOutcome) -> u8 {
    if outcome.failures.iter().any(|(_, failure)| !failure.retry) {
        exit::SOME_FAILED
    } else if !outcome.failures.is_empty() || !outcome.locked.is_empty() || outcome.out_of_time {
        exit::RETRY
    } else {
        exit::DONE
    }
}
