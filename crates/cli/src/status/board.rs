//! The states of all cells of a run, cell by cell and as a table of strategies.

use std::path::Path;

use anyhow::Result;
use relabel_experiment::{Cell, RunFolder, cells, store::CellState};

/// Columns of a bar.
const BAR: usize = 20;

/// Where a run stands.
pub struct Board {
    folder: RunFolder,
    rounds: usize,
    cells: Vec<(Cell, CellState)>,
}

/// How many cells of a strategy are in which state.
#[derive(Default)]
struct Tally {
    cells: usize,
    done: usize,
    working: usize,
    failed: usize,
    rounds: usize,
}

impl Board {
    /// Looks at every cell.
    ///
    /// # Errors
    /// If the configuration of the run cannot be read.
    pub fn open(run: &Path) -> Result<Self> {
        let folder = RunFolder::existing(run);
        let config = folder.config()?;
        let cells = cells(&config).into_iter().map(|cell| (cell, CellState::Partial(0))).collect();
        let mut board = Self { folder, rounds: config.run.rounds, cells };
        board.look_again();
        Ok(board)
    }

    /// Looks again at those that were not done.
    pub fn look_again(&mut self) {
        for (cell, state) in &mut self.cells {
            if *state != CellState::Done {
                *state = self.folder.cell(cell).state(self.rounds);
            }
        }
    }

    /// One line per cell.
    pub fn cell_lines(&self) -> Vec<String> {
        let lines = self.cells.iter().enumerate().map(|(index, (cell, state))| {
            let words = self.words(state);
            format!("{index:>4}  {:<22} seed {:<5} {words}", cell.strategy, cell.seed)
        });
        lines.collect()
    }

    /// One line per cell that is being worked on or has failed.
    pub fn busy_lines(&self) -> Vec<String> {
        let busy = self
            .cells
            .iter()
            .filter(|(_, state)| matches!(state, CellState::Locked(..) | CellState::Failed(..)));
        busy.map(|(cell, state)| {
            format!("{}, seed {}: {}", cell.strategy, cell.seed, self.words(state))
        })
        .collect()
    }

    fn words(&self, state: &CellState) -> String {
        let rounds = self.rounds;
        match state {
            CellState::Done => "done".to_owned(),
            CellState::Partial(0) => "not started".to_owned(),
            CellState::Partial(finished) => format!("partial {finished} of {rounds}"),
            CellState::Locked(holder, finished) => {
                format!("locked by {holder}, {finished} of {rounds}")
            }
            CellState::Failed(reason, finished) => {
                format!("failed after {finished} of {rounds}: {reason}")
            }
        }
    }

    /// Headings and one line per strategy.
    pub fn table(&self) -> Vec<String> {
        let mut strategies: Vec<&str> = Vec::new();
        for (cell, _) in &self.cells {
            if !strategies.contains(&cell.strategy.as_str()) {
                strategies.push(&cell.strategy);
            }
        }
        let width = strategies.iter().map(|name| name.len()).max().unwrap_or(0).max(8);
        let head = ["done", "working", "failed", "waiting", "rounds"];
        let [done, working, failed, waiting, rounds] = head;
        let mut lines = vec![format!(
            "{:<width$}  {done:>5}  {working:>7}  {failed:>6}  {waiting:>7}  {rounds:>11}",
            "strategy"
        )];
        lines.extend(strategies.into_iter().map(|strategy| {
            let of_strategy = |cell: &Cell| cell.strategy == strategy;
            let Tally { cells, done, working, failed, rounds } = self.tally(of_strategy);
            let waiting = cells - done - working - failed;
            let whole = cells * self.rounds;
            let of = format!("{rounds}/{whole}");
            let line = format!(
                "{strategy:<width$}  {done:>5}  {working:>7}  {failed:>6}  {waiting:>7}  {of:>11}  {}",
                bar(rounds, whole)
            );
            line.trim_end().to_owned()
        }));
        lines
    }

    /// The last line.
    pub fn sum(&self) -> String {
        let all = self.tally(|_| true);
        let whole = all.cells * self.rounds;
        format!("{} of {} cells done, {} of {whole} rounds", all.done, all.cells, all.rounds)
    }

    /// Finished rounds of all cells.
    pub fn rounds_done(&self) -> usize {
        self.tally(|_| true).rounds
    }

    /// Rounds that are still to be made.
    pub fn rounds_left(&self) -> usize {
        self.cells.len() * self.rounds - self.rounds_done()
    }

    fn tally(&self, chosen: impl Fn(&Cell) -> bool) -> Tally {
        let mut tally = Tally::default();
        for (_, state) in self.cells.iter().filter(|(cell, _)| chosen(cell)) {
            tally.cells += 1;
            tally.rounds += match *state {
                CellState::Done => self.rounds,
                CellState::Partial(rounds)
                | CellState::Locked(_, rounds)
                | CellState::Failed(_, rounds) => rounds,
            };
            match state {
                CellState::Done => tally.done += 1,
                CellState::Locked(..) => tally.working += 1,
                CellState::Failed(..) => tally.failed += 1,
                CellState::Partial(_) => {}
            }
        }
        tally
    }
}

fn bar(part: usize, whole: usize) -> String {
    let filled = (part * BAR).checked_div(whole).unwrap_or(0);
    "\u{2588}".repeat(filled) + &"\u{2591}".repeat(BAR - filled)
}
