//! The cells of a run: one folder per strategy and seed, one JSON file per finished
//! round. A cell counts its rounds from 0 up to the first that is missing; every
//! round file must carry its own checksum.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::ReportError;

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
}

/// What one round measured.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundPoint {
    /// The round, from 0.
    pub round: usize,
    /// Labels that this round's consensus used.
    pub n_labels: usize,
    /// Labelled examples.
    pub n_examples: usize,
    /// Measures by name.
    pub metrics: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct RoundFile {
    version: u32,
    round: usize,
    n_labels: usize,
    n_examples: usize,
    /// Not a number is written as null.
    metrics: BTreeMap<String, Option<f64>>,
    distribution_entropy: Option<f64>,
    num_added: usize,
    checksum: String,
}

#[derive(Deserialize)]
struct DoneFile {
    rounds: BTreeMap<String, String>,
}

/// Reads every cell; strategies in this order, then seeds in theirs.
pub(crate) fn read_cells(
    folder: &Path,
    rounds: usize,
    order: &[String],
) -> Result<Vec<CellCurve>, ReportError> {
    let mut cells = Vec::new();
    for (strategy, path) in subfolders(folder)? {
        for (name, path) in subfolders(&path)? {
            let Some(seed) = name.strip_prefix("seed-").and_then(|seed| seed.parse().ok()) else {
                continue;
            };
            let points = read_rounds(&path.join("rounds"), rounds)?;
            let done = points.len() == rounds && is_marked_done(&path.join("done.json"), rounds);
            cells.push(CellCurve { strategy: strategy.clone(), seed, rounds: points, done });
        }
    }
    let place = |strategy: &String| order.iter().position(|name| name == strategy);
    cells.sort_by_key(|cell| {
        (place(&cell.strategy).unwrap_or(order.len()), cell.strategy.clone(), cell.seed)
    });
    Ok(cells)
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
    Ok(found)
}

fn is_marked_done(path: &Path, rounds: usize) -> bool {
    std::fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<DoneFile>(&bytes).ok())
        .is_some_and(|done| done.rounds.len() == rounds)
}

fn read_rounds(folder: &Path, rounds: usize) -> Result<Vec<RoundPoint>, ReportError> {
    let mut points = Vec::new();
    for round in 0..rounds {
        let path = folder.join(format!("{round:03}.json"));
        match std::fs::read_to_string(&path) {
            Ok(text) => points.push(read_point(&path, &text, round)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(ReportError::damaged_round(&path, "it is no text"));
            }
            Err(error) => return Err(ReportError::io("read", &path)(error)),
        }
    }
    Ok(points)
}

fn read_point(path: &Path, text: &str, round: usize) -> Result<RoundPoint, ReportError> {
    let file: RoundFile =
        serde_json::from_str(text).map_err(|error| ReportError::damaged_round(path, error))?;
    if !(1..=2).contains(&file.version) {
        let reason = format!("format version {}, expected 1 or 2", file.version);
        return Err(ReportError::damaged_round(path, reason));
    }
    if file.round != round {
        let reason = format!("it holds round {}", file.round);
        return Err(ReportError::damaged_round(path, reason));
    }
    if file.checksum != digest(text, &file.checksum) {
        return Err(ReportError::damaged_round(path, "its checksum is wrong"));
    }
    let mut metrics = file.metrics;
    metrics.insert("distribution_entropy".into(), file.distribution_entropy);
    metrics.insert("num_added".into(), Some(file.num_added as f64));
    let metrics = metrics.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Ok(RoundPoint { round, n_labels: file.n_labels, n_examples: file.n_examples, metrics })
}

/// SHA-256 of the record with its checksum blank, as the record was when it was signed.
fn digest(text: &str, checksum: &str) -> String {
    let signed = format!("\"checksum\":\"{checksum}\"");
    let blank = text.replacen(&signed, "\"checksum\":\"\"", 1);
    Sha256::digest(blank.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
