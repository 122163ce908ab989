//! From a consensus to probabilities: cross-validation of every model of a cell.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use relabel_models::{
    Classifier, CrossValidated, CrossValidation, FeatureStore, Features, FoldWatch, ModelError,
    Split, Watch,
};
use relabel_scoring::{Class, ExampleId, Round, Seed, Stream};

use crate::{
    ExperimentError,
    metrics::{share, top_classes},
};

/// What one round trains on.
pub struct TrainingSet<'a> {
    /// The round, which keys its random numbers.
    pub round: Round,
    /// Labelled examples.
    pub labeled: &'a [ExampleId],
    /// One class per labelled example.
    pub consensus: &'a [Class],
    /// Examples without labels.
    pub pool: &'a [ExampleId],
}

/// What one model says after cross-validation.
pub struct Predictions {
    /// Out-of-fold probabilities `[n_labeled, K]`.
    pub labeled: Array2<f64>,
    /// Mean of the fold models `[n_pool, K]`.
    pub pool: Array2<f64>,
    /// Mean of the fold models `[n_test, K]`.
    pub test: Array2<f64>,
    /// Mean over the folds of each fold model's test accuracy.
    pub fold_accuracy: f64,
    /// The same, or the test accuracy of one model fitted on everything.
    pub accuracy: f64,
    /// What was out of the ordinary (a class that vanished, ...).
    pub notes: Vec<String>,
}

/// Trains the models of a round.
pub trait Learner {
    /// One [`Predictions`] per model.
    ///
    /// # Errors
    /// If a model fails or the user asked to stop.
    fn learn(&self, set: &TrainingSet<'_>) -> Result<Vec<Predictions>, ExperimentError>;
}

/// Learns by k-fold cross-validation.
pub struct CrossValidatedLearner<'a> {
    /// Features of all examples, row = example id.
    pub store: &'a FeatureStore,
    /// Test examples.
    pub test: &'a [u32],
    /// Their true classes.
    pub test_truth: &'a [Class],
    /// The models of the cell.
    pub classifiers: &'a [Box<dyn Classifier>],
    /// How folds are made.
    pub validation: CrossValidation,
    /// Whether [`Predictions::accuracy`] is that of a further model, fitted on all labelled examples.
    pub full_fit: bool,
    /// The seed of the cell.
    pub seed: Seed,
    /// Told about progress; may stop a fit.
    pub watch: &'a dyn FoldWatch,
}

impl Learner for CrossValidatedLearner<'_> {
    fn learn(&self, set: &TrainingSet<'_>) -> Result<Vec<Predictions>, ExperimentError> {
        let labeled: Vec<u32> = set.labeled.iter().map(|example| example.0).collect();
        let pool: Vec<u32> = set.pool.iter().map(|example| example.0).collect();
        let split = Split {
            store: self.store,
            labeled: &labeled,
            consensus: set.consensus,
            pool: &pool,
            test: self.test,
            test_truth: self.test_truth,
        };
        let folds_done = AtomicUsize::new(0);
        let watch =
            AllFolds { inner: self.watch, done: &folds_done, models: self.classifiers.len() };
        self.classifiers
            .iter()
            .zip(0..)
            .map(|(classifier, model)| {
                let stream = Stream::new(self.seed, "cross-validation", set.round, model);
                let result = self.validation.run(classifier.as_ref(), &split, stream, &watch)?;
                let folds = result.fold_accuracy.len() as f64;
                let fold_accuracy = result.fold_accuracy.iter().sum::<f64>() / folds;
                let accuracy = match self.full_fit {
                    true => self.accuracy_of_all(classifier.as_ref(), &split, &result, stream)?,
                    false => fold_accuracy,
                };
                Ok(Predictions {
                    labeled: result.labeled,
                    pool: result.pool,
                    test: result.test,
                    fold_accuracy,
                    accuracy,
                    notes: result.notes,
                })
            })
            .collect::<Result<_, ModelError>>()
            .map_err(ExperimentError::from)
    }
}

impl CrossValidatedLearner<'_> {
    /// Test accuracy of a model fitted on all labelled examples.
    fn accuracy_of_all(
        &self,
        classifier: &dyn Classifier,
        split: &Split<'_>,
        result: &CrossValidated,
        stream: Stream,
    ) -> Result<f64, ModelError> {
        let n_classes = result.test.ncols();
        let stream = stream.child(1 + result.fold_accuracy.len() as u64);
        let rows = Features { store: split.store, rows: split.labeled };
        let model = classifier.fit(rows, split.consensus, n_classes, stream, self.watch)?;
        let test = model.predict_proba(Features { store: split.store, rows: split.test })?;
        Ok(share(&top_classes(&test), split.test_truth))
    }
}

/// Counts the folds of all models of a round as one task.
struct AllFolds<'a> {
    inner: &'a dyn FoldWatch,
    done: &'a AtomicUsize,
    models: usize,
}

impl Watch for AllFolds<'_> {
    fn stopped(&self) -> bool {
        self.inner.stopped()
    }

    fn step(&self, done: usize, total: usize) {
        self.inner.step(done, total);
    }

    fn trained(&self, rows: u64) {
        self.inner.trained(rows);
    }
}

impl FoldWatch for AllFolds<'_> {
    fn fold(&self, _: usize, total: usize) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.inner.fold(done, total * self.models);
    }
}
