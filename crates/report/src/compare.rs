//! `comparison.csv`: every round of a run beside the published one, with the
//! difference of the means and Welch's test of it.

use std::path::PathBuf;

use crate::{
    Reference, ReportError, Run,
    curve::{Curve, CurvePoint},
    file::write_csv,
    reference::PublishedPoint,
    stats::{Spread, welch_p},
};

/// The measures that were published.
const METRICS: [&str; 2] = ["model_accuracy", "consensus_accuracy"];

const HEADER: [&str; 11] = [
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
];

/// One round of one strategy, ours and the published one.
pub(crate) struct Comparison {
    pub strategy: String,
    pub metric: &'static str,
    pub ours: CurvePoint,
    pub published: PublishedPoint,
}

impl Comparison {
    /// Every round that both have, in the order of the strategies.
    pub fn of(run: &Run, reference: &Reference) -> Vec<Self> {
        let mut found = Vec::new();
        for metric in METRICS {
            for curve in Curve::of_run(run, metric) {
                let published = reference.curve(run, &curve.strategy, metric);
                found.extend(curve.points.iter().filter_map(|&ours| {
                    let published = *published.get(&ours.round)?;
                    Some(Self { strategy: curve.strategy.clone(), metric, ours, published })
                }));
            }
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

    fn row(&self) -> Vec<String> {
        let or_empty =
            |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let Spread { mean, std, n } = self.ours.spread;
        vec![
            self.strategy.clone(),
            self.metric.to_owned(),
            self.ours.round.to_string(),
            mean.to_string(),
            std.to_string(),
            n.to_string(),
            self.published.mean.to_string(),
            or_empty(self.published.std),
            self.published.runs.to_string(),
            self.difference().to_string(),
            or_empty(self.p()),
        ]
    }
}

/// Writes `comparison.csv` into the run folder; nothing if no published curve
/// belongs to this run.
///
/// # Errors
/// [`ReportError::Io`]
pub fn write_comparison(run: &Run, reference: &Reference) -> Result<Option<PathBuf>, ReportError> {
    let comparisons = Comparison::of(run, reference);
    if comparisons.is_empty() {
        return Ok(None);
    }
    let path = run.path.join("comparison.csv");
    write_csv(&path, &HEADER, comparisons.iter().map(Comparison::row))?;
    Ok(Some(path))
}
