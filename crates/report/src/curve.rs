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
    /// Labels collected, mean over the seeds.
    pub labels: f64,
    pub spread: Spread,
}

impl Curve {
    /// The curves of all strategies of a run that have a finished round.
    pub fn of_run(run: &Run, metric: &str) -> Vec<Self> {
        let strategies = run.strategies();
        let curves =
            strategies.into_iter().map(|strategy| Self::of_strategy(run, strategy, metric));
        curves.filter(|curve| !curve.points.is_empty()).collect()
    }

    /// One curve; each round over the seeds that have finished it.
    pub fn of_strategy(run: &Run, strategy: &str, metric: &str) -> Self {
        let points = (0..run.rounds).filter_map(|round| {
            let (labels, values): (Vec<f64>, Vec<f64>) = run
                .cells
                .iter()
                .filter(|cell| cell.strategy == strategy)
                .filter_map(|cell| cell.rounds.get(round))
                .filter_map(|point| Some((point.n_labels as f64, *point.metrics.get(metric)?)))
                .unzip();
            let labels = Spread::of(&labels)?.mean;
            Some(CurvePoint { round, labels, spread: Spread::of(&values)? })
        });
        Self { strategy: strategy.to_owned(), points: points.collect() }
    }
}
