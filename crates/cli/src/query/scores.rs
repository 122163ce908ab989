//! Scores of labelled examples and of a pool by any query strategy; lower = label sooner.

use anyhow::{Result, bail};
use ndarray::{Array2, ArrayView2};
use relabel_experiment::config::nearest;
use relabel_scoring::{
    Compat, FrequencyTie, Labels, Stream, active_lab_with, mean_of_models, strategy, temperature,
};

/// Every strategy by name. Published results call ActiveLab crowdlab.
const STRATEGIES: [(&str, Strategy); 10] = [
    ("activelab", Strategy::ActiveLab),
    ("activelab_ensemble", Strategy::ActiveLab),
    ("random", Strategy::Random),
    ("good_random", Strategy::GoodRandom),
    ("entropy", Strategy::Entropy),
    ("uncertainty", Strategy::Uncertainty),
    ("disagreement", Strategy::Disagreement),
    ("active_label_cleaning", Strategy::ActiveLabelCleaning),
    ("crowdlab", Strategy::ActiveLab),
    ("crowdlab_ensemble", Strategy::ActiveLab),
];

/// How examples are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    ActiveLab,
    Random,
    GoodRandom,
    Entropy,
    Uncertainty,
    Disagreement,
    ActiveLabelCleaning,
}

impl Strategy {
    /// The strategy of this name.
    ///
    /// # Errors
    /// Names the nearest one and all others.
    pub fn named(name: &str) -> Result<Self> {
        let known = STRATEGIES.iter().find(|(known, _)| *known == name);
        known.map(|(_, strategy)| *strategy).ok_or_else(|| {
            let names: Vec<&str> = STRATEGIES.iter().map(|(name, _)| *name).take(8).collect();
            let hint = nearest(name, names.iter().copied());
            anyhow::anyhow!("there is no strategy '{name}'{hint} Valid are {}", names.join(", "))
        })
    }

    /// Whether scores come from class probabilities.
    pub fn needs_probabilities(self) -> bool {
        !matches!(self, Self::Random | Self::GoodRandom)
    }
}

/// Everything that a strategy may look at.
pub struct Candidates<'a> {
    pub labels: Option<&'a Labels>,
    /// Per model, `[n_labeled, K]`.
    pub probs: &'a [ArrayView2<'a, f64>],
    /// Per model, `[n_pool, K]`.
    pub pool: &'a [ArrayView2<'a, f64>],
    pub compat: Compat,
    pub stream: Stream,
}

/// Scores of both parts.
pub struct Scores {
    pub labeled: Vec<f64>,
    pub pool: Vec<f64>,
    /// One per model if they were fitted.
    pub temperatures: Vec<f64>,
}

impl Candidates<'_> {
    /// # Errors
    /// If there is too little to look at.
    pub fn score(&self, strategy: Strategy) -> Result<Scores> {
        let (labeled, pool) = match strategy {
            Strategy::ActiveLab => return Ok(self.active_lab()),
            Strategy::Random => (self.random(0, self.n_labeled()), self.random(1, self.n_pool())),
            Strategy::GoodRandom => {
                let score = |labels| strategy::good_random(labels, self.stream.child(0));
                let labeled = self.labels.map_or_else(Vec::new, score);
                (labeled, self.random(1, self.n_pool()))
            }
            Strategy::Entropy => self.by_mean(strategy::entropy),
            Strategy::Uncertainty => self.by_mean(strategy::uncertainty),
            Strategy::Disagreement => self.disagreement()?,
            Strategy::ActiveLabelCleaning => self.active_label_cleaning()?,
        };
        Ok(Scores { labeled, pool, temperatures: Vec::new() })
    }

    fn n_labeled(&self) -> usize {
        self.labels.map_or(0, Labels::n_examples)
    }

    fn n_pool(&self) -> usize {
        self.pool.first().map_or(0, ArrayView2::nrows)
    }

    fn active_lab(&self) -> Scores {
        let search = match self.compat {
            Compat::Corrected => temperature::search,
            Compat::Cleanlab29 => temperature::search_cleanlab_2_9,
        };
        let Self { labels, probs, pool, stream, .. } = *self;
        let scores = active_lab_with(search, labels, probs, pool, FrequencyTie::Rarest, stream);
        Scores { labeled: scores.labeled, pool: scores.pool, temperatures: scores.temperatures }
    }

    fn random(&self, part: u64, n: usize) -> Vec<f64> {
        strategy::random(n, self.stream.child(part))
    }

    /// Strategies for one model look at the mean of several.
    fn by_mean(&self, score: fn(ArrayView2<'_, f64>) -> Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let of = |models| mean(models).map_or_else(Vec::new, |mean| score(mean.view()));
        (of(self.probs), of(self.pool))
    }

    fn disagreement(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        if self.probs.len().max(self.pool.len()) < 2 {
            bail!("--strategy disagreement compares models; give --pred-probs at least twice");
        }
        let score = |models: &[ArrayView2<'_, f64>]| match models {
            [] => Vec::new(),
            models => strategy::disagreement(models),
        };
        Ok((score(self.probs), score(self.pool)))
    }

    /// It is defined for labelled examples only: the pool comes last.
    fn active_label_cleaning(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        let (Some(labels), Some(mean)) = (self.labels, mean(self.probs)) else {
            bail!("--strategy active_label_cleaning scores labels; give --labels and --pred-probs");
        };
        let labeled = strategy::active_label_cleaning(labels, mean.view());
        Ok((labeled, vec![f64::INFINITY; self.n_pool()]))
    }
}

fn mean(models: &[ArrayView2<'_, f64>]) -> Option<Array2<f64>> {
    (!models.is_empty()).then(|| mean_of_models(models))
}
