//! Labels that each strategy needs to reach the final accuracy of each other one, on
//! the mean curves and with the granularity of a batch.

use std::collections::BTreeMap;

use super::Table;
use crate::{Reference, Run, curve::Curve, measure::Measure};

/// A mean curve over labels spent.
struct Path {
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
    table.headings.extend(ours.iter().map(|path| path.strategy.clone()));
    table.rows.push(targets("final accuracy, ours", &ours, &ours));
    if let Some(theirs) = &theirs {
        table.rows.push(targets("final accuracy, published", &ours, theirs));
    }
    for path in &ours {
        table.rows.push(row(path.strategy.clone(), path, &ours, &ours));
        let published = theirs.iter().flatten().find(|other| other.strategy == path.strategy);
        if let (Some(published), Some(theirs)) = (published, &theirs) {
            table.rows.push(row(format!("{}, published", path.strategy), published, &ours, theirs));
        }
    }
    table.say(&["Labels bought since the start when the mean curve first reaches the final mean \
                 accuracy of the column's strategy, and the saving against what that strategy \
                 spent in all. \u{2013}: not reached."]);
    Some(table)
}

impl Path {
    fn of(curve: &Curve) -> Option<Self> {
        let points: Option<Vec<_>> =
            curve.points.iter().map(|point| Some((point.labels?, point.spread.mean))).collect();
        Some(Self { strategy: curve.strategy.clone(), points: points? })
    }

    /// Labels spent in all, and the accuracy that they brought.
    fn end(&self) -> Option<(f64, f64)> {
        self.points.last().copied()
    }

    fn reaches(&self, target: f64) -> Option<f64> {
        // Means of the same numbers in another order may differ in the last bit.
        self.points.iter().find(|(_, mean)| *mean >= target - 1e-12).map(|&(labels, _)| labels)
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

fn end_of(paths: &[Path], strategy: &str) -> Option<(f64, f64)> {
    paths.iter().find(|path| path.strategy == strategy)?.end()
}

fn targets(name: &str, columns: &[Path], paths: &[Path]) -> Vec<String> {
    let target = |column: &Path| match end_of(paths, &column.strategy) {
        Some((_, mean)) => format!("{mean:.4}"),
        None => String::new(),
    };
    std::iter::once(name.to_owned()).chain(columns.iter().map(target)).collect()
}

fn row(name: String, path: &Path, columns: &[Path], targets: &[Path]) -> Vec<String> {
    let cell = |column: &Path| {
        let Some((budget, target)) = end_of(targets, &column.strategy) else {
            return String::new();
        };
        match path.reaches(target) {
            Some(labels) if labels < budget => {
                format!("{labels:.0} (-{:.0} %)", (1.0 - labels / budget) * 100.0)
            }
            Some(labels) => format!("{labels:.0}"),
            None => "\u{2013}".into(),
        }
    };
    std::iter::once(name).chain(columns.iter().map(cell)).collect()
}
