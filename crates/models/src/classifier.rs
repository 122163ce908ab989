//! The contract between the experiment and a model: fit on rows and labels,
//! then predict class probabilities.

use ndarray::Array2;
use relabel_scoring::{Class, Stream};

use crate::{FeatureStore, Features};

/// Why a model could not be fitted or asked.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The caller asked to stop; nothing is wrong with the model.
    #[error("stopped before the fit was done")]
    Stopped,
    /// The features are of another kind than the model reads.
    #[error("{model} reads {expected}, the data set holds {found}")]
    Features {
        /// The model's name.
        model: &'static str,
        /// What it reads ("a table", "images").
        expected: &'static str,
        /// What it was given.
        found: &'static str,
    },
    /// What this build or this machine cannot do, in words for the user.
    #[error("{0}")]
    Unsupported(String),
    /// The device failed while it computed: it may be lost or full, and another time not.
    #[error("{0}")]
    Device(String),
    /// The loss or the probabilities are no longer finite.
    #[error("training diverged: {0}")]
    Diverged(String),
}

/// Someone who watches a fit and may end it.
pub trait Watch: Sync {
    /// True when the fit should end with [`ModelError::Stopped`] at the next batch or tree.
    fn stopped(&self) -> bool {
        false
    }

    /// `done` of `total` units (epochs, trees) of the present fit are finished.
    fn step(&self, _done: usize, _total: usize) {}

    /// A fit of an image model is done; its steps were taken on so many images.
    fn trained(&self, _rows: u64) {}
}

/// Watches nothing.
pub struct Unwatched;

impl Watch for Unwatched {}

/// One of several fits on the same store.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// Rows to train on.
    pub rows: &'a [u32],
    /// Their classes.
    pub y: &'a [Class],
    /// Everything random in the fit.
    pub stream: Stream,
}

/// A recipe that turns labelled rows into a model.
pub trait Classifier: Send + Sync {
    /// Fits on `x` and `y` (one class per row, below `n_classes`). The same
    /// stream gives the same model on a CPU at any number of threads.
    ///
    /// # Errors
    /// [`ModelError`] if the features are of the wrong kind, the device fails, or `watch` says stop.
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError>;

    /// A sentence for the user if the device of the fits does less than it promises.
    ///
    /// # Errors
    /// [`ModelError`] if it cannot compute them at all.
    fn note(&self) -> Result<Option<String>, ModelError> {
        Ok(None)
    }

    /// How many fits [`Classifier::fit_together`] is quicker with than one after the other.
    fn at_once(&self) -> usize {
        1
    }

    /// Several fits that have nothing in common but the store: one model for each.
    ///
    /// # Errors
    /// As [`Classifier::fit`], the first of them; then there is no model at all.
    fn fit_together(
        &self,
        store: &FeatureStore,
        fits: &[Fit<'_>],
        n_classes: usize,
        watch: &dyn Watch,
    ) -> Result<Vec<Box<dyn Fitted>>, ModelError> {
        let fit = |&Fit { rows, y, stream }: &Fit<'_>| {
            self.fit(Features { store, rows }, y, n_classes, stream, watch)
        };
        fits.iter().map(fit).collect()
    }
}

/// A fitted model.
pub trait Fitted: Send {
    /// Class probabilities, shape `[n_rows, n_classes]`; rows sum to 1.
    ///
    /// # Errors
    /// [`ModelError`] if the features are of the wrong kind or the device fails.
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError>;
}
