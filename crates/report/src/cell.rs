//! The cells of a run: one folder per strategy and seed, one JSON file per finished
//! round. A cell counts its rounds from 0 up to the first that is missing or
//! damaged; what is wrong becomes a sentence, and the other cells are read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    ReportError,
    round::{RoundPoint, complete},
};

/// The finished rounds of one strategy under one seed.
#[derive(Clone, Debug)]
pub struct CellCurve {
    /// The strategy.
    pub strategy: String,
    /// The seed.
    pub seed: u64,
    /// Finished rounds, from 0 without a gap.
    pub rounds: Vec<RoundPoint>,
    /// True when the cell is complete.
    pub done: bool,
    /// Why it failed last time, if it did.
    pub failure: Option<String>,
}

#[derive(Deserialize)]
struct DoneFile {
    rounds: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct FailureFile {
    reason: String,
}

/// Reads every cell; strategies in this order, then seeds in theirs. The sentences
/// say what could not be used.
pub(crate) fn read_cells(
    folder: &Path,
    rounds: usize,
    order: &[String],
) -> Result<(Vec<CellCurve>, Vec<String>), ReportError> {
    let (mut cells, mut gaps) = (Vec::new(), Vec::new());
    for (strategy, path) in subfolders(folder)? {
        for (name, path) in subfolders(&path)? {
            if let Some(seed) = name.strip_prefix("seed-").and_then(|seed| seed.parse().ok()) {
                cells.push((read_cell(&path, rounds, &strategy, seed, &mut gaps), path));
            }
        }
    }
    let place = |strategy: &String| order.iter().position(|name| name == strategy);
    cells.sort_by_key(|(cell, _)| {
        (place(&cell.strategy).unwrap_or(order.len()), cell.strategy.clone(), cell.seed)
    });
    gaps.extend(drop_odd_ones(&mut cells));
    Ok((cells.into_iter().map(|(cell, _)| cell).collect(), gaps))
}

fn read_cell(
    path: &Path,
    rounds: usize,
    strategy: &str,
    seed: u64,
    gaps: &mut Vec<String>,
) -> CellCurve {
    let (mut points, gap) = read_rounds(&path.join("rounds"), rounds);
    complete(&mut points, None);
    let marked = marked_rounds(&path.join("done.json"));
    let done = points.len() == rounds && marked == Some(rounds);
    if let Some(gap) = gap {
        gaps.push(format!("{gap}; the {} rounds before it are used", points.len()));
    } else if let Some(marked) = marked.filter(|&marked| marked > points.len()) {
        gaps.push(format!(
            "{} says that {marked} rounds are finished, but {} are there; those are used",
            path.join("done.json").display(),
            points.len()
        ));
    }
    let failure = std::fs::read(path.join("failed.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<FailureFile>(&bytes).ok())
        .map(|failure| failure.reason);
    CellCurve { strategy: strategy.to_owned(), seed, rounds: points, done, failure }
}

/// Leaves out cells that count other examples than the first one: they are of other data.
fn drop_odd_ones(cells: &mut Vec<(CellCurve, PathBuf)>) -> Vec<String> {
    let counted = |cell: &CellCurve| cell.rounds.first().map(RoundPoint::counted);
    let Some(expected) = cells.iter().find_map(|(cell, _)| counted(cell)) else {
        return Vec::new();
    };
    let mut gaps = Vec::new();
    cells.retain(|(cell, path)| {
        let found = counted(cell).unwrap_or(expected);
        if found != expected {
            gaps.push(format!(
                "{} counts the labels of {found} examples, the other cells of {expected}; the cell is left out",
                path.join("rounds/000.json").display()
            ));
        }
        found == expected
    });
    gaps
}

/// Folders by name; none if the folder is not there.
fn subfolders(folder: &Path) -> Result<Vec<(String, PathBuf)>, ReportError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ReportError::io("read", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(ReportError::io("read", folder))?.path();
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Rounds that the mark of completion lists; nothing without a readable mark.
fn marked_rounds(path: &Path) -> Option<usize> {
    let bytes = std::fs::read(path).ok()?;
    Some(serde_json::from_slice::<DoneFile>(&bytes).ok()?.rounds.len())
}

/// Rounds up to the first that is not there or not usable, and what is wrong with it.
fn read_rounds(folder: &Path, rounds: usize) -> (Vec<RoundPoint>, Option<ReportError>) {
    let mut points = Vec::new();
    for round in 0..rounds {
        match read_round(folder, round, rounds) {
            Ok(Some(point)) => points.push(point),
            Ok(None) => break,
            Err(error) => return (points, Some(error)),
        }
    }
    (points, None)
}

fn read_round(
    folder: &Path,
    round: usize,
    rounds: usize,
) -> Result<Option<RoundPoint>, ReportError> {
    let file = |round: usize| folder.join(format!("{round:03}.json"));
    let path = file(round);
    match std::fs::read_to_string(&path) {
        Ok(text) => RoundPoint::read(&path, &text, round).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            match (round + 1..rounds).map(file).find(|later| later.exists()) {
                Some(later) => Err(ReportError::lost_round(&path, &later)),
                None => Ok(None),
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(ReportError::damaged_round(&path, "it is no text"))
        }
        Err(error) => Err(ReportError::io("read", &path)(error)),
    }
}
