//! The table for the terminal: every strategy at its last finished round.

use crate::{
    Run,
    curve::{Curve, CurvePoint},
};

const HEADINGS: [&str; 6] =
    ["strategy", "round", "labels", "seeds", "model accuracy", "consensus accuracy"];

/// A plain-text table: mean and population standard deviation over seeds, the best
/// of each column marked by an asterisk.
pub fn text_report(run: &Run) -> String {
    let title = format!("{}/{} ({} protocol)", run.experiment, run.name, run.protocol);
    let Some(standing) = Standing::of(run) else {
        return format!("{title}: no round is finished yet, so there is nothing to report.\n");
    };
    let mut lines = vec![title, String::new()];
    lines.extend(align(&standing.table()));
    lines.push(String::new());
    lines.extend(standing.legend());
    lines.join("\n") + "\n"
}

/// Where each strategy stands.
pub(crate) struct Standing {
    rows: Vec<Row>,
    done: usize,
    cells: usize,
    rounds: usize,
}

struct Row {
    strategy: String,
    cells: usize,
    model: CurvePoint,
    consensus: Option<CurvePoint>,
}

impl Standing {
    /// Nothing if no round is finished.
    pub fn of(run: &Run) -> Option<Self> {
        let rows: Vec<Row> = run
            .strategies()
            .into_iter()
            .filter_map(|strategy| {
                let last = |metric| Curve::of_strategy(run, strategy, metric).points.pop();
                Some(Row {
                    strategy: strategy.to_owned(),
                    cells: run.cells.iter().filter(|cell| cell.strategy == strategy).count(),
                    model: last("model_accuracy")?,
                    consensus: last("consensus_accuracy"),
                })
            })
            .collect();
        let done = run.cells.iter().filter(|cell| cell.done).count();
        (!rows.is_empty()).then_some(Self {
            rows,
            done,
            // A folder may hold cells that the configuration no longer names.
            cells: run.planned_cells.max(run.cells.len()),
            rounds: run.rounds,
        })
    }

    /// The headings and one line per strategy.
    pub fn table(&self) -> Vec<Vec<String>> {
        let consensus = |row: &Row| row.consensus.map(|point| point.spread.mean);
        let best_model = self.best(|row| Some(row.model.spread.mean));
        let best_consensus = self.best(consensus);
        let mut table = vec![HEADINGS.map(str::to_owned).to_vec()];
        table.extend(self.rows.iter().map(|row| {
            let spread = row.model.spread;
            vec![
                row.strategy.clone(),
                row.model.round.to_string(),
                format!("{:.0}", row.model.labels),
                format!("{}/{}", spread.n, row.cells),
                cell(Some(row.model), self.is_furthest(row) && Some(spread.mean) == best_model),
                cell(row.consensus, self.is_furthest(row) && consensus(row) == best_consensus),
            ]
        }));
        table
    }

    /// What the table means and how much of the run is finished.
    pub fn legend(&self) -> [String; 3] {
        let finished = match self.done == self.cells {
            true => format!("All {} cells are finished.", self.cells),
            false => format!("{} of {} cells are finished.", self.done, self.cells),
        };
        [
            format!(
                "Last finished round of {}, counted from 0; mean over seeds +- population standard deviation.",
                self.rounds
            ),
            "seeds: those that reached the round; *: best of the strategies furthest on.".into(),
            finished,
        ]
    }

    /// The highest value among the strategies that are furthest on; nothing if all are equal.
    fn best(&self, value: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
        let rivals: Vec<f64> =
            self.rows.iter().filter(|row| self.is_furthest(row)).filter_map(value).collect();
        let best = rivals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        rivals.iter().any(|&rival| rival < best).then_some(best)
    }

    fn is_furthest(&self, row: &Row) -> bool {
        self.rows.iter().all(|other| other.model.round <= row.model.round)
    }
}

fn cell(point: Option<CurvePoint>, best: bool) -> String {
    let Some(CurvePoint { spread, .. }) = point else { return "-".into() };
    let mark = if best { " *" } else { "  " };
    match spread.n {
        1 => format!("{:.4}{mark}", spread.mean),
        _ => format!("{:.4} +- {:.4}{mark}", spread.mean, spread.std),
    }
}

/// Lines with columns as wide as their widest cell.
fn align(table: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}
