//! Scores of labelled examples and of a pool by any query strategy; lower = label sooner.

use anyhow::{Result, anyhow, bail};
use ndarray::{Array2, ArrayView2};
use relabel_experiment::{config::nearest, strategy::find};
use relabel_scoring::{
    ActiveLab, Compat, FrequencyTie, Labels, Stream, mean_of_models, strategy, temperature,
};

/// Every strategy by name.
const STRATEGIES: [(&str, Strategy); 8] = [
    ("activelab", Strategy::ActiveLab),
    ("activelab_ensemble", Strategy::ActiveLab),
    ("random", Strategy::Random),
    ("good_random", Strategy::GoodRandom),
    ("entropy", Strategy::Entropy),
    ("uncertainty", Strategy::Uncertainty),
    ("disagreement", Strategy::Disagreement),
    ("active_label_cleaning", Strategy::ActiveLabelCleaning),
];

/// The strategies, for `--help`.
pub fn strategies() -> String {
    let mut text = String::from("Strategies:\n");
    for (name, _) in STRATEGIES {
        let about = find(name).map_or("", |known| known.about);
        text += &format!("  {name:<24} {about}\n");
    }
    text
}

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

/// Examples with labels.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    pub labels: &'a Labels,
    /// Per model, `[N, K]`; empty if the strategy looks at labels alone.
    pub probs: &'a [ArrayView2<'a, f64>],
}

/// How the pool is scored, once the labelled examples are.
pub enum PoolScore {
    ActiveLab(Option<ActiveLab>),
    Random,
    /// Strategies for one model look at the mean of several.
    OfMean(ScoreFn),
    Disagreement,
    /// There is nothing to judge without labels.
    None,
}

type ScoreFn = fn(ArrayView2<'_, f64>) -> Vec<f64>;

impl Strategy {
    /// The strategy of this name.
    ///
    /// # Errors
    /// Names the nearest one and all others.
    pub fn named(name: &str) -> Result<Self> {
        let published = |known: &str| find(known).is_some_and(|info| info.published_name == name);
        let known = STRATEGIES.iter().find(|(known, _)| *known == name || published(known));
        known.map(|(_, strategy)| *strategy).ok_or_else(|| {
            let names = STRATEGIES.map(|(name, _)| name);
            let hint = match nearest(name, names.iter().copied()) {
                near if near.is_empty() => ".".into(),
                near => near,
            };
            anyhow!("there is no strategy '{name}'{hint} Valid are {}", names.join(", "))
        })
    }

    /// Whether scores come from class probabilities.
    pub fn needs_probabilities(self) -> bool {
        !matches!(self, Self::Random | Self::GoodRandom)
    }

    /// Scores of the labelled examples, and how the pool is to be scored.
    ///
    /// # Errors
    /// If there is too little to look at.
    pub fn score(
        self,
        labelled: Option<Labelled<'_>>,
        compat: Compat,
        stream: Stream,
    ) -> Result<(Vec<f64>, PoolScore)> {
        let of_labels = |score: fn(&Labels, Stream) -> Vec<f64>| {
            labelled.map_or_else(Vec::new, |part| score(part.labels, stream.child(0)))
        };
        let of_mean = |score: ScoreFn| {
            let scores = labelled.map_or_else(Vec::new, |part| score(mean(part.probs).view()));
            (scores, PoolScore::OfMean(score))
        };
        Ok(match self {
            Self::ActiveLab => match labelled {
                Some(part) => active_lab(part, compat, stream),
                None => (Vec::new(), PoolScore::ActiveLab(None)),
            },
            Self::Random => {
                let scores =
                    |labels: &Labels, stream| strategy::random(labels.n_examples(), stream);
                (of_labels(scores), PoolScore::Random)
            }
            Self::GoodRandom => (of_labels(strategy::good_random), PoolScore::Random),
            Self::Entropy => of_mean(strategy::entropy),
            Self::Uncertainty => of_mean(strategy::uncertainty),
            Self::Disagreement => {
                let scores =
                    labelled.map_or_else(|| Ok(Vec::new()), |part| disagreement(part.probs));
                (scores?, PoolScore::Disagreement)
            }
            Self::ActiveLabelCleaning => {
                let Some(Labelled { labels, probs }) = labelled else {
                    bail!(
                        "--strategy active_label_cleaning scores labels; give --labels and --pred-probs"
                    );
                };
                let scores = strategy::active_label_cleaning(labels, mean(probs).view());
                (scores, PoolScore::None)
            }
        })
    }
}

impl PoolScore {
    /// Scores of `n` examples without labels, `[n, K]` per model; strategies that
    /// look at labels alone need no models.
    ///
    /// # Errors
    /// If there is too little to look at.
    pub fn score(
        &self,
        n: usize,
        pool: &[ArrayView2<'_, f64>],
        stream: Stream,
    ) -> Result<Vec<f64>> {
        Ok(match self {
            Self::ActiveLab(Some(found)) => found.pool_scores(pool, FrequencyTie::Rarest, stream),
            Self::ActiveLab(None) => {
                let nothing = ActiveLab::untrained(pool.len());
                nothing.pool_scores(pool, FrequencyTie::Rarest, stream)
            }
            Self::Random => strategy::random(n, stream.child(1)),
            Self::OfMean(score) => score(mean(pool).view()),
            Self::Disagreement => disagreement(pool)?,
            Self::None => vec![f64::NAN; n],
        })
    }

    /// What ActiveLab found, if it was asked and there were labels.
    pub fn active_lab(&self) -> Option<&ActiveLab> {
        match self {
            Self::ActiveLab(found) => found.as_ref(),
            _ => None,
        }
    }
}

fn active_lab(
    Labelled { labels, probs }: Labelled<'_>,
    compat: Compat,
    stream: Stream,
) -> (Vec<f64>, PoolScore) {
    let search = match compat {
        Compat::Corrected => temperature::search,
        Compat::Cleanlab29 => temperature::search_cleanlab_2_9,
    };
    let mut found = ActiveLab::fit(search, labels, probs, FrequencyTie::Rarest, stream);
    (std::mem::take(&mut found.labeled), PoolScore::ActiveLab(Some(found)))
}

fn disagreement(models: &[ArrayView2<'_, f64>]) -> Result<Vec<f64>> {
    if models.len() < 2 {
        bail!("--strategy disagreement compares models; give the probabilities of at least two");
    }
    Ok(strategy::disagreement(models))
}

fn mean(models: &[ArrayView2<'_, f64>]) -> Array2<f64> {
    mean_of_models(models)
}
