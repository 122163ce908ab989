//! Tables and plots from run folders: `summary.csv`, curves as SVG and PNG, the
//! comparison with published results, one self-contained HTML page. Reads run
//! folders only; knows nothing of how a run is made.

mod arrays;
mod cell;
mod compare;
mod config;
mod curve;
mod error;
mod file;
mod html;
mod manifest;
mod measure;
mod plot;
mod reference;
mod report;
mod round;
mod run;
mod sparkline;
mod stats;
mod summary;
mod table;
mod tensorboard;
mod text;

pub use cell::CellCurve;
pub use compare::write_comparison;
pub use error::ReportError;
pub use html::write_report;
pub use manifest::Manifest;
pub use plot::write_plots;
pub use reference::Reference;
pub use report::Report;
pub use round::RoundPoint;
pub use run::{Missing, Run, load_run};
pub use summary::write_summary;
pub use tensorboard::write_tensorboard;
pub use text::text_report;
