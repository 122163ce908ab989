//! `relabel data`: which files a benchmark needs, whether they are here and
//! official, and how they get here.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use relabel_data::{FetchOptions, Fetched, FileState, Patience, Sources};

use crate::{
    args::{DataAction, DataArgs, DataFetchArgs, DataFolderArgs, DataNamesArgs},
    exit, progress,
    talk::Talk,
};

/// Lists, fetches or verifies.
pub fn data(args: &DataArgs, talk: Talk) -> Result<ExitCode> {
    match &args.action {
        DataAction::List(names) => list(&sources(&names.folder)?, names),
        DataAction::Fetch(args) => fetch(&sources(&args.which.folder)?, args, talk),
        DataAction::Verify(names) => verify(&sources(&names.folder)?, names),
    }
}

fn sources(args: &DataFolderArgs) -> Result<Sources> {
    Ok(args.sources.as_deref().map_or_else(|| Ok(Sources::embedded()), Sources::open)?)
}

fn list(sources: &Sources, args: &DataNamesArgs) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    for name in chosen(sources, args) {
        for file in sources.files(name)? {
            let here = args.folder.data.join(&file.file).exists();
            let here = if here { "here" } else { "missing" };
            let size = file.bytes.map_or_else(String::new, |bytes| format!("{bytes} bytes, "));
            let path = file.file.display().to_string();
            writeln!(out, "{:<17} {:<8} {:<42} {size}{}", file.name, here, path, file.licence)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn fetch(sources: &Sources, args: &DataFetchArgs, talk: Talk) -> Result<ExitCode> {
    let bar = bar(talk);
    let patience = Patience::default();
    let stall = args.stall_seconds.map_or(patience.stall, Duration::from_secs);
    let options = FetchOptions {
        offline: args.which.offline,
        patience: Patience { stall, pause: stall / 30, ..patience },
        progress: &|file, done, total| {
            bar.set_length(total.unwrap_or(done));
            bar.set_position(done);
            bar.set_message(file.file.display().to_string());
        },
    };
    let said = |line: String| bar.suspend(|| talk.say(line));
    for name in chosen(sources, &args.which) {
        said(format!("{name}:"));
        for fetched in sources.fetch(&args.which.folder.data, name, &options)? {
            match fetched {
                Fetched::AlreadyThere(path) => said(format!("  {} is here", path.display())),
                Fetched::Downloaded(path) => said(format!("  fetched {}", path.display())),
            }
        }
    }
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// Hidden where nobody looks.
fn bar(talk: Talk) -> ProgressBar {
    let shown = talk != Talk::Quiet && io::stderr().is_terminal();
    let target = if shown { progress::target() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    let template = "{msg} {wide_bar:.green} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
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
