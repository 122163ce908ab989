//! Final accuracy and area under the curve per strategy, mean and population standard
//! deviation over seeds.

use super::{Table, labels, mean_std, or_dash};
use crate::{
    Run,
    curve::{Curve, CurvePoint},
    measure::{ACCURACIES, Measure},
};

/// One row per strategy; for every measure that the run has, its last value and its area.
pub(crate) fn accuracy(run: &Run) -> Option<Table> {
    let has = |measure: &&Measure| {
        run.strategies().iter().any(|strategy| last(run, strategy, measure.key).is_some())
    };
    let measures: Vec<&Measure> = ACCURACIES.iter().filter(has).collect();
    let mut table = Table::new("Accuracy", &["strategy", "round", "labels spent", "seeds"], 1);
    for measure in &measures {
        table.headings.extend([format!("{}, final", measure.title), "area".to_owned()]);
    }
    let rows: Vec<Row> =
        run.strategies().iter().map(|name| Row::new(run, name, &measures)).collect();
    let furthest = rows.iter().map(|row| row.round).max().unwrap_or(0);
    let best: Vec<Option<f64>> =
        (0..2 * measures.len()).map(|column| best(&rows, column, furthest)).collect();
    table.rows = rows.iter().map(|row| row.cells(&best, furthest)).collect();
    table.notes = vec![
        format!(
            "Last finished round of {}, counted from 0; mean over seeds \u{b1} population standard deviation.",
            run.rounds
        ),
        "area: area under the curve over labels spent, divided by their number. seeds: those that \
         reached the round, of those begun. *: best of the strategies furthest on."
            .into(),
    ];
    table.or_nothing()
}

struct Row {
    strategy: String,
    round: usize,
    labels: Option<f64>,
    seeds: String,
    /// Final value and area of every measure.
    values: Vec<Option<CurvePoint>>,
}

impl Row {
    fn new(run: &Run, strategy: &str, measures: &[&Measure]) -> Self {
        let cells: Vec<_> = run.cells_of(strategy).collect();
        let rounds = cells.iter().map(|cell| cell.rounds.len()).max().unwrap_or(0);
        let reached = cells.iter().filter(|cell| cell.rounds.len() == rounds).count();
        let keys = measures.iter().flat_map(|measure| [measure.key.to_owned(), measure.area()]);
        let values: Vec<_> = keys.map(|key| last(run, strategy, &key)).collect();
        Self {
            strategy: strategy.to_owned(),
            round: rounds.saturating_sub(1),
            labels: values.iter().flatten().find_map(|point| point.labels),
            seeds: format!("{reached}/{}", cells.len()),
            values,
        }
    }

    fn cells(&self, best: &[Option<f64>], furthest: usize) -> Vec<String> {
        let mut cells = vec![
            self.strategy.clone(),
            self.round.to_string(),
            labels(self.labels),
            self.seeds.clone(),
        ];
        cells.extend(self.values.iter().zip(best).map(|(point, best)| {
            let Some(point) = point else { return or_dash(None) };
            let is_best = self.round == furthest && Some(point.spread.mean) == *best;
            format!("{}{}", mean_std(point.spread), if is_best { " *" } else { "" })
        }));
        cells
    }
}

fn last(run: &Run, strategy: &str, key: &str) -> Option<CurvePoint> {
    Curve::of_strategy(run, strategy, key).last()
}

/// The highest value among the strategies that are furthest on; nothing if all are equal.
fn best(rows: &[Row], column: usize, furthest: usize) -> Option<f64> {
    let rivals: Vec<f64> = rows
        .iter()
        .filter(|row| row.round == furthest)
        .filter_map(|row| Some(row.values[column]?.spread.mean))
        .collect();
    let best = rivals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    rivals.iter().any(|&rival| rival < best).then_some(best)
}
