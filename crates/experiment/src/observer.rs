//! What happens in a running grid, told to whoever shows it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Cell;

/// Something happened in one cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CellEvent {
    /// The cell starts, with this many rounds already on disk.
    Started {
        /// Rounds that need not be run again.
        rounds_done: usize,
        /// Rounds in all.
        rounds: usize,
    },
    /// A fold of the present round is finished.
    Fold {
        /// The present round.
        round: usize,
        /// Finished fits of this round (folds times models).
        done: usize,
        /// Fits of a round.
        total: usize,
    },
    /// Part of a fit (epochs, trees) is done.
    Step {
        /// Finished units of the fit.
        done: usize,
        /// Units of the fit.
        total: usize,
    },
    /// A fit of an image model is done.
    Trained {
        /// Images that its steps were taken on, each as often as it was seen.
        rows: u64,
    },
    /// A round is finished and on disk.
    Round {
        /// Which round.
        round: usize,
        /// Rounds in all.
        rounds: usize,
        /// Labels used by this round.
        n_labels: usize,
        /// Test accuracy of the round's models.
        model_accuracy: f64,
        /// Share of labelled examples whose consensus label is true.
        consensus_accuracy: f64,
        /// Wall time of the round.
        took: Duration,
        /// Most bytes that the cell's process has had in memory, where known.
        peak_memory: Option<u64>,
    },
    /// Something worth a line in the log.
    Note(String),
    /// The cell is complete.
    Finished,
    /// Another process works on this cell.
    Locked(String),
    /// The cell failed; others go on.
    Failed(String),
}

/// Receives the events of all cells; called from several threads.
pub trait Observer: Sync {
    /// `event` happened in `cell`.
    fn cell(&self, cell: &Cell, event: &CellEvent);
}

/// Observes nothing.
pub struct Silent;

impl Observer for Silent {
    fn cell(&self, _: &Cell, _: &CellEvent) {}
}
