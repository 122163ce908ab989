//! What a user types.

mod bench;
mod experiment;
mod labels;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use relabel_experiment::{config::PRESETS, strategy::STRATEGIES};

use crate::query;

pub use bench::{BenchArgs, BenchPart, BenchWhat, DeviceBenchArgs};
pub use experiment::{
    CellsArgs, CellsFormat, DemoArgs, ExperimentArgs, ProgressMode, ReportArgs, RunArgs,
    StatusArgs, WorkArgs,
};
pub use labels::{CompatMode, LabelArgs, QueryArgs, ScoreArgs};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 some cell failed, the others are done; \
2 usage, configuration, data or resume mismatch; 75 device lost, out of memory, lock held or time up, \
retry makes sense; \
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
    #[command(after_help = query::strategies())]
    Query(QueryArgs),
    /// List, fetch and verify data files.
    Data(DataArgs),
    /// Show what can run here and which device `auto` chooses.
    Devices,
    /// Measure how fast a device trains and asks image networks.
    Bench(BenchArgs),
    /// Print a completion script.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, or that of a command.
    Man {
        /// The command, such as run or data fetch.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

#[derive(Args)]
pub struct DataArgs {
    #[command(subcommand)]
    pub action: DataAction,
}

#[derive(Subcommand)]
pub enum DataAction {
    /// List the data sets, their files and whether they are here.
    List(DataNamesArgs),
    /// Download data sets and check them.
    Fetch(DataFetchArgs),
    /// Check files that are here against their checksums.
    Verify(DataNamesArgs),
}

#[derive(Args)]
pub struct DataFolderArgs {
    /// Folder of the data files.
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// Another list of sources, such as one with addresses of your own [default: the built-in one].
    #[arg(long, value_name = "FILE.toml")]
    pub sources: Option<PathBuf>,
}

#[derive(Args)]
pub struct DataNamesArgs {
    /// Data sets [default: all].
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub folder: DataFolderArgs,
    /// Never connect: fetch then fails if something is missing, list and verify need no network.
    #[arg(long)]
    pub offline: bool,
}

#[derive(Args)]
pub struct DataFetchArgs {
    #[command(flatten)]
    pub which: DataNamesArgs,
    /// Give up a server that sends nothing for so many seconds.
    #[arg(long, hide = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub stall_seconds: Option<u64>,
}

/// A number of minutes as it is typed.
fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|_| "expected a number of minutes".to_owned())?;
    Duration::try_from_secs_f64(60.0 * minutes).map_err(|_| "expected minutes from 0 on".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_may_be_none_only_where_that_makes_sense() {
        let run = ["relabel", "run", "demo"];
        let bench = ["relabel", "bench", "gpu"];
        for (command, option, minutes, valid) in [
            (run, "--max-minutes", "0", true),
            (run, "--stall-minutes", "0", false),
            (run, "--stall-minutes", "0.05", true),
            (run, "--stall-minutes", "-1", false),
            (bench, "--minutes", "0", false),
            (bench, "--minutes", "0.1", true),
            (bench, "--minutes", "600", true),
            (bench, "--minutes", "601", false),
            (bench, "--minutes", "nan", false),
        ] {
            let parsed = Cli::try_parse_from(command.iter().chain(&[option, minutes]));
            assert_eq!(parsed.is_ok(), valid, "{option} {minutes}");
        }
    }
}
