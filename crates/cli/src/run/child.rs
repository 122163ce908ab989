//! A process that runs one cell for another one: it reports on stdout, one JSON
//! message per line, and ends when the other process says so or is no more.

use std::{
    io::{BufRead, Write, stdin, stdout},
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use relabel_data::DataError;
use relabel_experiment::{
    Cell, CellEnd, CellEvent, CellRunner, Observer, StoreError,
    panic_log::Collecting,
    store::{Failure, Manifest},
};
use serde::{Deserialize, Serialize};

use super::{Plan, Ready};
use crate::{exit, signals::Signals};

/// The word on stdin that asks for a stop at the next batch.
pub const STOP: &str = "stop";
/// Between two messages about parts of a fit.
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// What such a process tells.
#[derive(Serialize, Deserialize)]
pub enum Message {
    /// Something happened in the cell.
    Event(CellEvent),
    /// The cell has ended.
    End(CellEnd),
}

/// Runs the one cell of `plan`.
pub fn run(plan: &Plan<'_>) -> Result<ExitCode> {
    let signals = Signals::install()?;
    listen(signals.clone());
    let teller = Teller { last_step: Mutex::new(None) };
    let end = match ready(plan) {
        Ok(ready) => {
            let _panics = Collecting::begin();
            let deadline = plan.deadline();
            let threads = plan.threads;
            plan.worker(&ready, threads, &teller, &signals, &deadline).run(&plan.cells[0])
        }
        Err(error) => CellEnd::Failed(failure(&error)),
    };
    tell(&Message::End(end.clone()));
    Ok(ExitCode::from(match end {
        CellEnd::Finished => exit::DONE,
        CellEnd::Stopped => signals.exit_code(),
        CellEnd::Failed(Failure { retry: false, .. }) => exit::SOME_FAILED,
        CellEnd::Failed(_) | CellEnd::Locked(_) | CellEnd::OutOfTime => exit::RETRY,
    }))
}

/// What the other process could open, this one should be able to open too.
fn ready(plan: &Plan<'_>) -> Result<Ready> {
    let ready = plan.ready()?;
    let expected = Manifest::read(ready.folder.path())?.device_kind;
    let found = ready.zoo.device_kind();
    if found != expected {
        bail!("the device was lost: there is a {found} now instead of a {expected}");
    }
    Ok(ready)
}

fn failure(error: &anyhow::Error) -> Failure {
    let on_disk = error.is::<StoreError>() || error.is::<DataError>();
    let retry = exit::code(error) == exit::RETRY || !on_disk;
    Failure { reason: exit::sentence(error), retry, details: String::new() }
}

/// Waits for the word to stop in the background. When stdin ends, the other process
/// is gone, and nobody wants the result of this one.
fn listen(signals: Signals) {
    thread::spawn(move || {
        for line in stdin().lock().lines() {
            match line {
                Ok(word) if word == STOP => signals.request_stop(),
                _ => break,
            }
        }
        signals.request_stop();
        signals.exit_now();
    });
}

struct Teller {
    last_step: Mutex<Option<Instant>>,
}

impl Observer for Teller {
    fn cell(&self, _: &Cell, event: &CellEvent) {
        if matches!(event, CellEvent::Step { .. }) {
            let Ok(mut last) = self.last_step.lock() else { return };
            if last.is_some_and(|last| last.elapsed() < STEP_PAUSE) {
                return;
            }
            *last = Some(Instant::now());
        }
        tell(&Message::Event(event.clone()));
    }
}

fn tell(message: &Message) {
    let mut line = serde_json::to_vec(message).expect("a message should be JSON");
    line.push(b'\n');
    // If nobody listens any more, stdin has ended too.
    let _ = stdout().lock().write_all(&line);
}
