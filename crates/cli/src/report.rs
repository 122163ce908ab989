//! `relabel report`, and the tables and plots at the end of a run.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use relabel_report::{
    Reference, load_run, text_report, write_comparison, write_plots, write_report, write_summary,
};

use crate::{args::ReportArgs, talk::Talk};

/// Writes summary.csv, plots and report.html for the given runs.
pub fn report(args: &ReportArgs, talk: Talk) -> Result<ExitCode> {
    let runs = args.runs.iter().map(|path| load_run(path)).collect::<Result<Vec<_>, _>>()?;
    let reference = args.reference.as_deref().map(Reference::load).transpose()?;
    for run in &runs {
        say_written(&write_summary(run)?, talk);
        if let Some(reference) = &reference
            && let Some(path) = write_comparison(run, reference)?
        {
            say_written(&path, talk);
        }
    }
    for path in write_plots(&runs, reference.as_ref())? {
        say_written(&path, talk);
    }
    let out = args.out.clone().unwrap_or_else(|| args.runs[0].join("report.html"));
    write_report(&runs, reference.as_ref(), &out)?;
    say_written(&out, talk);
    let mut stdout = io::stdout().lock();
    for run in &runs {
        writeln!(stdout, "{}", text_report(run))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a run ends with: summary.csv, plots, report.html and a table on stdout.
///
/// # Errors
/// If the run folder cannot be read or written.
pub fn conclude(folder: &Path, talk: Talk) -> Result<()> {
    let run = load_run(folder)?;
    say_written(&write_summary(&run)?, talk);
    let runs = [run];
    for path in write_plots(&runs, None)? {
        say_written(&path, talk);
    }
    let page = folder.join("report.html");
    write_report(&runs, None, &page)?;
    say_written(&page, talk);
    Ok(writeln!(io::stdout(), "{}", text_report(&runs[0]))?)
}

fn say_written(path: &Path, talk: Talk) {
    talk.say(format!("wrote {}", path.display()));
}
