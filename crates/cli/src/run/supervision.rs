//! Waiting for the cells while watching for the wish to stop. Cells end at their
//! next batch; if one takes too long for that, the program ends without it: every
//! file on disk is whole at any moment.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use relabel_experiment::{CellRunner, GridOptions, GridOutcome, run_grid};

use super::Plan;
use crate::{progress::Display, signals::Signals};

/// A stop is to be done within two seconds.
const GRACE: Duration = Duration::from_millis(1500);
const TICK: Duration = Duration::from_millis(50);

/// A runner that can pass on the wish to stop.
pub trait Stoppable: CellRunner {
    /// Called once when the user asks to stop.
    fn pass_on_stop(&self) {}
}

impl Stoppable for relabel_experiment::Worker<'_> {}

/// Runs the cells of `plan`, and ends the program if they do not stop when asked to.
pub fn run(
    runner: &dyn Stoppable,
    plan: &Plan<'_>,
    options: &GridOptions<'_>,
    signals: &Signals,
    display: &dyn Display,
) -> GridOutcome {
    thread::scope(|scope| {
        let (done, end) = mpsc::channel();
        scope.spawn(move || {
            // A receiver that is gone has ended the program.
            let _ = done.send(run_grid(runner, &plan.cells, options));
        });
        let mut asked: Option<Instant> = None;
        loop {
            match end.recv_timeout(TICK) {
                Ok(outcome) => return outcome,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    unreachable!("a panic of a cell should have become its end")
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !signals.stopping() => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let since = *asked.get_or_insert_with(|| {
                        runner.pass_on_stop();
                        Instant::now()
                    });
                    if since.elapsed() > GRACE {
                        display.close();
                        signals.exit_now();
                    }
                }
            }
        }
    })
}
