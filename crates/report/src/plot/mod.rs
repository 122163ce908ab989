//! The pictures of a report: accuracies and labelled-set size as one line per strategy
//! (mean over seeds) in a band of one population standard deviation, over rounds and
//! over labels spent; and the histogram of labels per example.

mod axis;
mod bars;
mod frame;
mod histogram;
mod layout;
mod legend;
mod letters;
mod lines;
mod marker;
mod picture;
mod png;
mod scene;
mod style;
mod svg;

use std::path::{Path, PathBuf};

pub(crate) use self::{
    picture::{Across, Picture, pictures},
    style::{Looks, declarations, rank},
};
use crate::{Report, ReportError, file::write_whole};

/// Writes every picture into a folder as SVG and PNG; pictures of several experiments
/// get a folder each. Nothing is written while no round is finished.
///
/// # Errors
/// [`ReportError::Io`].
pub fn write_plots(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let (groups, looks) = (report.groups(), report.looks());
    let mut drawings = Vec::new();
    for group in &groups {
        let folder = match groups.len() {
            1 => folder.to_owned(),
            _ => folder.join(group.experiment),
        };
        let pictures = pictures(group, report.reference.as_ref(), &looks);
        drawings.extend(pictures.into_iter().map(|picture| (folder.clone(), picture)));
    }
    // Drawing takes the time of a report, so every core takes its share.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = drawings.len().div_ceil(cores).max(1);
    let written = std::thread::scope(|scope| {
        let draw = |share| scope.spawn(move || write_share(share));
        let threads: Vec<_> = drawings.chunks(share).map(draw).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().expect("drawing should not panic")
        };
        threads.into_iter().map(join).collect::<Result<Vec<Vec<PathBuf>>, _>>()
    })?;
    Ok(written.into_iter().flatten().collect())
}

fn write_share(drawings: &[(PathBuf, Picture)]) -> Result<Vec<PathBuf>, ReportError> {
    let mut written = Vec::new();
    for (folder, picture) in drawings {
        for (kind, bytes) in [("svg", picture.svg().into_bytes()), ("png", picture.png())] {
            let path = folder.join(format!("{}.{kind}", picture.stem));
            write_whole(&path, &bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}
