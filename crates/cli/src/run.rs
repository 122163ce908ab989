//! `relabel run` and `relabel demo`: from arguments to a checked plan, and from the
//! plan to finished cells, tables and plots.

mod child;
mod conclusion;
mod effort;
mod processes;
mod scheduler;
mod session;
mod supervision;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Result, bail};
use relabel_experiment::{
    Cell, Config, Deadline, Fingerprint, GridOptions, Observer, Prepared, RunFolder, Worker, Zoo,
    cells, check_fits, config::Source, load_dataset, panic_log::Collecting,
};

use crate::{
    args::{DemoArgs, RunArgs, WorkArgs},
    cells::resolve,
    exit, progress,
    signals::Signals,
    talk::Talk,
};
use effort::Effort;
use processes::Processes;

/// A checked request: nothing can be wrong with the arguments any more.
struct Plan<'a> {
    /// The words that name the experiment, for processes of their own.
    experiment: Vec<String>,
    config: Config,
    cells: Vec<Cell>,
    work: &'a WorkArgs,
    data: PathBuf,
    device: String,
    fail_fast: bool,
    no_report: bool,
    max_time: Option<Duration>,
    stall: Duration,
    threads: usize,
    processes: bool,
}

/// What a plan needs before the first round: data, models and a place for results.
struct Ready {
    data: Prepared,
    fingerprint: Fingerprint,
    zoo: Zoo,
    folder: RunFolder,
}

/// The demo preset on the CPU.
pub fn demo(args: &DemoArgs, talk: Talk) -> Result<ExitCode> {
    let config = Source::open("demo")?.validate()?;
    let cells = cells(&config);
    Plan {
        experiment: vec!["demo".into()],
        config,
        cells,
        work: &args.work,
        data: PathBuf::new(),
        device: "cpu".into(),
        fail_fast: false,
        no_report: false,
        max_time: None,
        stall: Duration::MAX,
        threads: cores(),
        processes: false,
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
    let mut experiment = vec![args.experiment.experiment.clone()];
    experiment.extend(args.experiment.set.iter().flat_map(|set| ["--set".into(), set.clone()]));
    let plan = Plan {
        experiment,
        config,
        cells: chosen,
        work: &args.work,
        data: args.data.clone(),
        device: args.device.clone(),
        fail_fast: args.fail_fast,
        no_report: args.no_report,
        max_time: args.max_minutes,
        stall: args.stall_minutes,
        threads: args.threads.map_or_else(cores, usize::from),
        processes: args.processes,
    };
    if args.child { child::run(&plan) } else { plan.execute(talk) }
}

impl Plan<'_> {
    fn ready(&self) -> Result<Ready> {
        check_name(&self.work.name)?;
        let data = load_dataset(&self.config, &self.data)?;
        check_fits(&self.config, &data)?;
        let zoo = Zoo::open(&self.config, &self.device)?;
        let folder = RunFolder::open(&self.work.out, &self.work.name, &self.config)?;
        Ok(Ready { fingerprint: Fingerprint::of(&data), data, zoo, folder })
    }

    fn execute(&self, talk: Talk) -> Result<ExitCode> {
        let deadline = self.deadline();
        let ready = self.ready()?;
        let session = session::begin(&ready, &self.config)?;
        self.introduce(&ready, talk);
        let signals = Signals::install()?;
        let rounds = self.cells.len() * self.config.run.rounds;
        let display = progress::display(self.work.progress, talk, rounds, self.unit());
        let effort = Effort::new(display.as_ref());
        let jobs = self.jobs(&ready.zoo);
        let options = GridOptions {
            jobs,
            fail_fast: self.fail_fast,
            stop: signals.stop(),
            deadline: &deadline,
        };
        let threads = (self.threads / jobs).max(1);
        let panics = Collecting::begin();
        let outcome = if self.processes || ready.zoo.device_kind() != "cpu" {
            let processes = Processes::new(self, &ready, threads, &effort, &options);
            supervision::run(&processes, self, &options, &signals, display.as_ref())
        } else {
            let worker = self.worker(&ready, threads, &effort, &signals, &deadline);
            supervision::run(&worker, self, &options, &signals, display.as_ref())
        };
        drop(panics);
        let figures = effort.figures();
        drop(display);
        let ended = session.end(&figures);
        let took = session.took();
        if figures.fits > 0 {
            talk.say(figures.sentence(took));
        }
        let code = self.conclude(&outcome, &ready.folder, &signals, took, talk);
        Ok(ExitCode::from(exit::after_work(code, ended)))
    }

    fn worker<'a>(
        &'a self,
        ready: &'a Ready,
        threads: usize,
        observer: &'a dyn Observer,
        signals: &'a Signals,
        deadline: &'a Deadline,
    ) -> Worker<'a> {
        Worker {
            config: &self.config,
            folder: &ready.folder,
            data: &ready.data,
            fingerprint: &ready.fingerprint,
            zoo: &ready.zoo,
            threads,
            observer,
            stop: signals.stop(),
            deadline,
        }
    }

    fn deadline(&self) -> Deadline {
        self.max_time.map_or_else(Deadline::never, Deadline::after)
    }

    /// Cells at the same time.
    fn jobs(&self, zoo: &Zoo) -> usize {
        let default = if zoo.device_kind() == "cpu" { self.threads } else { 1 };
        self.work.jobs.map_or(default, usize::from).clamp(1, self.cells.len().max(1))
    }

    /// What the fits of a cell consist of.
    fn unit(&self) -> &'static str {
        match self.config.model.kind.as_str() {
            "extra-trees" => "tree",
            "mlp" => "epoch",
            _ => "step",
        }
    }

    fn introduce(&self, ready: &Ready, talk: Talk) {
        for line in &ready.data.summary {
            talk.say(line);
        }
        talk.say(format!("device: {}", ready.zoo.device_description()));
        if let Some(note) = ready.zoo.device_note() {
            talk.say(note);
        }
        let rounds = self.config.run.rounds;
        let cells = match self.cells.len() {
            1 => "1 cell".into(),
            several => format!("{several} cells"),
        };
        let folder = ready.folder.path().display();
        talk.say(format!("{cells} of {rounds} rounds, results in {folder}"));
        talk.detail(format!("configuration {}", self.config.hash()));
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A run's name is one folder under the results folder.
fn check_name(name: &str) -> Result<()> {
    let safe = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(safe) {
        bail!("--name {name}: use letters, digits, '-', '_' and '.', not starting with '.'");
    }
    Ok(())
}
