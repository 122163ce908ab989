//! Stratified cross-validation of one classifier on the consensus labels:
//! out-of-fold probabilities for the labelled rows, the mean over the fold
//! models for pool and test, and each fold model's test accuracy.

mod parts;

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use relabel_scoring::{Class, Stream, first_max};

use self::parts::{Parts, vanished};
use crate::{
    Classifier, FeatureStore, Features, Fit, Fitted, ModelError, Unwatched, Watch, stratified_folds,
};

/// A fold, and its model's probabilities of its held-out rows, the pool and the test rows.
type Probabilities = (Parts, Array2<f64>);

/// What happens when the training rows of a fold lack a class; the payload is
/// the number of classes K, and every output has K columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassesRule {
    /// The fold's model gives the class probability zero.
    Fixed(usize),
    /// As in the published ActiveLab benchmarks: the first held-out example of
    /// the class also joins the training rows, and its own held-out prediction
    /// becomes certain. Columns never shift, also when a class has no example
    /// at all; a note then says so.
    Published(usize),
}

impl ClassesRule {
    fn n_classes(self) -> usize {
        match self {
            Self::Fixed(n_classes) | Self::Published(n_classes) => n_classes,
        }
    }
}

/// How to cross-validate.
#[derive(Clone, Debug)]
pub struct CrossValidation {
    /// Number of folds, at least 2.
    pub folds: usize,
    /// Whether the folds of a class are shuffled.
    pub shuffle: bool,
    /// What to do about classes that a fold's training rows lack.
    pub classes: ClassesRule,
    /// Fit the folds at the same time, in the rayon pool of the caller.
    pub parallel_folds: bool,
}

/// Which rows of a store are labelled, unlabelled and held for testing.
pub struct Split<'a> {
    /// All features.
    pub store: &'a FeatureStore,
    /// Rows that have labels.
    pub labeled: &'a [u32],
    /// The consensus class of each labelled row.
    pub consensus: &'a [Class],
    /// Rows without labels.
    pub pool: &'a [u32],
    /// Test rows.
    pub test: &'a [u32],
    /// The true class of each test row.
    pub test_truth: &'a [Class],
}

/// What cross-validation found.
#[derive(Clone, Debug)]
pub struct CrossValidated {
    /// Out-of-fold probabilities `[n_labeled, K]`.
    pub labeled: Array2<f64>,
    /// Mean over the fold models `[n_pool, K]`.
    pub pool: Array2<f64>,
    /// Mean over the fold models `[n_test, K]`.
    pub test: Array2<f64>,
    /// Test accuracy of each fold model (first class wins ties).
    pub fold_accuracy: Vec<f64>,
    /// Remarks for the log, one sentence each.
    pub notes: Vec<String>,
}

/// Someone who watches a cross-validation.
pub trait FoldWatch: Watch {
    /// `done` of `total` fold models are finished.
    fn fold(&self, _done: usize, _total: usize) {}
}

impl FoldWatch for Unwatched {}

impl CrossValidation {
    /// Fits one model per fold. The same stream gives the same bytes at any
    /// number of threads if the classifier's fits are reproducible.
    ///
    /// # Errors
    /// The first [`ModelError`] of a fold, or [`ModelError::Diverged`] when a
    /// fold is left without training rows.
    pub fn run(
        &self,
        classifier: &dyn Classifier,
        split: &Split<'_>,
        stream: Stream,
        watch: &dyn FoldWatch,
    ) -> Result<CrossValidated, ModelError> {
        let shuffle = self.shuffle.then(|| stream.child(0));
        let fold_of = stratified_folds(split.consensus, self.folds, shuffle);
        let done = AtomicUsize::new(0);
        let fit = |folds: &[usize]| {
            let fits = self.fit_folds(classifier, split, &fold_of, folds, stream, watch)?;
            for _ in folds {
                watch.fold(done.fetch_add(1, Ordering::Relaxed) + 1, self.folds);
            }
            Ok(fits)
        };
        let folds: Vec<usize> = (0..self.folds).collect();
        let stacks = folds.chunks(classifier.at_once());
        let fits: Vec<Vec<Probabilities>> = if self.parallel_folds {
            let stacks: Vec<_> = stacks.collect();
            stacks.into_par_iter().map(fit).collect::<Result<_, ModelError>>()?
        } else {
            stacks.map(fit).collect::<Result<_, ModelError>>()?
        };
        Ok(self.gather(split, fits.into_iter().flatten()))
    }

    fn no_training_rows(&self, fold: usize, n_labeled: usize) -> ModelError {
        ModelError::Diverged(format!(
            "fold {fold} has no training rows: {n_labeled} labelled examples for {} folds; \
             label more examples first",
            self.folds
        ))
    }

    /// The models of `folds`, trained together, and what each says.
    fn fit_folds(
        &self,
        classifier: &dyn Classifier,
        split: &Split<'_>,
        fold_of: &[u16],
        folds: &[usize],
        stream: Stream,
        watch: &dyn FoldWatch,
    ) -> Result<Vec<Probabilities>, ModelError> {
        let parts = |&fold: &usize| {
            let parts = Parts::of(self.classes, split.consensus, fold_of, fold);
            if parts.train.is_empty() {
                return Err(self.no_training_rows(fold, split.labeled.len()));
            }
            let rows: Vec<u32> = parts.train.iter().map(|&row| split.labeled[row]).collect();
            let y: Vec<Class> = parts.train.iter().map(|&row| split.consensus[row]).collect();
            Ok((parts, rows, y))
        };
        let data = folds.iter().map(parts).collect::<Result<Vec<_>, ModelError>>()?;
        let fits = folds.iter().zip(&data).map(|(&fold, (_, rows, y))| Fit {
            rows,
            y,
            stream: stream.child(1 + fold as u64),
        });
        let fits: Vec<_> = fits.collect();
        let models =
            classifier.fit_together(split.store, &fits, self.classes.n_classes(), watch)?;
        let asked = data.into_iter().zip(models).map(|((parts, ..), model)| {
            let probs = asked(model.as_ref(), split, &parts)?;
            Ok((parts, probs))
        });
        asked.collect()
    }

    /// Joins the folds; the means add up in the order of the folds.
    fn gather(
        &self,
        split: &Split<'_>,
        fits: impl Iterator<Item = Probabilities>,
    ) -> CrossValidated {
        let n_classes = self.classes.n_classes();
        let (n_pool, n_test) = (split.pool.len(), split.test.len());
        let mut out = CrossValidated {
            labeled: Array2::zeros((split.labeled.len(), n_classes)),
            pool: Array2::zeros((n_pool, n_classes)),
            test: Array2::zeros((n_test, n_classes)),
            fold_accuracy: Vec::with_capacity(self.folds),
            notes: vanished(self.classes, split.consensus),
        };
        for (fold, (parts, probs)) in fits.enumerate() {
            let (held, rest) = probs.view().split_at(Axis(0), parts.held_out.len());
            let (pool, test) = rest.split_at(Axis(0), n_pool);
            for (&row, probs) in parts.held_out.iter().zip(held.axis_iter(Axis(0))) {
                out.labeled.row_mut(row).assign(&probs);
            }
            out.pool += &pool;
            out.test += &test;
            let right = test.axis_iter(Axis(0)).map(first_max).zip(split.test_truth);
            let right = right.filter(|(said, truth)| *said == truth.at()).count();
            out.fold_accuracy.push(right as f64 / n_test as f64);
            out.notes.extend(parts.notes(fold, split.consensus));
        }
        out.pool /= self.folds as f64;
        out.test /= self.folds as f64;
        out
    }
}

/// The fold model's probabilities of its held-out rows, the pool and the test
/// rows, one below the other.
fn asked(model: &dyn Fitted, split: &Split<'_>, parts: &Parts) -> Result<Array2<f64>, ModelError> {
    let held_out = parts.held_out.iter().map(|&row| split.labeled[row]);
    let rows: Vec<u32> =
        held_out.chain(split.pool.iter().copied()).chain(split.test.iter().copied()).collect();
    let mut probs = model.predict_proba(Features { store: split.store, rows: &rows })?;
    drop_absent_classes(&mut probs, &parts.trained);
    for &row in &parts.copied {
        let place = parts.held_out.iter().position(|&held| held == row);
        let place = place.expect("a copied row should be one of those held out");
        probs.row_mut(place).fill(0.0);
        probs[(place, split.consensus[row].at())] = 1.0;
    }
    Ok(probs)
}

/// Zero for classes the model never saw; the others keep their proportions.
fn drop_absent_classes(probs: &mut Array2<f64>, trained: &[bool]) {
    if trained.iter().all(|&seen| seen) {
        return;
    }
    let n_trained = trained.iter().filter(|&&seen| seen).count();
    for mut row in probs.axis_iter_mut(Axis(0)) {
        for (prob, &seen) in row.iter_mut().zip(trained) {
            *prob = if seen { *prob } else { 0.0 };
        }
        let total = row.sum();
        for (prob, &seen) in row.iter_mut().zip(trained) {
            *prob = match (seen, total > 0.0) {
                (false, _) => 0.0,
                (true, true) => *prob / total,
                (true, false) => 1.0 / n_trained as f64,
            };
        }
    }
}
