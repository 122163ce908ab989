//! A curve: one measure of one strategy per round, averaged over seeds.

use crate::{Run, stats::Spread};

/// A measure over the rounds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub strategy: String,
    pub points: Vec<CurvePoint>,
}

/// One round of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CurvePoint {
    pub round: usize,
    /// Labels bought since the start, mean over the seeds, if known.
    pub labels: Option<f64>,
    pub spread: Spread,
}

impl Curve {
    /// The curves of all strategies of a run that have a finished round.
    pub fn of_run(run: &Run, measure: &str) -> Vec<Self> {
        let strategies = run.strategies();
        let curves =
            strategies.into_iter().map(|strategy| Self::of_strategy(run, strategy, measure));
        curves.filter(|curve| !curve.points.is_empty()).collect()
    }

    /// One curve; each round over the seeds that have finished it.
    pub fn of_strategy(run: &Run, strategy: &str, measure: &str) -> Self {
        let points = (0..run.rounds).filter_map(|round| {
            let (labels, values): (Vec<Option<f64>>, Vec<f64>) = run
                .cells_of(strategy)
                .filter_map(|cell| cell.rounds.get(round))
                .filter_map(|point| Some((point.labels_spent(), point.value(measure)?)))
                .unzip();
            let labels: Option<Vec<f64>> = labels.into_iter().collect();
            let labels = labels.and_then(|labels| Spread::of(&labels)).map(|spread| spread.mean);
            Some(CurvePoint { round, labels, spread: Spread::of(&values)? })
        });
        Self { strategy: strategy.to_owned(), points: points.collect() }
    }

    /// The last round.
    pub fn last(&self) -> Option<CurvePoint> {
        self.points.last().copied()
    }
}
