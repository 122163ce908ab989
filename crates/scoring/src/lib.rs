//! Consensus labels, label and annotator quality, and active-learning scores
//! when many imperfect people label the data. Arrays in, arrays out: no files,
//! no clock, no terminal.

mod active_lab;
mod consensus;
mod crowdlab;
mod index;
mod labels;
mod majority;
mod missing_class;
pub mod selection;
pub mod strategy;
pub mod stream;
pub mod temperature;

pub use active_lab::{ActiveLabScores, TemperatureSearch, active_lab, active_lab_with};
pub use crowdlab::{Crowdlab, crowdlab};
pub use index::{AnnotatorId, Class, ExampleId, LabelEvent, Round, Seed};
pub use labels::{Labels, LabelsError};
pub use missing_class::restore_missing_classes;
pub use majority::{FrequencyTie, majority_vote};
pub use stream::Stream;
