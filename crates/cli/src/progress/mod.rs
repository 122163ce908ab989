//! What a running grid shows: bars on a terminal, lines elsewhere, or nothing.

mod bars;
mod plain;
mod terminal;

use std::io::IsTerminal;

use relabel_experiment::{Observer, Silent};

use crate::{args::ProgressMode, talk::Talk};

/// The observer for `mode`; `rounds` is the number of rounds of all cells, and
/// `unit` what the fits of a cell consist of ("epoch", "tree").
pub fn observer(
    mode: ProgressMode,
    talk: Talk,
    rounds: usize,
    unit: &'static str,
) -> Box<dyn Observer> {
    let terminal = std::io::stderr().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    match mode {
        ProgressMode::Bars => Box::new(bars::Bars::new(rounds, unit)),
        ProgressMode::Plain => Box::new(plain::Plain),
        ProgressMode::None => Box::new(Silent),
        ProgressMode::Auto if talk == Talk::Quiet => Box::new(Silent),
        ProgressMode::Auto if terminal => Box::new(bars::Bars::new(rounds, unit)),
        ProgressMode::Auto => Box::new(plain::Plain),
    }
}

/// "activelab, seed 3", the way every line names a cell.
fn name(cell: &relabel_experiment::Cell) -> String {
    format!("{}, seed {}", cell.strategy, cell.seed)
}
