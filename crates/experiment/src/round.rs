//! The loop, once for every benchmark: consensus, cross-validation, scores,
//! selection, oracle, metrics. One call runs one round from a state to the next.

use ndarray::{Array2, Axis, concatenate};
use relabel_scoring::{
    Class, FrequencyTie, LabelEvent, Labels, Round, Seed, Stream, first_max,
    selection::{lowest, lowest_random_ties},
    strategy::published_nan_order,
};

use crate::{
    ExperimentError, Learner, Oracle, Pool, Predictions, Selection, TrainingSet,
    config::Protocol,
    strategy::{
        CarriedProbabilities, Consensus, ConsensusView, Draws, PoolView, QueryStrategy, Scores,
    },
};

/// What does not change between rounds.
pub struct Setting<'a> {
    /// Number of classes K.
    pub n_classes: usize,
    /// Labels per round.
    pub batch: usize,
    /// Whether labelled examples may be chosen.
    pub relabel: bool,
    /// Published quirks or corrected scores.
    pub protocol: Protocol,
    /// How majority votes break ties by class frequency.
    pub ties: FrequencyTie,
    /// The seed of the cell.
    pub seed: Seed,
    /// True class of every example, for metrics only.
    pub truth: &'a [Class],
    /// True classes of the test examples.
    pub test_truth: &'a [Class],
}

/// The loop of one cell.
pub struct Loop<'a> {
    /// What does not change between rounds.
    pub setting: Setting<'a>,
    /// Decides which examples deserve labels.
    pub strategy: &'a dyn QueryStrategy,
    /// Trains the models.
    pub learner: &'a dyn Learner,
    /// Gives the labels.
    pub oracle: &'a dyn Oracle,
}

/// Everything one round produced.
pub struct RoundOutput {
    /// The labels that the models were trained on.
    pub consensus: Consensus,
    /// One score per labelled and pool example.
    pub scores: Scores,
    /// The chosen examples.
    pub selection: Selection,
    /// Their new labels.
    pub events: Vec<LabelEvent>,
    /// Measures of the round; accuracies are in [0, 1].
    pub metrics: Metrics,
    /// What was out of the ordinary.
    pub notes: Vec<String>,
    /// Probabilities that the next round starts from.
    pub leftover: CarriedProbabilities,
}

impl RoundOutput {
    /// Per model, the rows of the next round's labelled set: the present ones, then those selected from the pool.
    pub fn carried(&self, selection: &Selection) -> Vec<Array2<f64>> {
        let CarriedProbabilities { labeled, pool } = &self.leftover;
        labeled
            .iter()
            .zip(pool)
            .map(|(labeled, pool)| {
                let moved = pool.select(Axis(0), &selection.new_rows);
                concatenate(Axis(0), &[labeled.view(), moved.view()])
                    .expect("labelled and pool rows should have one column per class")
            })
            .collect()
    }
}

/// The measures of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Test accuracy as published: mean over folds for one model, of the combined prediction for several.
    pub model_accuracy: f64,
    /// Test accuracy of the fold-averaged (and model-averaged) prediction.
    pub averaged_accuracy: f64,
    /// Share of labelled examples whose consensus label is true.
    pub consensus_accuracy: f64,
    /// The same over labelled and pool examples, with the model's class where there is no label.
    pub all_examples_accuracy: f64,
    /// Normalised entropy of the mean label distribution over labelled examples.
    pub distribution_entropy: f64,
}

impl Loop<'_> {
    /// Runs round `round` on `pool`, which is not changed: see [`Pool::advance`].
    /// `previous` is the last round's [`RoundOutput::carried`], if there was one.
    ///
    /// # Errors
    /// If a model fails, the user asked to stop, or labels contradict each other.
    pub fn round(
        &self,
        round: Round,
        pool: &Pool,
        previous: Option<&[Array2<f64>]>,
        draws: &mut dyn Draws,
    ) -> Result<RoundOutput, ExperimentError> {
        let Setting { n_classes, protocol, ties, seed, .. } = self.setting;
        let labels = pool.labels()?;
        let stream = Stream::new(seed, "ties", round, 0);
        let consensus = self.strategy.consensus(&ConsensusView {
            labels: &labels,
            n_classes,
            previous,
            protocol,
            ties,
            stream,
        });
        let predictions = self.learner.learn(&TrainingSet {
            round,
            labeled: &pool.labeled,
            consensus: &consensus.labels,
            pool: &pool.pool,
        })?;
        let labeled: Vec<_> = predictions.iter().map(|model| model.labeled.clone()).collect();
        let pool_probs: Vec<_> = predictions.iter().map(|model| model.pool.clone()).collect();
        let mut scores = self.strategy.scores(
            &PoolView {
                round: usize::from(round.0),
                labels: &labels,
                n_classes,
                consensus: &consensus,
                labeled: &labeled,
                pool: &pool_probs,
                protocol,
                ties,
                stream: stream.child(1),
            },
            draws,
        );
        let selection = self.select(pool, &scores, stream.child(2));
        let events = self.oracle.annotate(&selection.examples(), round, &pool.events);
        let metrics = self.metrics(pool, &labels, &consensus, &predictions, &scores);
        let leftover =
            scores.carried.take().unwrap_or(CarriedProbabilities { labeled, pool: pool_probs });
        let notes = predictions.into_iter().flat_map(|model| model.notes).collect();
        Ok(RoundOutput { consensus, scores, selection, events, metrics, notes, leftover })
    }

    /// The batch with the lowest scores. `published` breaks ties by position and
    /// knows the order in which the published runs sorted scores that are all NaN.
    fn select(&self, pool: &Pool, scores: &Scores, stream: Stream) -> Selection {
        let labeled = if self.setting.relabel { scores.labeled.as_slice() } else { &[] };
        let all: Vec<f64> = labeled.iter().chain(&scores.pool).copied().collect();
        let batch = self.setting.batch;
        let positions = match self.setting.protocol {
            Protocol::Published if all.iter().all(|score| score.is_nan()) => {
                published_nan_order(all.len(), batch)
            }
            Protocol::Published => lowest(&all, batch),
            Protocol::Corrected => lowest_random_ties(&all, batch, stream),
        };
        let skipped = pool.labeled.len() - labeled.len();
        let positions: Vec<usize> = positions.into_iter().map(|at| at + skipped).collect();
        Selection::from_positions(pool, &positions)
    }

    fn metrics(
        &self,
        pool: &Pool,
        labels: &Labels,
        consensus: &Consensus,
        predictions: &[Predictions],
        scores: &Scores,
    ) -> Metrics {
        let weights = scores.model_weights.clone().unwrap_or_else(|| vec![1.0; predictions.len()]);
        let test = combine(predictions.iter().map(|model| &model.test), &weights);
        let averaged_accuracy = share(&top_classes(&test), self.setting.test_truth);
        let model_accuracy = match predictions {
            [model] => model.accuracy,
            _ => averaged_accuracy,
        };
        let true_class = |example: &relabel_scoring::ExampleId| self.setting.truth[example.at()];
        let labeled_truth: Vec<Class> = pool.labeled.iter().map(true_class).collect();
        let pool_truth: Vec<Class> = pool.pool.iter().map(true_class).collect();
        let consensus_accuracy = share(&consensus.labels, &labeled_truth);
        let pool_probs = combine(predictions.iter().map(|model| &model.pool), &weights);
        let right = |accuracy: f64, n: usize| if n == 0 { 0.0 } else { accuracy * n as f64 };
        let (n_labeled, n_pool) = (labeled_truth.len(), pool_truth.len());
        let all_right = right(consensus_accuracy, n_labeled)
            + right(share(&top_classes(&pool_probs), &pool_truth), n_pool);
        Metrics {
            model_accuracy,
            averaged_accuracy,
            consensus_accuracy,
            all_examples_accuracy: all_right.round() / (n_labeled + n_pool) as f64,
            distribution_entropy: distribution_entropy(labels, self.setting.n_classes),
        }
    }
}

fn combine<'a>(models: impl Iterator<Item = &'a Array2<f64>>, weights: &[f64]) -> Array2<f64> {
    models
        .zip(weights)
        .map(|(probs, &weight)| probs * weight)
        .reduce(|sum, probs| sum + probs)
        .expect("a cell should have at least one model")
}

/// The first class of highest probability of every row.
pub(crate) fn top_classes(probs: &Array2<f64>) -> Vec<Class> {
    probs.rows().into_iter().map(|row| Class(first_max(row) as u16)).collect()
}

/// Share of equal entries; NaN for none.
pub(crate) fn share(found: &[Class], truth: &[Class]) -> f64 {
    let equal = found.iter().zip(truth).filter(|(a, b)| a == b).count();
    equal as f64 / truth.len() as f64
}

/// Normalised entropy of the mean over examples of their label shares, over the classes observed.
fn distribution_entropy(labels: &Labels, n_classes: usize) -> f64 {
    let mut mean = vec![0.0; n_classes];
    for row in 0..labels.n_examples() {
        let given = labels.of_example(relabel_scoring::ExampleId(row as u32));
        for (_, class) in given {
            mean[class.at()] += 1.0 / given.len() as f64;
        }
    }
    let observed: Vec<f64> =
        mean.into_iter().filter(|&p| p > 0.0).map(|p| p / labels.n_examples() as f64).collect();
    if observed.len() < 2 {
        return 0.0;
    }
    let entropy: f64 = observed.iter().map(|&p| -p * p.max(1e-6).ln()).sum();
    entropy / (observed.len() as f64).ln()
}
