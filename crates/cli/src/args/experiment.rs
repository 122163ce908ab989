//! Arguments of the commands that run experiments and look at them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// Bars on a terminal, else one line per finished round.
    Auto,
    /// Bars.
    Bars,
    /// One line per finished round.
    Plain,
    /// Nothing.
    None,
}

/// Where results go and how work is shared out.
#[derive(Args)]
pub struct WorkArgs {
    /// Name of the run; another name keeps the old results.
    #[arg(long, default_value = "default")]
    pub name: String,
    /// Folder for results.
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// Cells at the same time [default: one per core on the CPU, one on a GPU].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// How progress is shown.
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressMode,
}

#[derive(Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Which experiment.
#[derive(Args)]
pub struct ExperimentArgs {
    /// A preset, or a TOML file.
    #[arg(value_name = "PRESET|FILE")]
    pub experiment: String,
    /// Change one key, such as grid.seeds=0..30 or model.trees=50; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    #[command(flatten)]
    pub work: WorkArgs,
    /// Folder of the data files.
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// Device of image models: auto, wgpu, vulkan, cuda, cpu or ndarray.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Run only the cell with this index (see `relabel cells`).
    #[arg(long, conflicts_with = "cell_from_env")]
    pub cell: Option<usize>,
    /// Take the index from the scheduler's environment variable.
    #[arg(long)]
    pub cell_from_env: bool,
    /// Start no further cell once one has failed.
    #[arg(long)]
    pub fail_fast: bool,
    /// Print the resolved configuration and stop.
    #[arg(long)]
    pub dry_run: bool,
}

/// How cells are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CellsFormat {
    /// Tab-separated with a header.
    Tsv,
    /// An array of objects.
    Json,
}

#[derive(Args)]
pub struct CellsArgs {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Output format.
    #[arg(long, value_enum, default_value = "tsv")]
    pub format: CellsFormat,
}

#[derive(Args)]
pub struct StatusArgs {
    /// A run folder, such as results/wall-robot-et/default.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
}

#[derive(Args)]
pub struct ReportArgs {
    /// Run folders; the first one receives the tables and plots.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder with published results (published_results.csv) to lay behind the curves.
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
    /// Where the report goes [default: report.html in the first run folder].
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
}
