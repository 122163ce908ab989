//! Finished rounds as TensorBoard event files: one folder per cell, one scalar per
//! measure, the round as the step.

use std::path::{Path, PathBuf};

use syntaxdot_summary::SummaryWriter;

use crate::{CellCurve, Report, ReportError, file::write_whole};

/// The one file of a cell: a later export replaces it.
const FILE: &str = "events.out.tfevents.0.relabel";

/// Writes `<run>/<strategy>/seed-<n>/` below a folder for every cell with a finished round.
///
/// # Errors
/// [`ReportError::Io`].
pub fn write_tensorboard(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut written = Vec::new();
    for group in report.groups() {
        for run in &group.runs {
            let place = folder.join(&run.experiment).join(run.name.replace('/', "-"));
            for cell in run.cells.iter().filter(|cell| !cell.rounds.is_empty()) {
                let seed = format!("seed-{:03}", cell.seed);
                let path = place.join(&cell.strategy).join(seed).join(FILE);
                let events = events(cell).map_err(ReportError::io("write", &path))?;
                write_whole(&path, &events)?;
                written.push(path);
            }
        }
    }
    Ok(written)
}

fn events(cell: &CellCurve) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = SummaryWriter::new(&mut bytes)?;
    for point in &cell.rounds {
        let step = point.round as i64;
        let sizes = [("n_labels", point.n_labels), ("n_examples", point.n_examples)];
        for (name, count) in sizes {
            if let Some(count) = count {
                writer.write_scalar(name, step, count as f32)?;
            }
        }
        for (name, &value) in &point.metrics {
            writer.write_scalar(name.as_str(), step, value as f32)?;
        }
    }
    Ok(bytes)
}
