//! Stratified cross-validation of one classifier on the consensus labels:
//! out-of-fold probabilities for the labelled rows, the mean over the fold
//! models for pool and test, and each fold model's test accuracy.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;
use relabel_scoring::{Class, Stream};

use crate::{Classifier, FeatureStore, Features, ModelError, Unwatched, Watch, stratified_folds};

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
        let fit = |fold: usize| {
            let parts = self.parts(split.consensus, &fold_of, fold)?;
            let stream = stream.child(1 + fold as u64);
            let probs = self.fit_fold(classifier, split, &parts, stream, watch)?;
            watch.fold(done.fetch_add(1, Ordering::Relaxed) + 1, self.folds);
            Ok((parts, probs))
        };
        let fits: Vec<(Parts, Array2<f64>)> = if self.parallel_folds {
            (0..self.folds).into_par_iter().map(fit).collect::<Result<_, ModelError>>()?
        } else {
            (0..self.folds).map(fit).collect::<Result<_, ModelError>>()?
        };
        Ok(self.gather(split, fits))
    }

    fn n_classes(&self) -> usize {
        match self.classes {
            ClassesRule::Fixed(n_classes) | ClassesRule::Published(n_classes) => n_classes,
        }
    }

    /// Who trains and who is held out in `fold`.
    fn parts(
        &self,
        consensus: &[Class],
        fold_of: &[u16],
        fold: usize,
    ) -> Result<Parts, ModelError> {
        let (held_out, mut train): (Vec<usize>, Vec<usize>) =
            (0..consensus.len()).partition(|&row| usize::from(fold_of[row]) == fold);
        let mut copied = Vec::new();
        if let ClassesRule::Published(n_classes) = self.classes {
            let trained = presence(consensus, &train, n_classes);
            copied = (0..n_classes)
                .filter(|&class| !trained[class])
                .filter_map(|class| held_out.iter().copied().find(|&r| consensus[r].at() == class))
                .collect();
            train.extend(&copied);
        }
        if train.is_empty() {
            return Err(ModelError::Diverged(format!(
                "fold {fold} has no training rows: {} labelled examples for {} folds; \
                 label more examples first",
                consensus.len(),
                self.folds
            )));
        }
        let trained = presence(consensus, &train, self.n_classes());
        Ok(Parts { train, held_out, copied, trained })
    }

    /// The fold model's probabilities of its held-out rows, the pool and the
    /// test rows, one below the other.
    fn fit_fold(
        &self,
        classifier: &dyn Classifier,
        split: &Split<'_>,
        parts: &Parts,
        stream: Stream,
        watch: &dyn FoldWatch,
    ) -> Result<Array2<f64>, ModelError> {
        let train: Vec<u32> = parts.train.iter().map(|&row| split.labeled[row]).collect();
        let y: Vec<Class> = parts.train.iter().map(|&row| split.consensus[row]).collect();
        let x = Features { store: split.store, rows: &train };
        let model = classifier.fit(x, &y, self.n_classes(), stream, watch)?;
        let held_out = parts.held_out.iter().map(|&row| split.labeled[row]);
        let asked: Vec<u32> =
            held_out.chain(split.pool.iter().copied()).chain(split.test.iter().copied()).collect();
        let mut probs = model.predict_proba(Features { store: split.store, rows: &asked })?;
        drop_absent_classes(&mut probs, &parts.trained);
        for &row in &parts.copied {
            let place = parts.held_out.iter().position(|&held| held == row);
            let place = place.expect("a copied row should be one of those held out");
            probs.row_mut(place).fill(0.0);
            probs[(place, split.consensus[row].at())] = 1.0;
        }
        Ok(probs)
    }

    /// Joins the folds; the means add up in the order of the folds.
    fn gather(&self, split: &Split<'_>, fits: Vec<(Parts, Array2<f64>)>) -> CrossValidated {
        let n_classes = self.n_classes();
        let (n_pool, n_test) = (split.pool.len(), split.test.len());
        let mut out = CrossValidated {
            labeled: Array2::zeros((split.labeled.len(), n_classes)),
            pool: Array2::zeros((n_pool, n_classes)),
            test: Array2::zeros((n_test, n_classes)),
            fold_accuracy: Vec::with_capacity(self.folds),
            notes: self.vanished(split.consensus),
        };
        for (fold, (parts, probs)) in fits.into_iter().enumerate() {
            let (held, rest) = probs.view().split_at(Axis(0), parts.held_out.len());
            let (pool, test) = rest.split_at(Axis(0), n_pool);
            for (&row, probs) in parts.held_out.iter().zip(held.axis_iter(Axis(0))) {
                out.labeled.row_mut(row).assign(&probs);
            }
            out.pool += &pool;
            out.test += &test;
            let right = test.axis_iter(Axis(0)).map(argmax).zip(split.test_truth);
            let right = right.filter(|(said, truth)| *said == truth.at()).count();
            out.fold_accuracy.push(right as f64 / n_test as f64);
            out.notes.extend(parts.copied.iter().map(|&row| {
                format!(
                    "fold {fold}: class {} was absent from the training rows, so labelled \
                     example {row} was copied into them",
                    split.consensus[row].0
                )
            }));
        }
        out.pool /= self.folds as f64;
        out.test /= self.folds as f64;
        out
    }

    /// A note for every class that no labelled example has; only the published
    /// rule needs it, because the original code shifted its columns then.
    fn vanished(&self, consensus: &[Class]) -> Vec<String> {
        let ClassesRule::Published(n_classes) = self.classes else { return Vec::new() };
        let present = presence(consensus, &Vec::from_iter(0..consensus.len()), n_classes);
        let absent = (0..n_classes).filter(|&class| !present[class]);
        absent
            .map(|class| {
                format!(
                    "class {class} vanished from the consensus; its column stays and is zero, \
                     where the published code would have shifted the columns"
                )
            })
            .collect()
    }
}

/// The rows of one fold, as positions among the labelled.
struct Parts {
    train: Vec<usize>,
    held_out: Vec<usize>,
    /// Held-out rows that train as well (published rule).
    copied: Vec<usize>,
    /// Which classes the training rows have.
    trained: Vec<bool>,
}

fn presence(consensus: &[Class], rows: &[usize], n_classes: usize) -> Vec<bool> {
    let mut present = vec![false; n_classes];
    for &row in rows {
        present[consensus[row].at()] = true;
    }
    present
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

/// The first position of the largest value.
fn argmax(probs: ArrayView1<'_, f64>) -> usize {
    let mut best = 0;
    for (class, &prob) in probs.iter().enumerate() {
        if prob > probs[best] {
            best = class;
        }
    }
    best
}
