//! `summary.csv`: every measure of every finished round, one per line. Floats are
//! written in the shortest form that reads back to the same value.

use std::path::{Path, PathBuf};

use crate::{ReportError, Run, file::write_csv};

/// Writes `summary.csv` into a folder and says where it is.
///
/// # Errors
/// [`ReportError::Io`]
pub fn write_summary(run: &Run, folder: &Path) -> Result<PathBuf, ReportError> {
    let path = folder.join("summary.csv");
    let header = ["strategy", "seed", "round", "n_labels", "n_examples", "metric", "value"];
    let rows = run.cells.iter().flat_map(|cell| {
        cell.rounds.iter().flat_map(move |point| {
            point.metrics.iter().map(move |(metric, value)| {
                vec![
                    cell.strategy.clone(),
                    cell.seed.to_string(),
                    point.round.to_string(),
                    or_empty(point.n_labels),
                    or_empty(point.n_examples),
                    metric.clone(),
                    value.to_string(),
                ]
            })
        })
    });
    write_csv(&path, &header, rows)?;
    Ok(path)
}

/// Published arrays do not tell how many labels and examples there were.
fn or_empty(count: Option<usize>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}
