//! Completions and the manual pages, generated from the argument definitions.

use std::{io, process::ExitCode};

use anyhow::{Result, bail};
use clap::CommandFactory;

use crate::args::Cli;

/// Prints the completion script for `shell`.
pub fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "relabel", &mut script);
    print(&script)
}

/// Prints the manual page of the program, or of the command that these words lead to, in troff.
pub fn man(words: &[String]) -> Result<ExitCode> {
    let mut program = Cli::command();
    // gives commands their whole names
    program.build();
    let mut command = &program;
    for word in words {
        let Some(next) = command.find_subcommand(word) else {
            let names = command.get_subcommands().map(clap::Command::get_name);
            let names: Vec<&str> = names.filter(|name| *name != "help").collect();
            if names.is_empty() {
                bail!("{} has no commands of its own, such as {word}", command.get_name());
            }
            bail!("{} has no command {word}; use {}", command.get_name(), names.join(", "));
        };
        command = next;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    // what follows the options in a help text has a heading that says nothing
    print(String::from_utf8_lossy(&page).replace(".SH EXTRA\n", ".SH NOTES\n").as_bytes())
}

fn print(bytes: &[u8]) -> Result<ExitCode> {
    io::Write::write_all(&mut io::stdout(), bytes)?;
    Ok(ExitCode::SUCCESS)
}
