//! Query strategies: from probabilities and labels to scores, lower = label
//! sooner. One table feeds the configuration, `--help` and the contract test.
//! A strategy never sees the truth.

mod activelab;
mod baseline;

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    Class, Crowdlab, FrequencyTie, Labels, Stream, mean_of_models, stream::uniform,
};

use crate::{config::Protocol, level};

/// Where strategies that draw take their uniform numbers from.
pub trait Draws {
    /// `n` numbers from [0, 1).
    fn uniform(&mut self, n: usize) -> Vec<f64>;
}

/// Draws from a derived stream: each call opens the next child.
pub struct StreamDraws {
    stream: Stream,
    calls: u64,
}

impl StreamDraws {
    /// Starts at the beginning of `stream`.
    pub fn new(stream: Stream) -> Self {
        Self { stream, calls: 0 }
    }
}

impl Draws for StreamDraws {
    fn uniform(&mut self, n: usize) -> Vec<f64> {
        let mut rng = self.stream.child(self.calls).rng();
        self.calls += 1;
        (0..n).map(|_| uniform(&mut rng)).collect()
    }
}

/// What is known before the round's models are trained.
pub struct ConsensusView<'a> {
    /// All labels of the labelled examples.
    pub labels: &'a Labels,
    /// Number of classes K.
    pub n_classes: usize,
    /// Per model, out-of-fold probabilities `[n_labeled, K]` of the last round; `None` in round 0.
    pub previous: Option<&'a [Array2<f64>]>,
    /// Published quirks or corrected scores.
    pub protocol: Protocol,
    /// How majority votes break ties by class frequency.
    pub ties: FrequencyTie,
    /// For ties that only chance can break.
    pub stream: Stream,
}

/// The labels that a round trains on.
pub struct Consensus {
    /// One class per labelled example.
    pub labels: Vec<Class>,
    /// The scoring result behind them, when the strategy makes one.
    pub calibrated: Option<Calibrated>,
}

/// CROWDLAB on temperature-scaled probabilities.
pub struct Calibrated {
    /// Quality, weights and posterior.
    pub crowdlab: Crowdlab,
    /// One temperature per model.
    pub temperatures: Vec<f64>,
}

/// What is known after the round's models are trained. There is no way from here to the
/// true classes:
///
/// ```compile_fail,E0609
/// fn peek(view: &relabel_experiment::strategy::PoolView<'_>) -> usize {
///     view.truth.len()
/// }
/// ```
pub struct PoolView<'a> {
    /// The round, from 0.
    pub round: usize,
    /// All labels of the labelled examples.
    pub labels: &'a Labels,
    /// Number of classes K.
    pub n_classes: usize,
    /// What the models were trained on.
    pub consensus: &'a Consensus,
    /// Per model, out-of-fold probabilities `[n_labeled, K]`.
    pub labeled: &'a [Array2<f64>],
    /// Per model, fold-averaged probabilities `[n_pool, K]`.
    pub pool: &'a [Array2<f64>],
    /// Published quirks or corrected scores.
    pub protocol: Protocol,
    /// How majority votes break ties by class frequency.
    pub ties: FrequencyTie,
    /// For ties that only chance can break.
    pub stream: Stream,
}

/// Scores of one round, and what the strategy leaves for the next one.
pub struct Scores {
    /// One score per labelled example.
    pub labeled: Vec<f64>,
    /// One score per pool example.
    pub pool: Vec<f64>,
    /// Probabilities that the next round's consensus reads, if not those of the models.
    pub carried: Option<CarriedProbabilities>,
    /// Weights of the models in the combined prediction; `None` = equal.
    pub model_weights: Option<Vec<f64>>,
    /// Temperatures in the order in which they were fitted.
    pub temperatures: Vec<f64>,
}

/// Probabilities passed on to the next round, per model.
pub struct CarriedProbabilities {
    /// `[n_labeled, K]`.
    pub labeled: Vec<Array2<f64>>,
    /// `[n_pool, K]`.
    pub pool: Vec<Array2<f64>>,
}

impl Scores {
    /// Plain scores: the next round reads the models' own probabilities.
    pub fn plain(labeled: Vec<f64>, pool: Vec<f64>) -> Self {
        Self { labeled, pool, carried: None, model_weights: None, temperatures: Vec::new() }
    }
}

/// Decides which examples deserve the next labels.
pub trait QueryStrategy: Send + Sync {
    /// The labels to train on: by default the majority vote, ties broken by
    /// the mean of last round's probabilities.
    fn consensus(&self, view: &ConsensusView<'_>) -> Consensus {
        baseline::majority(view)
    }

    /// Scores of labelled and pool examples, lower = label sooner.
    fn scores(&self, view: &PoolView<'_>, draws: &mut dyn Draws) -> Scores;
}

/// One row of the strategy table.
pub struct StrategyInfo {
    /// The name in configurations.
    pub name: &'static str,
    /// The name in published result files.
    pub published_name: &'static str,
    /// True when it needs the ensemble of `model.ensemble`.
    pub ensemble: bool,
    /// True when no example gets more than one label: it starts from majority votes, and only the pool is queried.
    pub one_label: bool,
    /// One line for help texts.
    pub about: &'static str,
    build: fn() -> Box<dyn QueryStrategy>,
}

impl StrategyInfo {
    /// A fresh strategy.
    pub fn build(&self) -> Box<dyn QueryStrategy> {
        (self.build)()
    }
}

const fn single(
    name: &'static str,
    about: &'static str,
    build: fn() -> Box<dyn QueryStrategy>,
) -> StrategyInfo {
    StrategyInfo { name, published_name: name, ensemble: false, one_label: false, about, build }
}

/// Every strategy.
pub static STRATEGIES: &[StrategyInfo] = &[
    single("random", "any example, labelled or not", || Box::new(baseline::RANDOM)),
    single("good_random", "any example with the fewest labels", || Box::new(baseline::GOOD_RANDOM)),
    single("entropy", "highest predictive entropy", || Box::new(baseline::ENTROPY)),
    single("uncertainty", "lowest top probability", || Box::new(baseline::UNCERTAINTY)),
    single("active_label_cleaning", "labels that surprise a confident model", || {
        Box::new(baseline::ACTIVE_LABEL_CLEANING)
    }),
    StrategyInfo {
        name: "activelab",
        published_name: "crowdlab",
        ensemble: false,
        one_label: false,
        about: "ActiveLab: lowest chance that the consensus is right",
        build: || Box::new(activelab::ActiveLab),
    },
    StrategyInfo {
        name: "disagreement",
        published_name: "disagreement",
        ensemble: true,
        one_label: false,
        about: "models that disagree with their mean",
        build: || Box::new(baseline::DISAGREEMENT),
    },
    StrategyInfo {
        name: "activelab_ensemble",
        published_name: "crowdlab_ensemble",
        ensemble: true,
        one_label: false,
        about: "ActiveLab with several models",
        build: || Box::new(activelab::ActiveLab),
    },
    StrategyInfo {
        name: "multiannotator",
        published_name: "multiannotator",
        ensemble: false,
        one_label: false,
        about: "ActiveLab by the official library's scores under both protocols",
        build: || Box::new(activelab::Official),
    },
    StrategyInfo {
        name: "single",
        published_name: "single",
        ensemble: false,
        one_label: true,
        about: "entropy with one label per example, starting from majority votes",
        build: || Box::new(baseline::ENTROPY),
    },
];

/// Finds a strategy by its own or its published name; a level may follow.
pub fn find(name: &str) -> Option<&'static StrategyInfo> {
    let name = level::split(name).0;
    STRATEGIES.iter().find(|info| info.name == name || info.published_name == name)
}

/// Views of several models' probabilities.
fn views(probs: &[Array2<f64>]) -> Vec<ArrayView2<'_, f64>> {
    probs.iter().map(|model| model.view()).collect()
}

/// The mean of several models' probabilities.
fn mean(probs: &[Array2<f64>]) -> Array2<f64> {
    mean_of_models(&views(probs))
}
