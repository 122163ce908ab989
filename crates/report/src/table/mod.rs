//! The tables of a report, as words: a page and a terminal show the same.

mod accuracy;
mod facts;
mod finding;
mod needed;
mod progress;
mod published;
mod sides;
mod timing;

pub(crate) use self::{
    accuracy::{areas, finals},
    facts::{differences, facts},
    finding::finding,
    needed::needed,
    progress::{missing_cells, standing},
    published::published,
    sides::sides,
    timing::timings,
};
use crate::stats::Spread;

/// A table with its heading and what must be known to read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub title: String,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Sentences; one about a column begins with its heading and a colon.
    pub notes: Vec<String>,
    /// How many columns from the left are words.
    pub words: usize,
}

impl Table {
    fn new(title: impl Into<String>, headings: &[&str], words: usize) -> Self {
        let headings = headings.iter().map(|&heading| heading.to_owned()).collect();
        Self { title: title.into(), headings, words, ..Self::default() }
    }

    /// The same table without the columns of these headings and what is said of them.
    pub fn without(mut self, headings: &[&str]) -> Self {
        let keep: Vec<bool> =
            self.headings.iter().map(|found| !headings.contains(&found.as_str())).collect();
        for row in self.rows.iter_mut().chain([&mut self.headings]) {
            let mut keep = keep.iter();
            row.retain(|_| *keep.next().unwrap_or(&true));
        }
        self.notes.retain(|note| {
            note.split_once(": ").is_none_or(|(heading, _)| !headings.contains(&heading))
        });
        self
    }

    fn say(&mut self, notes: &[&str]) {
        self.notes.extend(notes.iter().map(|&note| note.to_owned()));
    }

    fn or_nothing(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }

    /// Lines for a terminal, each column as wide as its widest cell.
    pub fn lines(&self) -> Vec<String> {
        let lines: Vec<&Vec<String>> = std::iter::once(&self.headings).chain(&self.rows).collect();
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let line = |cells: &&Vec<String>| {
            let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column < self.words {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        lines.iter().map(line).collect()
    }
}

/// "0.9876 ± 0.0012", without a deviation for a single value.
fn mean_std(spread: Spread) -> String {
    match spread.n {
        1 => format!("{:.4}", spread.mean),
        _ => format!("{:.4} \u{b1} {:.4}", spread.mean, spread.std),
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "\u{2013}".into())
}

/// A p-value with as many digits as matter.
fn p_value(p: Option<f64>) -> String {
    or_dash(p.map(|p| if p < 0.0005 { "<0.0005".into() } else { format!("{p:.3}") }))
}

/// The level of `single@0.6`; strategies of different levels are no rivals.
fn level(strategy: &str) -> Option<&str> {
    strategy.split_once('@').map(|(_, level)| level)
}

fn labels(count: Option<f64>) -> String {
    or_dash(count.map(|count| format!("{count:.0}")))
}
