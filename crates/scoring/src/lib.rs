//! Consensus labels, label and annotator quality, and active-learning scores
//! when many imperfect people label the data. Arrays in, arrays out: no files,
//! no clock, no terminal.

mod active_lab;
mod annotator_stats;
mod blocks;
mod crowdlab;
pub mod diagnostics;
mod elementary;
pub mod format;
mod index;
mod judgement;
mod label_detail;
mod label_quality;
mod label_score;
mod labels;
mod majority;
mod missing_class;
mod note;
mod numpy;
mod pair_agreement;
mod quality_error;
mod quality_options;
mod rows;
pub mod selection;
pub mod strategy;
pub mod stream;
pub mod temperature;
mod trust;
pub mod validation;

pub use active_lab::{
    ActiveLab, ActiveLabScores, TemperatureSearch, active_lab, active_lab_with, model_votes,
};
pub use annotator_stats::AnnotatorStats;
pub use crowdlab::{Crowdlab, crowdlab, mean_of_models};
pub use index::{AnnotatorId, Class, ExampleId, LabelEvent, Round, Seed};
pub use label_detail::LabelDetail;
pub use label_quality::{FurtherConsensus, LabelQuality, label_quality};
pub use label_score::LabelScore;
pub use labels::{Labels, LabelsError};
pub use majority::{FrequencyTie, majority_vote};
pub use missing_class::restore_missing_classes;
pub use note::{Ids, Naming, Note};
pub use numpy::first_max;
pub use quality_error::{InputError, OptionError, QualityError};
pub use quality_options::{Compat, ConsensusMethod, QualityMethod, QualityOptions};
pub use stream::Stream;
