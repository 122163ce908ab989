//! A run as it lies on disk: `config.toml`, `manifest.json` and the cells.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{CellCurve, ReportError, cell::read_cells};

/// What is on disk of one run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run folder.
    pub path: PathBuf,
    /// The experiment.
    pub experiment: String,
    /// The name of the run.
    pub name: String,
    /// "published" or "corrected".
    pub protocol: String,
    /// Rounds per cell when finished.
    pub rounds: usize,
    /// The data set.
    pub data: String,
    /// True when the data are the whole data set with the published start.
    pub whole_data: bool,
    /// The model of single-model strategies.
    pub model: String,
    /// The models of ensemble strategies.
    pub ensemble: Vec<String>,
    /// Cells that the configuration asks for, begun or not.
    pub planned_cells: usize,
    /// Labels per round.
    pub batch: usize,
    /// Cells by strategy (in the order of the configuration), then seed.
    pub cells: Vec<CellCurve>,
    /// The text of `config.toml`.
    pub config: String,
    /// What each session reported, from `manifest.json`.
    pub sessions: Vec<BTreeMap<String, String>>,
    /// The kind of device on record, empty if there is no manifest.
    pub device_kind: String,
}

#[derive(Deserialize)]
struct ConfigFile {
    experiment: String,
    data: DataPart,
    #[serde(rename = "loop")]
    run: LoopPart,
    model: ModelPart,
    grid: GridPart,
}

#[derive(Deserialize)]
struct DataPart {
    name: String,
    variant: Option<String>,
    crowd: Option<String>,
    limit: Option<usize>,
    test_limit: Option<usize>,
}

#[derive(Deserialize)]
struct LoopPart {
    rounds: usize,
    batch: usize,
    protocol: String,
}

#[derive(Deserialize)]
struct ModelPart {
    kind: String,
    #[serde(default)]
    ensemble: Vec<String>,
}

#[derive(Deserialize)]
struct GridPart {
    strategies: Vec<String>,
    seeds: Vec<u64>,
}

#[derive(Default, Deserialize)]
struct ManifestFile {
    #[serde(default)]
    device_kind: String,
    #[serde(default)]
    sessions: Vec<BTreeMap<String, String>>,
}

/// Reads a run folder, finished or not.
///
/// # Errors
/// If the folder is no run, or a file in it cannot be read or is damaged.
pub fn load_run(path: &Path) -> Result<Run, ReportError> {
    let file = path.join("config.toml");
    if !file.is_file() {
        let reason =
            if path.is_dir() { "it holds no config.toml" } else { "there is no such folder" };
        return Err(ReportError::no_run(path, reason));
    }
    let text = std::fs::read_to_string(&file).map_err(ReportError::io("read", &file))?;
    let config: ConfigFile = toml::from_str(&text).map_err(|error| {
        ReportError::damaged(&file, error.message(), "restore it, or run again under another name")
    })?;
    let manifest = read_manifest(&path.join("manifest.json"))?;
    let name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let data = config.data;
    Ok(Run {
        path: path.to_owned(),
        experiment: config.experiment,
        name: name.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        protocol: config.run.protocol,
        rounds: config.run.rounds,
        batch: config.run.batch,
        planned_cells: config.grid.strategies.len() * config.grid.seeds.len(),
        whole_data: data.limit.is_none()
            && data.test_limit.is_none()
            && data.variant.is_none_or(|variant| variant == "published")
            && data.crowd.is_none_or(|crowd| crowd == "identical"),
        data: data.name,
        model: config.model.kind,
        ensemble: config.model.ensemble,
        cells: read_cells(&path.join("cells"), config.run.rounds, &config.grid.strategies)?,
        config: text,
        sessions: manifest.sessions,
        device_kind: manifest.device_kind,
    })
}

impl Run {
    /// Strategies with at least one finished round, each once, in the order of the cells.
    pub fn strategies(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for cell in self.cells.iter().filter(|cell| !cell.rounds.is_empty()) {
            if !found.contains(&cell.strategy.as_str()) {
                found.push(&cell.strategy);
            }
        }
        found
    }
}

fn read_manifest(path: &Path) -> Result<ManifestFile, ReportError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            ReportError::damaged(path, error, "delete it to report without the facts in it")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(ManifestFile::default()),
        Err(error) => Err(ReportError::io("read", path)(error)),
    }
}
