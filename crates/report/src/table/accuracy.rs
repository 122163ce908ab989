//! Final accuracy and area under the curve per strategy, mean and population standard
//! deviation over seeds.

use super::{Table, labels, mean_std, or_dash};
use crate::{
    Run,
    curve::{Curve, CurvePoint},
    measure::{ACCURACIES, Measure},
};

/// Accuracies in the last finished round.
pub(crate) fn finals(run: &Run) -> Option<Table> {
    let mut table = of_measures(run, "Final accuracy", |measure| measure.key.to_owned())?;
    table.say(&[
        "Mean over seeds \u{b1} population standard deviation.",
        "round: the last finished one, counted from 0.",
        "seeds: those that reached the round, of those begun.",
        "*: best of the strategies furthest on.",
    ]);
    Some(table)
}

/// Areas under the curves up to the last finished round.
pub(crate) fn areas(run: &Run) -> Option<Table> {
    let mut table = of_measures(run, "Area under the curve", |measure| measure.area())?;
    table.say(&[
        "Area under the curve over labels spent, up to that round, divided by their number: \
                 the mean accuracy on the way.",
    ]);
    Some(table)
}

/// One row per strategy, one column per measure that the run has.
fn of_measures(run: &Run, title: &str, key: impl Fn(&Measure) -> String) -> Option<Table> {
    let has = |measure: &&Measure| {
        run.strategies().iter().any(|strategy| last(run, strategy, &key(measure)).is_some())
    };
    let measures: Vec<&Measure> = ACCURACIES.iter().filter(has).collect();
    let mut table = Table::new(title, &["strategy", "round", "labels spent", "seeds"], 1);
    table.headings.extend(measures.iter().map(|measure| measure.title.to_lowercase()));
    let keys: Vec<String> = measures.iter().map(|measure| key(measure)).collect();
    let rows: Vec<Row> = run.strategies().iter().map(|name| Row::new(run, name, &keys)).collect();
    let furthest = rows.iter().map(|row| row.round).max().unwrap_or(0);
    let best: Vec<Option<f64>> =
        (0..keys.len()).map(|column| best(&rows, column, furthest)).collect();
    table.rows = rows.iter().map(|row| row.cells(&best, furthest)).collect();
    table.or_nothing()
}

struct Row {
    strategy: String,
    round: usize,
    labels: Option<f64>,
    seeds: String,
    values: Vec<Option<CurvePoint>>,
}

impl Row {
    fn new(run: &Run, strategy: &str, keys: &[String]) -> Self {
        let cells: Vec<_> = run.cells_of(strategy).collect();
        let rounds = cells.iter().map(|cell| cell.rounds.len()).max().unwrap_or(0);
        let reached = cells.iter().filter(|cell| cell.rounds.len() == rounds).count();
        let values: Vec<_> = keys.iter().map(|key| last(run, strategy, key)).collect();
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
