//! What a user types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use relabel_experiment::{config::PRESETS, strategy::STRATEGIES};
use relabel_scoring::{ConsensusMethod, LabelScore, QualityMethod};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 some cell failed, the others are done; \
2 usage, configuration, data or resume mismatch; 75 device lost or lock held, retry makes sense; \
130 interrupted (SIGINT); 143 terminated (SIGTERM).";

/// Study and use active learning when many imperfect people label the data.
#[derive(Parser)]
#[command(name = "relabel", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the whole loop on an embedded data set: CPU, under two minutes, ends with a plot.
    Demo(DemoArgs),
    /// Run an experiment, or continue it where it stopped.
    #[command(after_help = presets_and_strategies())]
    Run(RunArgs),
    /// List the cells of an experiment with the arguments that run each.
    Cells(CellsArgs),
    /// Show how far every cell of a run is.
    Status(StatusArgs),
    /// Write tables and plots of finished rounds.
    Report(ReportArgs),
    /// Judge your labels: consensus labels, label quality, annotator quality.
    Score(ScoreArgs),
    /// Choose which examples deserve the next labels.
    Query(QueryArgs),
    /// List, fetch and verify data files.
    Data(DataArgs),
    /// Show what can run here and which device `auto` chooses.
    Devices,
    /// Print a completion script.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    Man,
}

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

/// Whose results are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatMode {
    /// The official library 2.9 with its label-count defect.
    #[value(name = "cleanlab-2.9")]
    Cleanlab29,
}

/// Probabilities, names and where results go.
#[derive(Args)]
pub struct LabelArgs {
    /// Class probabilities: npy [examples, classes] or [models, examples, classes]; repeat for an ensemble.
    #[arg(long, value_name = "P.npy")]
    pub pred_probs: Vec<PathBuf>,
    /// Example ids, one per line, in the order of the rows of probabilities.
    #[arg(long, value_name = "IDS.txt")]
    pub examples: Option<PathBuf>,
    /// Class names in the order of the columns of probabilities.
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub classes: Option<Vec<String>>,
    /// Results of another implementation, defects included.
    #[arg(long, value_enum)]
    pub compat: Option<CompatMode>,
    /// Decides ties that nothing else decides.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Folder for the results.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// How the consensus label is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConsensusChoice {
    /// The class of highest posterior.
    #[value(alias = "best_quality")]
    BestQuality,
    /// The most frequent label.
    #[value(alias = "majority_vote")]
    MajorityVote,
}

/// Where quality comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QualityChoice {
    /// Annotators and models, weighted by what they have earned.
    Crowdlab,
    /// The share of annotators who agree.
    Agreement,
}

/// What labels are scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScoreChoice {
    /// The posterior of the label.
    #[value(alias = "self_confidence")]
    SelfConfidence,
    /// The label's lead over the best other class.
    #[value(alias = "normalized_margin")]
    NormalizedMargin,
    /// Entropy divided by the label's posterior.
    #[value(alias = "confidence_weighted_entropy")]
    ConfidenceWeightedEntropy,
}

#[derive(Args)]
pub struct ScoreArgs {
    /// Labels: long or wide CSV (also .gz), npy, or a Label Studio JSON export.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    #[command(flatten)]
    pub input: LabelArgs,
    /// Consensus method; a list adds columns for the further ones.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "best-quality")]
    pub consensus: Vec<ConsensusChoice>,
    /// Quality method.
    #[arg(long, value_enum, default_value = "crowdlab")]
    pub quality: QualityChoice,
    /// Label score.
    #[arg(long, value_enum, default_value = "self-confidence")]
    pub label_score: ScoreChoice,
    /// Adjust probabilities by each class's usual confidence before scoring.
    #[arg(long)]
    pub adjust_pred_probs: bool,
    /// Fit a temperature per model to the labels first.
    #[arg(long)]
    pub calibrate: bool,
}

#[derive(Args)]
pub struct QueryArgs {
    /// Labels: long or wide CSV (also .gz), npy, or a Label Studio JSON export.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    #[command(flatten)]
    pub input: LabelArgs,
    /// Probabilities of examples without labels, one file per model as in --pred-probs.
    #[arg(long, value_name = "U.npy")]
    pub unlabeled_pred_probs: Vec<PathBuf>,
    /// Ids of the examples without labels, one per line [default: row numbers from 0].
    #[arg(long, value_name = "IDS.txt")]
    pub unlabeled_examples: Option<PathBuf>,
    /// Query strategy; `relabel run --help` lists them.
    #[arg(long, default_value = "activelab")]
    pub strategy: String,
    /// How many examples to choose.
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
}

impl From<ConsensusChoice> for ConsensusMethod {
    fn from(choice: ConsensusChoice) -> Self {
        match choice {
            ConsensusChoice::BestQuality => Self::BestQuality,
            ConsensusChoice::MajorityVote => Self::MajorityVote,
        }
    }
}

impl From<QualityChoice> for QualityMethod {
    fn from(choice: QualityChoice) -> Self {
        match choice {
            QualityChoice::Crowdlab => Self::Crowdlab,
            QualityChoice::Agreement => Self::Agreement,
        }
    }
}

impl From<ScoreChoice> for LabelScore {
    fn from(choice: ScoreChoice) -> Self {
        match choice {
            ScoreChoice::SelfConfidence => Self::SelfConfidence,
            ScoreChoice::NormalizedMargin => Self::NormalizedMargin,
            ScoreChoice::ConfidenceWeightedEntropy => Self::ConfidenceWeightedEntropy,
        }
    }
}

#[derive(Args)]
pub struct DataArgs {
    #[command(subcommand)]
    pub action: DataAction,
}

#[derive(Subcommand)]
pub enum DataAction {
    /// List the data sets, their files and whether they are here.
    List(DataFolderArgs),
    /// Download data sets and check them.
    Fetch(DataNamesArgs),
    /// Check files that are here against their checksums.
    Verify(DataNamesArgs),
}

#[derive(Args)]
pub struct DataFolderArgs {
    /// Folder of the data files.
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
}

#[derive(Args)]
pub struct DataNamesArgs {
    /// Data sets [default: all].
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub folder: DataFolderArgs,
    /// Never connect; fail if something is missing.
    #[arg(long)]
    pub offline: bool,
}

fn presets_and_strategies() -> String {
    let mut text = String::from("Presets:\n");
    for preset in PRESETS {
        text += &format!("  {:<24} {}\n", preset.name, preset.about());
    }
    text += "\nStrategies (grid.strategies):\n";
    for strategy in STRATEGIES {
        text += &format!("  {:<24} {}\n", strategy.name, strategy.about);
    }
    text + "\n" + EXIT_CODES
}
