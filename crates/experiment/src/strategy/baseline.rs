//! Strategies that differ from each other by one score function and train on
//! the majority vote.

use relabel_scoring::{ExampleId, majority_vote, strategy};

use super::{Consensus, ConsensusView, Draws, PoolView, QueryStrategy, Scores, mean, views};
use crate::config::Protocol;

type ScoreFn = fn(&PoolView<'_>, &mut dyn Draws) -> (Vec<f64>, Vec<f64>);

/// A strategy that is nothing but a score.
pub(super) struct Baseline(ScoreFn);

impl QueryStrategy for Baseline {
    fn scores(&self, view: &PoolView<'_>, draws: &mut dyn Draws) -> Scores {
        let (labeled, pool) = (self.0)(view, draws);
        Scores::plain(labeled, pool)
    }
}

pub(super) const RANDOM: Baseline = Baseline(|view, draws| {
    let labeled = draws.uniform(view.labels.n_examples());
    (labeled, draws.uniform(view.pool[0].nrows()))
});

pub(super) const GOOD_RANDOM: Baseline = Baseline(|view, draws| {
    let mut labeled = draws.uniform(view.labels.n_examples());
    for (score, row) in labeled.iter_mut().zip(0..) {
        *score += view.labels.of_example(ExampleId(row)).len() as f64;
    }
    (labeled, draws.uniform(view.pool[0].nrows()))
});

pub(super) const ENTROPY: Baseline = Baseline(|view, _| {
    let score = match view.protocol {
        Protocol::Published => strategy::entropy_published,
        Protocol::Corrected => strategy::entropy,
    };
    (score(view.labeled[0].view()), score(view.pool[0].view()))
});

pub(super) const UNCERTAINTY: Baseline = Baseline(|view, _| {
    (strategy::uncertainty(view.labeled[0].view()), strategy::uncertainty(view.pool[0].view()))
});

/// Active label cleaning is defined for labelled examples only: the pool comes last.
pub(super) const ACTIVE_LABEL_CLEANING: Baseline = Baseline(|view, _| {
    (
        strategy::active_label_cleaning(view.labels, view.labeled[0].view()),
        vec![f64::INFINITY; view.pool[0].nrows()],
    )
});

pub(super) const DISAGREEMENT: Baseline = Baseline(|view, _| {
    let score = |probs: &[ndarray::Array2<f64>]| {
        let views = views(probs);
        match view.protocol {
            Protocol::Published => strategy::disagreement_published(&views, view.n_classes),
            Protocol::Corrected => strategy::disagreement(&views),
        }
    };
    (score(view.labeled), score(view.pool))
});

/// The majority vote; from round 1 on the last round's mean probabilities break ties.
pub(super) fn majority(view: &ConsensusView<'_>) -> Consensus {
    let mean = view.previous.map(mean);
    let probs = mean.as_ref().map(|probs| probs.view());
    let labels = majority_vote(view.labels, probs, view.n_classes, view.ties, view.stream);
    Consensus { labels, calibrated: None }
}
