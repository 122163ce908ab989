//! `summary.csv`: every measure of every finished round, one per line. Floats are
//! written in the shortest form that reads back to the same value.

use std::path::PathBuf;

use crate::{ReportError, Run, file::write_csv};

/// Writes `summary.csv` into the run folder and says where it is.
///
/// # Errors
/// [`ReportError::Io`]
pub fn write_summary(run: &Run) -> Result<PathBuf, ReportError> {
    let path = run.path.join("summary.csv");
    let header = ["strategy", "seed", "round", "n_labels", "n_examples", "metric", "value"];
    let rows = run.cells.iter().flat_map(|cell| {
        cell.rounds.iter().flat_map(move |point| {
            point.metrics.iter().map(move |(metric, value)| {
                vec![
                    cell.strategy.clone(),
                    cell.seed.to_string(),
                    point.round.to_string(),
                    point.n_labels.to_string(),
                    point.n_examples.to_string(),
                    metric.clone(),
                    value.to_string(),
                ]
            })
        })
    });
    write_csv(&path, &header, rows)?;
    Ok(path)
}
