//! `relabel status`: how far every cell of a run is.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Result, bail};
use relabel_experiment::{RunFolder, cells, store::CellState};

use crate::args::StatusArgs;

/// Prints one line per cell and a last line with the sum.
pub fn show(args: &StatusArgs) -> Result<ExitCode> {
    if !args.run.join("config.toml").is_file() {
        bail!(
            "{} holds no config.toml, so it is no run folder; give results/EXPERIMENT/NAME",
            args.run.display()
        );
    }
    let folder = RunFolder::existing(&args.run);
    let config = folder.config()?;
    let rounds = config.run.rounds;
    let mut out = io::stdout().lock();
    let cells = cells(&config);
    let mut done = 0;
    for (index, cell) in cells.iter().enumerate() {
        let state = match folder.cell(cell).state(rounds) {
            CellState::Done => {
                done += 1;
                "done".to_owned()
            }
            CellState::Partial(0) => "not started".to_owned(),
            CellState::Partial(finished) => format!("partial {finished} of {rounds}"),
            CellState::Locked(holder, finished) => {
                format!("locked by {holder}, {finished} of {rounds}")
            }
            CellState::Failed(reason, finished) => {
                format!("failed after {finished} of {rounds}: {reason}")
            }
        };
        writeln!(out, "{index:>4}  {:<22} seed {:<5} {state}", cell.strategy, cell.seed)?;
    }
    writeln!(out, "{done} of {} cells done", cells.len())?;
    Ok(ExitCode::SUCCESS)
}
