//! The command line of relabel: arguments in, exit code out. stdout is data,
//! stderr is talk.
#![recursion_limit = "256"]
#![deny(clippy::print_stderr)] // it panics when nobody reads; see `talk`

mod args;
mod bench;
mod cells;
mod data;
mod devices;
mod exit;
mod labelled;
mod naming;
mod probabilities;
mod progress;
mod query;
mod report;
mod run;
mod score;
mod shell;
mod signals;
mod status;
mod table;
mod talk;
mod trusted;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use talk::Talk;

fn main() -> ExitCode {
    let cli = Cli::parse();
    keep_memory();
    let talk = Talk::new(cli.quiet, cli.verbose);
    let result = match &cli.command {
        Command::Demo(args) => run::demo(args, talk),
        Command::Run(args) => run::run(args, talk),
        Command::Cells(args) => cells::list(args),
        Command::Status(args) => status::show(args),
        Command::Report(args) => report::report(args, talk),
        Command::Score(args) => score::score(args, talk),
        Command::Query(args) => query::query(args, talk),
        Command::Data(args) => data::data(args, talk),
        Command::Devices => devices::list(),
        Command::Bench(args) => bench::bench(args, talk),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { command } => shell::man(command),
    };
    result.unwrap_or_else(|error| exit::explain(&error))
}

/// glibc maps every large block afresh, and each of its pages then costs a fault. Once
/// a large block was freed, it takes such blocks from memory that it keeps.
fn keep_memory() {
    /// The largest block that has this effect.
    const LARGE: usize = 31 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE)));
}
