//! Labels that each strategy needs to reach the final accuracy of each other one, on
//! the mean curves and with the granularity of a batch.

use std::collections::BTreeMap;

use super::{Table, level, or_dash};
use crate::{Reference, Run, curve::Curve, measure::Measure};

const PUBLISHED: &str = "final accuracy, published";

/// A mean curve over labels spent.
pub(super) struct Path {
    strategy: String,
    points: Vec<(f64, f64)>,
}

/// One row per strategy, one column per final accuracy; the published numbers, where
/// they are known, below ours.
pub(crate) fn needed(run: &Run, reference: Option<&Reference>, measure: Measure) -> Option<Table> {
    let ours: Vec<Path> = Curve::of_run(run, measure.key).iter().filter_map(Path::of).collect();
    if ours.len() < 2 {
        return None;
    }
    let theirs = reference.map(|reference| published_paths(run, reference, measure));
    let theirs = theirs.filter(|paths| !paths.is_empty());
    let title = format!("Labels needed: {}", measure.title.to_lowercase());
    let mut table = Table::new(title, &["to reach the final accuracy of"], 1);
    let columns = columns(&ours);
    table.headings.extend(columns.iter().map(|&column| column.to_owned()));
    if ours.iter().all(|path| level(&path.strategy).is_none()) {
        table.rows.push(targets("final accuracy, ours", &columns, &ours));
        let published = theirs.iter().map(|theirs| targets(PUBLISHED, &columns, theirs));
        table.rows.extend(published);
    }
    for path in &ours {
        table.rows.push(row(path.strategy.clone(), path, &columns, &ours));
        let published = theirs.iter().flatten().find(|other| other.strategy == path.strategy);
        if let (Some(published), Some(theirs)) = (published, &theirs) {
            let name = format!("{}, published", path.strategy);
            table.rows.push(row(name, published, &columns, theirs));
        }
    }
    table.say(&["Labels bought since the start when the mean curve first reaches the final mean \
                 accuracy of the column's strategy (at the same level, if there are levels), and the \
                 saving against what that strategy spent in all. \u{2013}: not reached."]);
    Some(table)
}

/// Strategies; where each has levels, what they are called without.
fn columns(paths: &[Path]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for path in paths {
        let column = path.strategy.split('@').next().unwrap_or_default();
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

impl Path {
    pub(super) fn of(curve: &Curve) -> Option<Self> {
        let points: Option<Vec<_>> =
            curve.points.iter().map(|point| Some((point.labels?, point.spread.mean))).collect();
        Some(Self { strategy: curve.strategy.clone(), points: points? })
    }

    /// Labels spent in all, and the accuracy that they brought.
    pub(super) fn end(&self) -> Option<(f64, f64)> {
        self.points.last().copied()
    }

    pub(super) fn reaches(&self, target: f64) -> Option<f64> {
        // Means of the same numbers in another order may differ in the last bit.
        self.points.iter().find(|(_, mean)| *mean >= target - 1e-12).map(|&(labels, _)| labels)
    }
}

/// Labels, and by how much they are fewer than the others.
pub(super) fn saving(labels: f64, budget: f64) -> String {
    match labels < budget {
        true => format!("{labels:.0} (-{:.0} %)", (1.0 - labels / budget) * 100.0),
        false => format!("{labels:.0}"),
    }
}

fn published_paths(run: &Run, reference: &Reference, measure: Measure) -> Vec<Path> {
    let batch = run.batch.unwrap_or(0);
    let path = |strategy: &str| {
        let points: BTreeMap<_, _> = reference.curve(run, strategy, measure.key);
        let points = points.iter().map(|(&round, point)| ((round * batch) as f64, point.mean));
        Path { strategy: strategy.to_owned(), points: points.collect() }
    };
    run.strategies().into_iter().map(path).filter(|path| !path.points.is_empty()).collect()
}

/// The end of a column's strategy, at this level if there are levels.
fn end_of(paths: &[Path], column: &str, level: Option<&str>) -> Option<(f64, f64)> {
    let strategy = match level {
        Some(level) => format!("{column}@{level}"),
        None => column.to_owned(),
    };
    paths.iter().find(|path| path.strategy == strategy)?.end()
}

fn targets(name: &str, columns: &[&str], paths: &[Path]) -> Vec<String> {
    let target = |column: &&str| match end_of(paths, column, None) {
        Some((_, mean)) => format!("{mean:.4}"),
        None => String::new(),
    };
    std::iter::once(name.to_owned()).chain(columns.iter().map(target)).collect()
}

fn row(name: String, path: &Path, columns: &[&str], targets: &[Path]) -> Vec<String> {
    let cell = |column: &&str| {
        let Some((budget, target)) = end_of(targets, column, level(&path.strategy)) else {
            return String::new();
        };
        or_dash(path.reaches(target).map(|labels| saving(labels, budget)))
    };
    std::iter::once(name).chain(columns.iter().map(cell)).collect()
}
