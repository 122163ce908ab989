//! `relabel run` and `relabel demo`: from arguments to finished cells, tables and plots.

mod scheduler;
mod session;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use relabel_experiment::{
    Cell, Config, Grid, GridOptions, GridOutcome, Prepared, RunFolder, Zoo, cells, config::Source,
    load_dataset, run_grid,
};

use crate::{
    args::{DemoArgs, RunArgs, WorkArgs},
    cells::resolve,
    exit, progress, report,
    signals::Signals,
    talk::Talk,
};

/// A checked request: nothing can be wrong with the arguments any more.
struct Plan<'a> {
    config: Config,
    cells: Vec<Cell>,
    work: &'a WorkArgs,
    data: PathBuf,
    device: String,
    fail_fast: bool,
}

/// The demo preset on the CPU.
pub fn demo(args: &DemoArgs, talk: Talk) -> Result<ExitCode> {
    let config = Source::open("demo")?.validate()?;
    let cells = cells(&config);
    Plan {
        config,
        cells,
        work: &args.work,
        data: PathBuf::new(),
        device: "cpu".into(),
        fail_fast: false,
    }
    .execute(talk)
}

/// A preset or a configuration file.
pub fn run(args: &RunArgs, talk: Talk) -> Result<ExitCode> {
    let config = resolve(&args.experiment)?;
    if args.dry_run {
        std::io::Write::write_all(&mut std::io::stdout(), config.to_toml().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut chosen = cells(&config);
    let index = match args.cell_from_env {
        true => Some(scheduler::index(&|name| std::env::var(name).ok())?),
        false => args.cell,
    };
    if let Some(index) = index {
        if index >= chosen.len() {
            bail!("there is no cell {index}: this experiment has cells 0 to {}", chosen.len() - 1);
        }
        chosen = vec![chosen.swap_remove(index)];
    }
    Plan {
        config,
        cells: chosen,
        work: &args.work,
        data: args.data.clone(),
        device: args.device.clone(),
        fail_fast: args.fail_fast,
    }
    .execute(talk)
}

impl Plan<'_> {
    fn execute(&self, talk: Talk) -> Result<ExitCode> {
        check_name(&self.work.name)?;
        let start = Instant::now();
        let data = load_dataset(&self.config, &self.data)?;
        let zoo = Zoo::open(&self.config, &self.device)?;
        let folder = RunFolder::open(&self.work.out, &self.work.name, &self.config)?;
        session::begin(&folder, &self.config, &zoo, &data)?;
        self.introduce(&data, &zoo, folder.path(), talk);
        let signals = Signals::install()?;
        let options = self.options(&zoo);
        let outcome = {
            let rounds = self.cells.len() * self.config.run.rounds;
            let observer = progress::observer(self.work.progress, talk, rounds, self.unit());
            let grid = Grid {
                config: &self.config,
                folder: &folder,
                data: &data,
                zoo: &zoo,
                observer: observer.as_ref(),
                stop: signals.stop(),
            };
            run_grid(&grid, &self.cells, &options)
        };
        session::end(&folder, start.elapsed())?;
        self.conclude(&outcome, folder.path(), &signals, start, talk)
    }

    fn options(&self, zoo: &Zoo) -> GridOptions {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let default = if zoo.device_kind() == "cpu" { threads } else { 1 };
        let jobs = self.work.jobs.map_or(default, usize::from);
        GridOptions { jobs, threads, fail_fast: self.fail_fast }
    }

    /// What the fits of a cell consist of.
    fn unit(&self) -> &'static str {
        if self.config.model.kind == "extra-trees" { "tree" } else { "epoch" }
    }

    fn introduce(&self, data: &Prepared, zoo: &Zoo, folder: &Path, talk: Talk) {
        for line in &data.summary {
            talk.say(line);
        }
        talk.say(format!("device: {}", zoo.device_description()));
        if let Some(note) = zoo.device_note() {
            talk.say(note);
        }
        let rounds = self.config.run.rounds;
        let cells = self.cells.len();
        talk.say(format!("{cells} cells of {rounds} rounds, results in {}", folder.display()));
        talk.detail(format!("configuration {}", self.config.hash()));
    }

    /// Tables and plots of what there is, then the exit code.
    fn conclude(
        &self,
        outcome: &GridOutcome,
        folder: &Path,
        signals: &Signals,
        start: Instant,
        talk: Talk,
    ) -> Result<ExitCode> {
        if outcome.stopped {
            talk.say(format!(
                "stopped; finished rounds are in {}, the same command goes on from there",
                folder.display()
            ));
            return Ok(signals.exit_code());
        }
        let told = if outcome.finished > 0 { report::conclude(folder, talk) } else { Ok(()) };
        talk.say(format!("{:.1} s", start.elapsed().as_secs_f64()));
        for failure in &outcome.failures {
            eprintln!(
                "relabel: {}, seed {} failed: {}",
                failure.cell.strategy, failure.cell.seed, failure.reason
            );
        }
        told.context("the results are complete, but the report could not be written")?;
        Ok(exit_code(outcome))
    }
}

fn exit_code(outcome: &GridOutcome) -> ExitCode {
    if outcome.failures.iter().any(|failure| !failure.retry) {
        ExitCode::from(exit::SOME_FAILED)
    } else if !outcome.failures.is_empty() || !outcome.locked.is_empty() {
        ExitCode::from(exit::RETRY)
    } else {
        ExitCode::SUCCESS
    }
}

/// A run's name is one folder under the results folder.
fn check_name(name: &str) -> Result<()> {
    let safe = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(safe) {
        bail!("--name {name}: use letters, digits, '-', '_' and '.', not starting with '.'");
    }
    Ok(())
}
