//! The relabelling experiment: configuration, query strategies, the loop
//! (consensus, cross-validation, scores, selection, oracle, record), the run
//! folder it writes and resumes from, and the grid of cells (strategy x seed).

mod cell;
pub mod config;
mod dataset;
mod deadline;
mod fingerprint;
mod fit_check;
mod grid;
mod learner;
pub mod level;
mod memory;
mod metrics;
mod observer;
mod oracle;
pub mod panic_log;
mod pool;
mod round;
pub mod store;
pub mod strategy;
mod worker;
mod zoo;

pub use cell::CellRun;
pub use config::{Config, ConfigError};
pub use dataset::{Crowd, Prepared, load_dataset};
pub use deadline::Deadline;
pub use fingerprint::Fingerprint;
pub use fit_check::check_fits;
pub use grid::{Cell, CellEnd, CellRunner, GridOptions, GridOutcome, cells, run_grid};
pub use learner::{CrossValidatedLearner, Learner, Predictions, TrainingSet};
pub use metrics::Metrics;
pub use observer::{CellEvent, Observer, Silent};
pub use oracle::{CrowdOracle, Oracle};
pub use pool::{Pool, Selection};
pub use round::{Loop, RoundOutput, Setting};
pub use store::{RoundRecord, RunFolder, StoreError};
pub use worker::Worker;
pub use zoo::Zoo;

/// Why an experiment ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A model failed, or the user asked to stop.
    #[error(transparent)]
    Model(#[from] relabel_models::ModelError),
    /// The run folder could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The next round would not have been done by the deadline.
    #[error("the time is up")]
    OutOfTime,
    /// The labels of a round do not form a valid set.
    #[error(transparent)]
    Labels(#[from] relabel_scoring::LabelsError),
}

impl ExperimentError {
    /// True when the user asked to stop.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Model(relabel_models::ModelError::Stopped))
    }
}
