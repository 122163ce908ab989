//! `relabel status`: how far every cell of a run is, once, or again and again until
//! everything is done.

mod board;

use std::{
    io::{self, Write},
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use console::{Term, truncate_str};

use crate::args::StatusArgs;
use board::Board;

const PAUSE: Duration = Duration::from_secs(1);

/// Prints one line per cell and a table of strategies; `--watch` keeps the table on the
/// terminal up to date.
pub fn show(args: &StatusArgs) -> Result<ExitCode> {
    if !args.run.join("config.toml").is_file() {
        bail!(
            "{} holds no config.toml, so it is no run folder; give results/EXPERIMENT/NAME",
            args.run.display()
        );
    }
    let mut board = Board::open(&args.run)?;
    let terminal = Term::buffered_stdout();
    if args.watch && terminal.is_term() {
        watch(&mut board, &terminal)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = io::stdout().lock();
    for line in board.cell_lines() {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    for line in board.table() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}", board.sum())?;
    Ok(ExitCode::SUCCESS)
}

/// Draws the table over itself until every cell is done.
fn watch(board: &mut Board, terminal: &Term) -> Result<()> {
    let (start, rounds) = (Instant::now(), board.rounds_done());
    let mut drawn = 0;
    loop {
        let mut lines = board.table();
        lines.push(board.sum());
        let made = board.rounds_done().saturating_sub(rounds);
        lines.extend(time_left(made, board.rounds_left(), start.elapsed()));
        lines.extend(board.busy_lines());
        let (height, width) = terminal.size();
        lines.truncate(usize::from(height).saturating_sub(1));
        terminal.clear_last_lines(drawn)?;
        drawn = lines.len();
        for line in lines {
            terminal.write_line(&truncate_str(&line, usize::from(width), "..."))?;
        }
        terminal.flush()?;
        if board.rounds_left() == 0 {
            return Ok(());
        }
        sleep(PAUSE);
        board.look_again();
    }
}

/// By the pace since watching began; nothing until a round was made.
fn time_left(made: usize, left: usize, elapsed: Duration) -> Option<String> {
    if made == 0 || left == 0 {
        return None;
    }
    let seconds = elapsed.as_secs_f64() / made as f64 * left as f64;
    Some(match seconds {
        seconds if seconds < 90.0 => format!("about {seconds:.0} s left at this pace"),
        seconds if seconds < 5400.0 => format!("about {:.0} min left at this pace", seconds / 60.0),
        seconds => format!("about {:.1} h left at this pace", seconds / 3600.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_goes_by_the_pace() {
        let minute = Duration::from_secs(60);
        assert_eq!(time_left(0, 10, minute), None);
        assert_eq!(time_left(10, 0, minute), None);
        assert_eq!(time_left(6, 3, minute).as_deref(), Some("about 30 s left at this pace"));
        assert_eq!(time_left(6, 60, minute).as_deref(), Some("about 10 min left at this pace"));
        assert_eq!(time_left(1, 90, minute).as_deref(), Some("about 1.5 h left at this pace"));
    }
}
