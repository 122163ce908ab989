//! Tables and plots from run folders: `summary.csv`, curves as SVG and PNG, the
//! comparison with published results, one self-contained HTML page. Reads run
//! folders only; knows nothing of how a run is made.

mod cell;
mod compare;
mod curve;
mod error;
mod file;
mod html;
mod plot;
mod reference;
mod run;
mod stats;
mod summary;
mod text;

pub use cell::{CellCurve, RoundPoint};
pub use compare::write_comparison;
pub use error::ReportError;
pub use html::write_report;
pub use plot::write_plots;
pub use reference::Reference;
pub use run::{Run, load_run};
pub use summary::write_summary;
pub use text::text_report;
