//! One cell: one strategy with one seed, from where the run folder says it
//! stopped to the last round.

mod first_round;
mod watch;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use ndarray::Array2;
use relabel_models::{Classifier, CrossValidation, ModelError};
use relabel_scoring::{AnnotatorId, Class, Round, Seed, Stream};

use self::{first_round::SharedFirstRound, watch::CellWatch};
use crate::{
    Cell, CellEvent, Config, CrossValidatedLearner, CrowdOracle, Deadline, ExperimentError, Loop,
    Observer, Pool, RoundOutput, RoundRecord, Setting,
    config::Protocol,
    dataset::{Crowd, Prepared},
    memory, panic_log,
    round::ties_stream,
    store::{CellFolder, EventRecord, FirstRounds, MetricsRecord, Restored},
    strategy::{StrategyInfo, StreamDraws},
};

/// Everything needed to run one cell.
pub struct CellRun<'a> {
    /// Strategy and seed.
    pub cell: &'a Cell,
    /// The strategy's table row.
    pub info: &'a StrategyInfo,
    /// The run's configuration.
    pub config: &'a Config,
    /// The data.
    pub data: &'a Prepared,
    /// Who labels them in this cell.
    pub crowd: &'a Crowd,
    /// What the first round follows on: [`RoundRecord::origin`].
    pub origin: String,
    /// What cells whose models start alike leave for one another.
    pub first_rounds: FirstRounds,
    /// The models of this strategy.
    pub classifiers: Vec<Box<dyn Classifier>>,
    /// How folds are made.
    pub validation: CrossValidation,
    /// Told about progress.
    pub observer: &'a dyn Observer,
    /// Set when the user asks to stop.
    pub stop: &'a AtomicBool,
    /// When the run has to end.
    pub deadline: &'a Deadline,
}

/// The state between two rounds.
struct Progress {
    pool: Pool,
    carried: Option<Vec<Array2<f64>>>,
    records: Vec<RoundRecord>,
}

impl CellRun<'_> {
    /// Runs the rounds that are not on disk yet.
    ///
    /// # Errors
    /// If a model or the disk fails, or the user asked to stop; finished rounds stay.
    pub fn run(&self, folder: &CellFolder) -> Result<Vec<RoundRecord>, ExperimentError> {
        let rounds = self.config.run.rounds;
        let mut progress = self.restore(folder)?;
        self.tell(CellEvent::Started { rounds_done: progress.records.len(), rounds });
        let strategy = self.info.build();
        let seed = Seed(self.cell.seed);
        let watch = CellWatch { run: self, round: progress.records.len().into() };
        let learner = CrossValidatedLearner {
            store: &self.data.store,
            test: &self.data.test,
            test_truth: &self.data.test_truth,
            classifiers: &self.classifiers,
            validation: self.validation.clone(),
            full_fit: self.config.run.full_fit,
            seed,
            watch: &watch,
        };
        let learner = SharedFirstRound::new(&learner, self);
        let oracle = self.oracle(seed);
        let cell_loop = Loop {
            setting: self.setting(seed),
            strategy: strategy.as_ref(),
            learner: &learner,
            oracle: &oracle,
        };
        if progress.records.len() < rounds {
            self.tell_of_device()?;
        }
        for number in progress.records.len()..rounds {
            if !self.deadline.leaves_time(progress.records.last().map(RoundRecord::took)) {
                return Err(ExperimentError::OutOfTime);
            }
            watch.round.store(number, Ordering::Relaxed);
            self.next_round(&cell_loop, &learner, folder, &mut progress)?;
        }
        folder.finish(&progress.records)?;
        self.tell(CellEvent::Finished);
        Ok(progress.records)
    }

    /// Runs one more round and writes it.
    fn next_round(
        &self,
        cell_loop: &Loop<'_>,
        learner: &SharedFirstRound<'_>,
        folder: &CellFolder,
        progress: &mut Progress,
    ) -> Result<(), ExperimentError> {
        let (number, rounds) = (progress.records.len(), self.config.run.rounds);
        let round = Round(number as u16);
        let start = Instant::now();
        let stream = Stream::new(Seed(self.cell.seed), "strategy", round, 0);
        let mut draws = StreamDraws::new(stream);
        let output =
            cell_loop.round(round, &progress.pool, progress.carried.as_deref(), &mut draws)?;
        let (took, spared) = (start.elapsed(), learner.take_spared());
        self.deadline.round_took(took + spared);
        let record = self.record(round, progress, &output, RoundRecord::timings_of(took, spared));
        let carried = output.carried(&output.selection);
        let record = folder.write_round(record, &carried)?;
        for note in &output.notes {
            self.tell(CellEvent::Note(format!("round {} of {rounds}: {note}", number + 1)));
        }
        self.tell(CellEvent::Round {
            round: number,
            rounds,
            n_labels: record.n_labels,
            model_accuracy: record.metrics.model_accuracy,
            consensus_accuracy: record.metrics.consensus_accuracy,
            took,
            peak_memory: memory::peak(),
        });
        progress.pool.advance(&output.selection, &output.events);
        progress.carried = Some(carried);
        progress.records.push(record);
        Ok(())
    }

    /// The state after the last round whose files are sound.
    fn restore(&self, folder: &CellFolder) -> Result<Progress, ExperimentError> {
        let rounds = self.config.run.rounds;
        let Restored { mut records, note } = folder.restore(rounds, Some(&self.origin))?;
        if let Some(note) = note {
            self.tell(CellEvent::Note(note));
        }
        let mut carried = None;
        // After the last round nothing is carried on.
        while let Some(last) = records.last().filter(|_| records.len() < rounds) {
            match folder.carried(last) {
                Ok(probabilities) => {
                    carried = Some(probabilities);
                    break;
                }
                Err(error) => {
                    self.tell(CellEvent::Note(format!("{error}; its round is run again")));
                    records.pop();
                }
            }
        }
        let mut pool = self.start()?;
        for record in &records {
            pool.advance(&record.selection(), &record.label_events());
        }
        Ok(Progress { pool, carried, records })
    }

    fn start(&self) -> Result<Pool, ExperimentError> {
        let start = &self.crowd.start;
        if !self.info.one_label {
            return Ok(start.clone());
        }
        let stream = ties_stream(Seed(self.cell.seed), Round(0));
        Ok(start.voted(self.data.n_classes, self.config.ties(), stream)?)
    }

    fn setting(&self, seed: Seed) -> Setting<'_> {
        Setting {
            n_classes: self.data.n_classes,
            batch: self.config.run.batch,
            relabel: self.config.run.relabel && !self.info.one_label,
            protocol: self.config.run.protocol,
            ties: self.config.ties(),
            seed,
            truth: &self.data.truth,
            test_truth: &self.data.test_truth,
        }
    }

    fn oracle(&self, seed: Seed) -> CrowdOracle {
        let dense: Arc<Vec<Vec<(AnnotatorId, Class)>>> = Arc::clone(&self.crowd.dense);
        CrowdOracle {
            dense,
            n_annotators: self.crowd.n_annotators,
            seed,
            mode: self.config.run.annotators,
            repeats: self.config.run.protocol == Protocol::Published,
        }
    }

    fn record(
        &self,
        round: Round,
        progress: &Progress,
        output: &RoundOutput,
        timings: BTreeMap<String, f64>,
    ) -> RoundRecord {
        let pool = &progress.pool;
        let (n_labels, n_examples) = (pool.events.len(), pool.labeled.len());
        let ids =
            |examples: &[relabel_scoring::ExampleId]| examples.iter().map(|id| id.0).collect();
        RoundRecord {
            version: RoundRecord::version(),
            round: round.0,
            n_labels,
            n_examples,
            metrics: MetricsRecord::new(&output.metrics, n_labels, n_examples, &progress.records),
            distribution_entropy: output.metrics.distribution_entropy,
            num_added: output.selection.new.len(),
            per_example_count: pool.labels_per_example(),
            relabeled: ids(&output.selection.relabel),
            queried: ids(&output.selection.new),
            queried_rows: output.selection.new_rows.clone(),
            events: output
                .events
                .iter()
                .map(|event| EventRecord(event.example.0, event.annotator.0, event.class.0))
                .collect(),
            temperatures: output.scores.temperatures.clone(),
            notes: output.notes.clone(),
            previous: progress
                .records
                .last()
                .map_or_else(|| self.origin.clone(), RoundRecord::content),
            carried_sha256: String::new(),
            timings,
            checksum: String::new(),
        }
    }

    /// What the first model has to say of its device; those of an ensemble share it.
    fn tell_of_device(&self) -> Result<(), ModelError> {
        let first = self.classifiers.first();
        if let Some(note) = first.map_or(Ok(None), |classifier| classifier.note())? {
            // what the device said on trial was dealt with there
            panic_log::forget();
            self.tell(CellEvent::Note(note));
        }
        Ok(())
    }

    fn tell(&self, event: CellEvent) {
        self.observer.cell(self.cell, &event);
    }
}
