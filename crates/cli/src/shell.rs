//! Completions and the manual page, generated from the argument definitions.

use std::{io, process::ExitCode};

use anyhow::Result;
use clap::CommandFactory;

use crate::args::Cli;

/// Prints the completion script for `shell`.
pub fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "relabel", &mut script);
    print(&script)
}

/// Prints the manual page in troff.
pub fn man() -> Result<ExitCode> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&page)
}

fn print(bytes: &[u8]) -> Result<ExitCode> {
    io::Write::write_all(&mut io::stdout(), bytes)?;
    Ok(ExitCode::SUCCESS)
}
