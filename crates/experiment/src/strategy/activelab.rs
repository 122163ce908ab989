//! ActiveLab (arXiv 2301.11856), for one model or several: how likely is the
//! consensus label to be right, given the classifier, the annotators and one
//! more label by an average annotator?
//!
//! `corrected` scores fresh probabilities as the paper defines it. `published`
//! repeats what the published benchmark runs did: quality, weights and
//! temperature lag one round behind, every labelled example gets the annotator
//! weights of the example whose row number equals the round number, and rows
//! that leave the pool carry scaled probabilities.

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    ExampleId, FrequencyTie, Labels, Stream, TemperatureSearch, active_lab_with, crowdlab,
    model_votes, strategy::mix, temperature,
};

use super::{
    Calibrated, CarriedProbabilities, Consensus, ConsensusView, Draws, PoolView, QueryStrategy,
    Scores, baseline, views,
};
use crate::config::Protocol;

/// The strategy for one model or an ensemble.
pub(super) struct ActiveLab;

impl QueryStrategy for ActiveLab {
    fn consensus(&self, view: &ConsensusView<'_>) -> Consensus {
        trained_on(view, Scaling::of(view.protocol))
    }

    fn scores(&self, view: &PoolView<'_>, _: &mut dyn Draws) -> Scores {
        match view.protocol {
            Protocol::Published if view.labels.has_overlap() => published(view),
            _ => official(view, Scaling::CORRECTED),
        }
    }
}

/// ActiveLab by the scores of the official library under both protocols:
/// `published` fits temperatures as that library did when the results were made.
pub(super) struct Official;

impl QueryStrategy for Official {
    fn consensus(&self, view: &ConsensusView<'_>) -> Consensus {
        trained_on(view, Scaling::official(view.protocol))
    }

    fn scores(&self, view: &PoolView<'_>, _: &mut dyn Draws) -> Scores {
        official(view, Scaling::official(view.protocol))
    }
}

/// How temperatures are fitted and applied.
#[derive(Clone, Copy)]
struct Scaling {
    search: TemperatureSearch,
    scale: fn(ArrayView2<'_, f64>, f64) -> Array2<f64>,
}

impl Scaling {
    const CORRECTED: Self = Self { search: temperature::search, scale: temperature::scale };
    const PUBLISHED: Self =
        Self { search: temperature::search_published, scale: temperature::scale_published };

    fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Published => Self::PUBLISHED,
            Protocol::Corrected => Self::CORRECTED,
        }
    }

    fn official(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Published => {
                Self { search: temperature::search_cleanlab_2_3, ..Self::CORRECTED }
            }
            Protocol::Corrected => Self::CORRECTED,
        }
    }

    fn fit(self, labels: &Labels, probs: &[Array2<f64>]) -> Vec<f64> {
        probs.iter().map(|model| (self.search)(labels, model.view())).collect()
    }

    fn apply(self, probs: &[Array2<f64>], temperatures: &[f64]) -> Vec<Array2<f64>> {
        probs.iter().zip(temperatures).map(|(model, &t)| (self.scale)(model.view(), t)).collect()
    }
}

/// CROWDLAB's consensus on the last round's probabilities; without any, the majority vote.
fn trained_on(view: &ConsensusView<'_>, scaling: Scaling) -> Consensus {
    match view.previous {
        Some(previous) if view.labels.has_overlap() => {
            let (calibrated, _) = calibrate(view.labels, previous, scaling, view.ties, view.stream);
            Consensus {
                labels: calibrated.crowdlab.consensus.clone(),
                calibrated: Some(calibrated),
            }
        }
        _ => baseline::majority(view),
    }
}

/// Fits temperatures, scales, and runs CROWDLAB; also returns the scaled probabilities.
fn calibrate(
    labels: &Labels,
    probs: &[Array2<f64>],
    scaling: Scaling,
    ties: FrequencyTie,
    stream: Stream,
) -> (Calibrated, Vec<Array2<f64>>) {
    let temperatures = scaling.fit(labels, probs);
    let scaled = scaling.apply(probs, &temperatures);
    let crowdlab = crowdlab(labels, &views(&scaled), ties, stream);
    (Calibrated { crowdlab, temperatures }, scaled)
}

fn official(view: &PoolView<'_>, scaling: Scaling) -> Scores {
    let result = active_lab_with(
        scaling.search,
        Some(view.labels),
        &views(view.labeled),
        &views(view.pool),
        view.ties,
        view.stream,
    );
    Scores {
        labeled: result.labeled,
        pool: result.pool,
        carried: None,
        model_weights: Some(result.model_weights),
        temperatures: result.temperatures,
    }
}

fn published(view: &PoolView<'_>) -> Scores {
    let first;
    let (calibrated, carried_labeled) = match &view.consensus.calibrated {
        Some(calibrated) => (calibrated, view.labeled.to_vec()),
        None => {
            let (calibrated, scaled) =
                calibrate(view.labels, view.labeled, Scaling::PUBLISHED, view.ties, view.stream);
            first = calibrated;
            (&first, scaled)
        }
    };
    let Calibrated { crowdlab, temperatures } = calibrated;
    let weights = &crowdlab.annotator_weights;
    let average = weights.iter().sum::<f64>() / weights.len() as f64;
    let models: f64 = crowdlab.model_weights.iter().sum();
    let row = ExampleId(view.round.min(view.labels.n_examples() - 1) as u32);
    let annotators: f64 =
        view.labels.of_example(row).iter().map(|(annotator, _)| weights[annotator.at()]).sum();
    let labeled = crowdlab
        .quality
        .iter()
        .map(|&quality| mix(quality, models + annotators, average, view.n_classes))
        .collect();

    let mut fitted = temperatures.clone();
    let mut pool_temperatures = temperatures.clone();
    if view.labeled.len() > 1 {
        pool_temperatures = Scaling::PUBLISHED.fit(view.labels, &carried_labeled);
        fitted.extend(&pool_temperatures);
    }
    let carried_pool = Scaling::PUBLISHED.apply(view.pool, &pool_temperatures);
    let pool = pool_confidence(view, &carried_pool, &crowdlab.model_weights)
        .into_iter()
        .map(|confidence| mix(confidence, models, average, view.n_classes))
        .collect();
    Scores {
        labeled,
        pool,
        carried: Some(CarriedProbabilities { labeled: carried_labeled, pool: carried_pool }),
        model_weights: Some(crowdlab.model_weights.clone()),
        temperatures: fitted,
    }
}

/// The models' weighted confidence in their common label: with one model its top probability.
fn pool_confidence(view: &PoolView<'_>, pool: &[Array2<f64>], weights: &[f64]) -> Vec<f64> {
    if let [model] = pool {
        return model.rows().into_iter().map(|row| row.fold(f64::MIN, |a, &b| a.max(b))).collect();
    }
    let total: f64 = weights.iter().sum();
    model_votes(&views(pool), view.ties, view.stream)
        .into_iter()
        .enumerate()
        .map(|(row, class)| {
            let weighted = pool.iter().zip(weights).map(|(model, w)| w * model[[row, class.at()]]);
            weighted.sum::<f64>() / total
        })
        .collect()
}
