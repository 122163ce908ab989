//! Consensus labels, label and annotator quality, and active-learning scores
//! when many imperfect people label the data. Arrays in, arrays out: no files,
//! no clock, no terminal.

mod index;
pub mod stream;

pub use index::{AnnotatorId, Class, ExampleId, LabelEvent, Round, Seed};
pub use stream::Stream;
