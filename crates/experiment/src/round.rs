//! The loop, once for every benchmark: consensus, cross-validation, scores,
//! selection, oracle, metrics. One call runs one round from a state to the next.

use ndarray::{Array2, Axis, concatenate};
use relabel_scoring::{
    Class, FrequencyTie, LabelEvent, Round, Seed, Stream,
    selection::{lowest, lowest_random_ties},
    strategy::published_nan_order,
};

use crate::{
    ExperimentError, Learner, Metrics, Oracle, Pool, Selection, TrainingSet,
    config::Protocol,
    metrics::Measured,
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

/// Decides what only chance can decide about a round's labels; the same for every strategy.
pub(crate) fn ties_stream(seed: Seed, round: Round) -> Stream {
    Stream::new(seed, "ties", round, 0)
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
        let stream = ties_stream(seed, round);
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
        let metrics = Metrics::of(&Measured {
            pool,
            labels: &labels,
            consensus: &consensus.labels,
            predictions: &predictions,
            model_weights: scores.model_weights.as_deref(),
            setting: &self.setting,
        });
        let leftover =
            scores.carried.take().unwrap_or(CarriedProbabilities { labeled, pool: pool_probs });
        let mut notes: Vec<String> = Vec::new();
        for note in predictions.into_iter().flat_map(|model| model.notes) {
            // The models of an ensemble have much in common.
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes.extend(self.shortages(pool, &selection, events.len()));
        Ok(RoundOutput { consensus, scores, selection, events, metrics, notes, leftover })
    }

    /// What could not be asked for or was not answered, and the end of the pool.
    fn shortages(&self, pool: &Pool, selection: &Selection, answers: usize) -> Vec<String> {
        let (chosen, batch) = (selection.relabel.len() + selection.new.len(), self.setting.batch);
        let mut notes = Vec::new();
        if chosen < batch {
            notes.push(format!(
                "only {chosen} of {batch} labels were asked for: no example is left"
            ));
        }
        if answers < chosen {
            let silent = chosen - answers;
            notes.push(format!("nobody was left to ask about {silent} of {chosen} examples"));
        }
        if !pool.pool.is_empty() && selection.new.len() == pool.pool.len() {
            notes.push("this batch takes the last examples of the pool".into());
        }
        notes
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
}
