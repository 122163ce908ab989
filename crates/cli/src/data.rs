//! `relabel data`: which files a benchmark needs, whether they are here and
//! official, and how they get here.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use relabel_data::{Fetched, FileState, Sources};

use crate::{
    args::{DataAction, DataArgs, DataNamesArgs},
    exit,
    talk::Talk,
};

/// Lists, fetches or verifies.
pub fn data(args: &DataArgs, talk: Talk) -> Result<ExitCode> {
    let sources = Sources::embedded();
    match &args.action {
        DataAction::List(folder) => list(&sources, &folder.data),
        DataAction::Fetch(names) => fetch(&sources, names, talk),
        DataAction::Verify(names) => verify(&sources, names),
    }
}

fn list(sources: &Sources, folder: &Path) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    for file in sources.list() {
        let here = if folder.join(&file.file).exists() { "here" } else { "missing" };
        let size = file.bytes.map_or_else(String::new, |bytes| format!("{bytes} bytes, "));
        let path = file.file.display().to_string();
        writeln!(out, "{:<11} {:<8} {:<42} {size}{}", file.name, here, path, file.licence)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn fetch(sources: &Sources, args: &DataNamesArgs, talk: Talk) -> Result<ExitCode> {
    for name in chosen(sources, args) {
        talk.say(format!("{name}:"));
        for fetched in sources.fetch(&args.folder.data, name, args.offline)? {
            match fetched {
                Fetched::AlreadyThere(path) => talk.say(format!("  {} is here", path.display())),
                Fetched::Downloaded(path) => talk.say(format!("  fetched {}", path.display())),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(sources: &Sources, args: &DataNamesArgs) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut sound = true;
    for name in chosen(sources, args) {
        for (file, state) in sources.verify(&args.folder.data, name)? {
            let state = match state {
                FileState::Official => "official".to_owned(),
                FileState::Missing => {
                    sound = false;
                    format!("missing; fetch it with `relabel data fetch {name}`")
                }
                FileState::Differs { found } => {
                    sound = false;
                    format!("differs from the official file: {found}")
                }
            };
            writeln!(out, "{:<42} {state}", file.file.display().to_string())?;
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(exit::DO_NOT_RETRY) })
}

fn chosen<'a>(sources: &'a Sources, args: &'a DataNamesArgs) -> Vec<&'a str> {
    if args.names.is_empty() {
        return sources.names();
    }
    args.names.iter().map(String::as_str).collect()
}
