//! Final accuracy and area under the curve per strategy, mean and population standard
//! deviation over seeds.

use super::{Table, labels, level, mean_std, or_dash};
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
        "*: best of the strategies furthest on.",
        "seeds: those that reached the round, of those begun.",
        "round: the last finished one, counted from 0.",
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
    let mut table = Table::new(title, &["strategy"], 1);
    table.headings.extend(measures.iter().map(|measure| measure.title.to_lowercase()));
    table.headings.extend(["seeds", "round", "labels spent"].map(str::to_owned));
    let keys: Vec<String> = measures.iter().map(|measure| key(measure)).collect();
    let rows: Vec<Row> = run.strategies().iter().map(|name| Row::new(run, name, &keys)).collect();
    table.rows = rows.iter().map(|row| row.cells(&rows)).collect();
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

    fn cells(&self, all: &[Self]) -> Vec<String> {
        let mut cells = vec![self.strategy.clone()];
        cells.extend(self.values.iter().enumerate().map(|(column, point)| {
            let Some(point) = point else { return or_dash(None) };
            let star = if self.is_best(all, column) { " *" } else { "" };
            format!("{}{star}", mean_std(point.spread))
        }));
        cells.extend([self.seeds.clone(), self.round.to_string(), labels(self.labels)]);
        cells
    }

    /// True for the highest value among the strategies of the same level that are
    /// furthest on; of equal ones none is the best unless another is lower.
    fn is_best(&self, all: &[Self], column: usize) -> bool {
        let rivals = all.iter().filter(|row| level(&row.strategy) == level(&self.strategy));
        let furthest = rivals.clone().map(|row| row.round).max();
        let values = rivals
            .filter(|row| Some(row.round) == furthest)
            .filter_map(|row| Some(row.values[column]?.spread.mean));
        let own = self.values[column].filter(|_| Some(self.round) == furthest);
        own.is_some_and(|own| {
            let own = own.spread.mean;
            values.clone().all(|value| value <= own) && values.clone().any(|value| value < own)
        })
    }
}

fn last(run: &Run, strategy: &str, key: &str) -> Option<CurvePoint> {
    Curve::of_strategy(run, strategy, key).last()
}
