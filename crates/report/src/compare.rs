//! `comparison.csv`: every round of a run beside the published one, with the
//! difference of the means and Welch's test of it.

use std::path::{Path, PathBuf};

use crate::{
    Reference, ReportError, Run,
    curve::{Curve, CurvePoint},
    file::write_csv,
    measure::{CONSENSUS, MODEL, Measure},
    reference::PublishedPoint,
    stats::{Spread, welch_p},
};

/// The measures that were published.
pub(crate) const PUBLISHED: [Measure; 2] = [MODEL, CONSENSUS];

const HEADER: [&str; 12] = [
    "strategy",
    "metric",
    "round",
    "mean",
    "std",
    "n",
    "published_mean",
    "published_std",
    "published_runs",
    "difference",
    "welch_p",
    "within_band",
];

/// One round of one strategy, ours and the published one.
pub(crate) struct Comparison {
    pub strategy: String,
    pub metric: String,
    pub ours: CurvePoint,
    pub published: PublishedPoint,
}

impl Comparison {
    /// Every round that both have, by measure, the area under its curve included, then by strategy.
    pub fn of(run: &Run, reference: &Reference) -> Vec<Self> {
        let metrics = PUBLISHED.iter().flat_map(|measure| [measure.key.to_owned(), measure.area()]);
        metrics.flat_map(|metric| Self::of_metric(run, reference, &metric)).collect()
    }

    fn of_metric(run: &Run, reference: &Reference, metric: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for Curve { strategy, points } in Curve::of_run(run, metric) {
            let published = reference.curve(run, &strategy, metric);
            found.extend(points.iter().filter_map(|&ours| {
                let published = *published.get(&ours.round)?;
                let (strategy, metric) = (strategy.clone(), metric.to_owned());
                Some(Self { strategy, metric, ours, published })
            }));
        }
        found
    }

    /// Ours minus the published mean.
    pub fn difference(&self) -> f64 {
        self.ours.spread.mean - self.published.mean
    }

    /// Chance of a difference at least this large between equal means; standard
    /// deviations are the population ones and are rescaled for the test.
    pub fn p(&self) -> Option<f64> {
        let PublishedPoint { mean, std, runs } = self.published;
        welch_p(self.ours.spread, Spread { mean, std: std?, n: runs })
    }

    /// Whether our mean lies within one published standard deviation of the published mean.
    pub fn is_within_band(&self) -> Option<bool> {
        // Equal means of equal numbers may differ in the last bit.
        Some(self.difference().abs() <= self.published.std? + 1e-12)
    }

    fn row(&self) -> Vec<String> {
        let or_empty =
            |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let Spread { mean, std, n } = self.ours.spread;
        vec![
            self.strategy.clone(),
            self.metric.clone(),
            self.ours.round.to_string(),
            mean.to_string(),
            std.to_string(),
            n.to_string(),
            self.published.mean.to_string(),
            or_empty(self.published.std),
            self.published.runs.to_string(),
            self.difference().to_string(),
            or_empty(self.p()),
            self.is_within_band().map(|within| within.to_string()).unwrap_or_default(),
        ]
    }
}

/// Writes `comparison.csv` into a folder; nothing if no published curve belongs to this run.
///
/// # Errors
/// [`ReportError::Io`]
pub fn write_comparison(
    run: &Run,
    reference: &Reference,
    folder: &Path,
) -> Result<Option<PathBuf>, ReportError> {
    let comparisons = Comparison::of(run, reference);
    if comparisons.is_empty() {
        return Ok(None);
    }
    let path = folder.join("comparison.csv");
    write_csv(&path, &HEADER, comparisons.iter().map(Comparison::row))?;
    Ok(Some(path))
}
