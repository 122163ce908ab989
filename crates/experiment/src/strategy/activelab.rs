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
    ExampleId, FrequencyTie, Labels, Stream, active_lab, crowdlab, model_votes, strategy::mix,
    temperature,
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
        match view.previous {
            Some(previous) if view.labels.has_overlap() => {
                let (calibrated, _) =
                    calibrate(view.labels, previous, view.protocol, view.ties, view.stream);
                Consensus {
                    labels: calibrated.crowdlab.consensus.clone(),
                    calibrated: Some(calibrated),
                }
            }
            _ => baseline::majority(view),
        }
    }

    fn scores(&self, view: &PoolView<'_>, _: &mut dyn Draws) -> Scores {
        match view.protocol {
            Protocol::Published if view.labels.has_overlap() => published(view),
            _ => corrected(view),
        }
    }
}

/// ActiveLab as the official library defines it, whatever the protocol.
pub(super) struct Official;

impl QueryStrategy for Official {
    fn consensus(&self, view: &ConsensusView<'_>) -> Consensus {
        ActiveLab.consensus(&ConsensusView { protocol: Protocol::Corrected, ..*view })
    }

    fn scores(&self, view: &PoolView<'_>, _: &mut dyn Draws) -> Scores {
        corrected(view)
    }
}

/// Fits temperatures, scales, and runs CROWDLAB; also returns the scaled probabilities.
fn calibrate(
    labels: &Labels,
    probs: &[Array2<f64>],
    protocol: Protocol,
    ties: FrequencyTie,
    stream: Stream,
) -> (Calibrated, Vec<Array2<f64>>) {
    let temperatures: Vec<f64> =
        probs.iter().map(|model| search(labels, model.view(), protocol)).collect();
    let scaled = scale_all(probs, &temperatures, protocol);
    let crowdlab = crowdlab(labels, &views(&scaled), ties, stream);
    (Calibrated { crowdlab, temperatures }, scaled)
}

fn search(labels: &Labels, probs: ArrayView2<'_, f64>, protocol: Protocol) -> f64 {
    match protocol {
        Protocol::Published => temperature::search_published(labels, probs),
        Protocol::Corrected => temperature::search(labels, probs),
    }
}

fn scale_all(probs: &[Array2<f64>], temperatures: &[f64], protocol: Protocol) -> Vec<Array2<f64>> {
    let scale = match protocol {
        Protocol::Published => temperature::scale_published,
        Protocol::Corrected => temperature::scale,
    };
    probs.iter().zip(temperatures).map(|(model, &t)| scale(model.view(), t)).collect()
}

fn corrected(view: &PoolView<'_>) -> Scores {
    let result = active_lab(
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
                calibrate(view.labels, view.labeled, view.protocol, view.ties, view.stream);
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
        pool_temperatures = carried_labeled
            .iter()
            .map(|model| search(view.labels, model.view(), view.protocol))
            .collect();
        fitted.extend(&pool_temperatures);
    }
    let carried_pool = scale_all(view.pool, &pool_temperatures, view.protocol);
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
