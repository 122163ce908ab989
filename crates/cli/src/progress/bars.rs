//! Bars on a terminal: a line per running cell with round, fold and step, and
//! one for the whole grid with the time left.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use relabel_experiment::{Cell, CellEvent, Observer};

use super::{Display, failed, name, terminal};

/// The bars of one grid.
pub struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: Mutex<HashMap<Cell, Line>>,
    unit: &'static str,
}

/// The line of one running cell.
struct Line {
    bar: ProgressBar,
    fold: (usize, usize),
    step: (usize, usize),
    accuracy: String,
}

impl Bars {
    /// Draws the total bar; `rounds` is the number of rounds of all cells, `unit` what a fit consists of.
    pub fn new(rounds: usize, unit: &'static str) -> Self {
        Self::on(terminal::target(), rounds, unit)
    }

    fn on(target: ProgressDrawTarget, rounds: usize, unit: &'static str) -> Self {
        let all = MultiProgress::with_draw_target(target);
        let total = all.add(ProgressBar::new(rounds as u64));
        total.set_style(style(
            "{msg:<23} {wide_bar:.green} {pos}/{len} rounds, {elapsed} passed, {eta} left",
        ));
        total.set_message("all cells");
        total.enable_steady_tick(Duration::from_millis(500));
        Self { all, total, running: Mutex::new(HashMap::new()), unit }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Cell, Line>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, cell: &Cell, rounds_done: usize, rounds: usize) {
        // A process that is started again tells of rounds that were counted as they ended.
        let counted = self.end(cell);
        // Rounds of an earlier session must not flatter the estimate.
        self.total.inc(rounds_done as u64);
        self.total.dec(counted);
        self.total.reset_eta();
        if rounds_done == rounds {
            return;
        }
        let bar = self.all.insert_before(&self.total, ProgressBar::new(rounds as u64));
        bar.set_style(style("{prefix:<23} {bar:10.cyan} round {pos}/{len} {wide_msg} {eta}"));
        bar.set_prefix(format!("{} {}", cell.strategy, cell.seed));
        bar.set_position(rounds_done as u64);
        bar.reset_eta();
        let line = Line { bar, fold: (0, 0), step: (0, 0), accuracy: String::new() };
        self.lines().insert(cell.clone(), line);
    }

    fn change(&self, cell: &Cell, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines().get_mut(cell) {
            change(line);
            line.show(self.unit);
        }
    }

    /// Removes the line of a cell, if it has one, and says how many rounds it stood for.
    fn end(&self, cell: &Cell) -> u64 {
        let Some(line) = self.lines().remove(cell) else { return 0 };
        let rounds = line.bar.position();
        line.bar.finish_and_clear();
        self.all.remove(&line.bar);
        rounds
    }

    fn print(&self, text: String) {
        // A terminal that has gone away is no reason to stop the work.
        let _ = self.all.println(text);
    }
}

impl Line {
    fn show(&self, unit: &str) {
        let (fold, folds) = self.fold;
        let (step, steps) = self.step;
        let part = |what: &str, done: usize, of: usize| match of {
            0 => String::new(),
            _ => format!("{what} {done}/{of} "),
        };
        let text = part("fold", fold, folds) + &part(unit, step, steps) + &self.accuracy;
        self.bar.set_message(text);
    }
}

impl Observer for Bars {
    fn cell(&self, cell: &Cell, event: &CellEvent) {
        match event {
            CellEvent::Started { rounds_done, rounds } => self.start(cell, *rounds_done, *rounds),
            CellEvent::Fold { done, total, .. } => {
                self.change(cell, |line| line.fold = (*done, *total));
            }
            CellEvent::Step { done, total } => {
                self.change(cell, |line| line.step = (*done, *total));
            }
            CellEvent::Round { round, model_accuracy, .. } => {
                self.total.inc(1);
                self.change(cell, |line| {
                    line.bar.set_position(*round as u64 + 1);
                    line.fold = (0, 0);
                    line.step = (0, 0);
                    line.accuracy = format!("{model_accuracy:.3}");
                });
            }
            CellEvent::Trained { .. } => {}
            CellEvent::Note(note) => self.print(format!("{}: {note}", name(cell))),
            CellEvent::Finished => {
                self.end(cell);
            }
            CellEvent::Locked(holder) => {
                self.print(format!("{}: left alone, {holder} works on it", name(cell)));
            }
            CellEvent::Failed(reason) => {
                self.print(failed(cell, reason));
                self.end(cell);
            }
        }
    }
}

impl Display for Bars {
    fn close(&self) {
        self.total.disable_steady_tick();
        let _ = self.all.clear();
        // Bars draw themselves once more when they are dropped.
        self.all.set_draw_target(ProgressDrawTarget::hidden());
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.close();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_is_started_again_keeps_one_line_and_is_counted_once() {
        let bars = Bars::on(ProgressDrawTarget::hidden(), 10, "tree");
        let cell = Cell { strategy: "random".into(), seed: 0 };
        let start = |rounds_done| bars.cell(&cell, &CellEvent::Started { rounds_done, rounds: 5 });
        let round = |round| {
            let event = CellEvent::Round {
                round,
                rounds: 5,
                n_labels: 1,
                model_accuracy: 0.5,
                consensus_accuracy: 0.5,
                took: Duration::from_secs(1),
                peak_memory: None,
            };
            bars.cell(&cell, &event);
        };
        start(1);
        round(1);
        round(2);
        let old = bars.lines()[&cell].bar.clone();
        start(3);
        assert_eq!((bars.total.position(), bars.lines()[&cell].bar.position()), (3, 3));
        assert!(old.is_finished() && !bars.lines()[&cell].bar.is_finished());
        // A round whose files were lost is made again.
        start(2);
        round(2);
        assert_eq!(bars.total.position(), 3);
        start(5);
        bars.cell(&cell, &CellEvent::Finished);
        assert_eq!((bars.total.position(), bars.lines().len()), (5, 0));
    }
}
