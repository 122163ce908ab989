//! A run as it lies on disk: `config.toml`, `manifest.json` and the cells; or, without
//! these, a folder of result arrays.

use std::path::{Path, PathBuf};

use relabel_data::seal_is_whole;

use crate::{
    CellCurve, Manifest, ReportError,
    arrays::{Arrays, array_files},
    cell::read_cells,
    config::ConfigFile,
    reference::published_batch,
};

/// What is on disk of one run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The folder.
    pub path: PathBuf,
    /// The experiment.
    pub experiment: String,
    /// The name of the run.
    pub name: String,
    /// "published" or "corrected"; empty for arrays, which do not say.
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
    /// Strategies and seeds that the configuration asks for, begun or not.
    pub planned: Vec<(String, u64)>,
    /// Labels per round, if known.
    pub batch: Option<usize>,
    /// Cells by strategy (in the order of the configuration), then seed.
    pub cells: Vec<CellCurve>,
    /// The text of `config.toml`; empty for arrays.
    pub config: String,
    /// How the run was made.
    pub manifest: Manifest,
    /// What could not be used, one sentence each.
    pub gaps: Vec<String>,
}

/// A cell that is not finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing<'a> {
    /// The strategy.
    pub strategy: &'a str,
    /// The seed.
    pub seed: u64,
    /// Rounds that are finished.
    pub finished: usize,
    /// Why it failed last time, if it did.
    pub failure: Option<&'a str>,
}

/// Reads a run folder, finished or not, or a folder of arrays. Damaged files are
/// left out and named in [`Run::gaps`].
///
/// # Errors
/// If the folder is no run, or its configuration cannot be read.
pub fn load_run(path: &Path) -> Result<Run, ReportError> {
    let file = path.join("config.toml");
    if file.is_file() {
        return run_folder(path, &file);
    }
    if !path.is_dir() {
        return Err(ReportError::no_run(path, "there is no such folder"));
    }
    match array_files(path)?.is_empty() {
        true => Err(ReportError::no_run(path, "it holds no config.toml and no .npy file")),
        false => array_folder(path),
    }
}

fn run_folder(path: &Path, file: &Path) -> Result<Run, ReportError> {
    let damaged = |reason: String| {
        ReportError::damaged(file, reason, "restore it, or run again under another name")
    };
    let text = std::fs::read(file).map_err(ReportError::io("read", file))?;
    let text = String::from_utf8(text).map_err(|_| damaged("it is no text".into()))?;
    if seal_is_whole(&text) == Some(false) {
        return Err(damaged("its checksum is wrong".into()));
    }
    let config: ConfigFile =
        toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
    let (cells, mut gaps) =
        read_cells(&path.join("cells"), config.run.rounds, &config.grid.strategies)?;
    let manifest = Manifest::read(&path.join("manifest.json")).unwrap_or_else(|error| {
        gaps.push(error.to_string());
        Manifest::default()
    });
    let seeds = &config.grid.seeds;
    let planned = config
        .grid
        .strategies
        .iter()
        .flat_map(|strategy| seeds.iter().map(move |&seed| (strategy.clone(), seed)));
    Ok(Run {
        path: path.to_owned(),
        name: folder_name(path),
        planned: planned.collect(),
        experiment: config.experiment,
        protocol: config.run.protocol,
        rounds: config.run.rounds,
        batch: Some(config.run.batch),
        whole_data: config.data.is_whole(),
        data: config.data.name,
        model: config.model.kind,
        ensemble: config.model.ensemble,
        cells,
        config: text,
        manifest,
        gaps,
    })
}

/// The folders of the published results are told by their names: `wall-robot/et`,
/// `cifar-10h`, or with a folder `results` between as their authors keep them.
fn array_folder(path: &Path) -> Result<Run, ReportError> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parts = whole.iter().map(|part| part.to_string_lossy()).filter(|part| part != "results");
    let mut names = parts.rev().map(|part| benchmark_name(&part).to_owned());
    let (name, parent) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    let (data, experiment) = match (parent.as_str(), name.as_str()) {
        ("wall-robot" | "wall-robot-complete", _) => (parent.clone(), format!("{parent}-{name}")),
        (_, "cifar-10h") => ("cifar10h".into(), "cifar10h".into()),
        _ => (name.clone(), name.clone()),
    };
    let arrays = Arrays::read(path)?;
    let batch = published_batch(&data);
    let cells = arrays.cells(batch);
    if cells.is_empty() {
        let reason = format!("none of its arrays can be used: {}", arrays.gaps.join("; "));
        return Err(ReportError::no_run(path, reason));
    }
    Ok(Run {
        path: path.to_owned(),
        rounds: cells.iter().map(|cell| cell.rounds.len()).max().unwrap_or(0),
        whole_data: data != name || name == "cifar10h",
        model: if data == "cifar10h" { "resnet18".into() } else { name },
        name: "arrays".into(),
        experiment,
        data,
        batch,
        cells,
        gaps: arrays.gaps,
        ..Run::default()
    })
}

fn folder_name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a benchmark whose authors call its folder differently.
pub(crate) fn benchmark_name(folder: &str) -> &str {
    match folder {
        "wall-robot-completely-labeled" => "wall-robot-complete",
        other => other,
    }
}

impl Run {
    /// True for a folder of arrays without a configuration.
    pub fn is_arrays(&self) -> bool {
        self.config.is_empty()
    }

    /// Experiment and name.
    pub fn title(&self) -> String {
        format!("{}/{}", self.experiment, self.name)
    }

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

    /// Cells on disk of a strategy.
    pub(crate) fn cells_of<'a>(&'a self, strategy: &'a str) -> impl Iterator<Item = &'a CellCurve> {
        self.cells.iter().filter(move |cell| cell.strategy == strategy)
    }

    /// Cells that the configuration asks for or the disk holds; and how many of them are finished.
    pub fn progress(&self) -> (usize, usize) {
        let finished = self.cells.iter().filter(|cell| cell.done).count();
        (finished, finished + self.missing().len())
    }

    /// Cells that are not finished, those not begun included.
    pub fn missing(&self) -> Vec<Missing<'_>> {
        let on_disk = self.cells.iter().filter(|cell| !cell.done).map(|cell| Missing {
            strategy: &cell.strategy,
            seed: cell.seed,
            finished: cell.rounds.len(),
            failure: cell.failure.as_deref(),
        });
        let begun = |(strategy, seed): &(String, u64)| {
            self.cells_of(strategy).any(|cell| cell.seed == *seed)
        };
        let absent = self
            .planned
            .iter()
            .filter(|cell| !begun(cell))
            .map(|(strategy, seed)| Missing { strategy, seed: *seed, finished: 0, failure: None });
        on_disk.chain(absent).collect()
    }
}
