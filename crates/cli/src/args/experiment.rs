//! Arguments of the commands that run experiments and look at them.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::minutes;

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
    /// Device of image models: auto, wgpu, vulkan, cuda, cpu, flex or ndarray.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Run only the cell with this index (see `relabel cells`).
    #[arg(long, conflicts_with = "cell_from_env")]
    pub cell: Option<usize>,
    /// Take the index from the scheduler: SLURM_ARRAY_TASK_ID, HQ_TASK_ID, JOB_COMPLETION_INDEX,
    /// PBS_ARRAY_INDEX or AWS_BATCH_JOB_ARRAY_INDEX; SGE_TASK_ID or LSB_JOBINDEX minus one.
    #[arg(long)]
    pub cell_from_env: bool,
    /// Start no further cell once one has failed.
    #[arg(long)]
    pub fail_fast: bool,
    /// Write summary.csv at the end, but no pictures and no page.
    #[arg(long)]
    pub no_report: bool,
    /// Begin no round that would not be done within so many minutes; exit code 75 if cells are left.
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub max_minutes: Option<Duration>,
    /// With a process per cell: end and restart one that has reported nothing for so long.
    #[arg(long, value_name = "MINUTES", default_value = "60", value_parser = some_minutes)]
    pub stall_minutes: Duration,
    /// Run every cell in a process of its own, as is always done on a GPU: one that crashes or
    /// hangs then ends alone, and is started again if it had finished a round.
    #[arg(long)]
    pub processes: bool,
    /// This is such a process: report to the one that started it.
    #[arg(long, hide = true, requires = "cell")]
    pub child: bool,
    /// Threads of all cells together [default: one per core].
    #[arg(long, hide = true, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print the resolved configuration and stop.
    #[arg(long)]
    pub dry_run: bool,
}

fn some_minutes(text: &str) -> Result<Duration, String> {
    match minutes(text)? {
        Duration::ZERO => Err("expected more than 0 minutes".into()),
        time => Ok(time),
    }
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
    /// Keep the table up to date until every cell is done; without a terminal, print once.
    #[arg(long)]
    pub watch: bool,
}

#[derive(Args)]
pub struct ReportArgs {
    /// Run folders, or folders of result arrays (.npy); the first one receives plots and report.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder with published results (published_results.csv, .npy) to lay behind the curves.
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
    /// Where the report goes [default: report.html in the first run folder; for arrays
    /// EXPERIMENT-report/report.html here].
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// Print tables and sparklines, and write no report.
    #[arg(long)]
    pub text: bool,
    /// Write TensorBoard event files of all finished rounds into this folder too.
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
}
