//! What a running grid shows: bars on a terminal, lines elsewhere, or nothing but failures.

mod bars;
mod plain;
mod terminal;

use std::io::IsTerminal;

use relabel_experiment::{Cell, CellEvent, Observer};

pub use terminal::target;

use crate::{
    args::ProgressMode,
    talk::{Talk, tell},
};

/// An observer that may have something on the screen.
pub trait Display: Observer {
    /// Leaves the screen as if nothing had been drawn, but for finished lines.
    fn close(&self) {}
}

/// The display for `mode`; `rounds` is the number of rounds of all cells, and
/// `unit` what the fits of a cell consist of ("epoch", "tree").
pub fn display(
    mode: ProgressMode,
    talk: Talk,
    rounds: usize,
    unit: &'static str,
) -> Box<dyn Display> {
    let terminal = std::io::stderr().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    match mode {
        ProgressMode::Bars => Box::new(bars::Bars::new(rounds, unit)),
        ProgressMode::Plain => Box::new(plain::Plain),
        ProgressMode::None => Box::new(OnlyFailures),
        ProgressMode::Auto if talk == Talk::Quiet => Box::new(OnlyFailures),
        ProgressMode::Auto if terminal => Box::new(bars::Bars::new(rounds, unit)),
        ProgressMode::Auto => Box::new(plain::Plain),
    }
}

/// Errors are said even to those who asked for silence.
struct OnlyFailures;

impl Observer for OnlyFailures {
    fn cell(&self, cell: &Cell, event: &CellEvent) {
        if let CellEvent::Failed(reason) = event {
            tell!("{}", failed(cell, reason));
        }
    }
}

impl Display for OnlyFailures {}

/// "activelab, seed 3", the way every line names a cell.
fn name(cell: &Cell) -> String {
    format!("{}, seed {}", cell.strategy, cell.seed)
}

fn failed(cell: &Cell, reason: &str) -> String {
    format!("relabel: {} failed: {reason}", name(cell))
}
