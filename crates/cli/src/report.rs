//! `relabel report`, and the tables and plots at the end of a run.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};
use relabel_report::{
    Reference, Report, ReportError, Run, load_run, text_report, write_comparison, write_plots,
    write_report, write_summary, write_tensorboard,
};

use crate::{
    args::ReportArgs,
    exit,
    talk::{Talk, tell},
};

/// Writes tables, plots and report.html for the given runs. What could not be used is
/// named, and the exit code then says that something failed.
pub fn report(args: &ReportArgs, talk: Talk) -> Result<ExitCode> {
    let reference = args.reference.as_deref().map(Reference::load).transpose()?;
    let report = Report::load(&args.runs, reference);
    let mut failures = Vec::new();
    if let Some(first) = report.runs.first() {
        let page = args.out.clone().unwrap_or_else(|| default_page(first));
        if !args.text {
            failures.extend(write(&report, &page, talk));
        }
        if let Some(folder) = &args.tensorboard {
            match write_tensorboard(&report, folder) {
                Ok(files) => {
                    let (n, folder) = (files.len(), folder.display());
                    talk.say(format!("wrote {n} event files into {folder}"));
                }
                Err(error) => failures.push(error.to_string()),
            }
        }
    }
    let whole = present(&report, &failures)?;
    Ok(ExitCode::from(if whole { exit::DONE } else { exit::SOME_FAILED }))
}

/// What a run ends with: summary.csv, plots, report.html and a table on stdout.
///
/// # Errors
/// If the run folder cannot be read, or part of it could not be used or written.
pub fn conclude(folder: &Path, talk: Talk) -> Result<()> {
    let report = Report { runs: vec![load_run(folder)?], ..Report::default() };
    let failures = write(&report, &folder.join("report.html"), talk);
    if !present(&report, &failures)? {
        bail!("part of it is missing, as said above");
    }
    Ok(())
}

/// Names what could not be used and what failed, then prints the tables. Says whether
/// there was nothing to name.
fn present(report: &Report, failures: &[String]) -> Result<bool> {
    let gaps = report.gaps();
    for failure in gaps.iter().copied().chain(failures.iter().map(String::as_str)) {
        tell!("relabel: {failure}");
    }
    if !report.runs.is_empty() {
        match write!(io::stdout(), "{}", text_report(report)).map_err(anyhow::Error::from) {
            // Whoever does not read on may still want to know how it ended.
            Err(error) if exit::nobody_reads(&error) => {}
            written => written?,
        }
    }
    Ok(gaps.is_empty() && failures.is_empty())
}

/// summary.csv alone.
///
/// # Errors
/// If the run folder cannot be read or written.
pub fn summarise(folder: &Path, talk: Talk) -> Result<()> {
    let run = load_run(folder)?;
    say_written(&[write_summary(&run, folder)?], talk);
    Ok(())
}

/// Where the page of a run goes; beside nobody's arrays.
fn default_page(run: &Run) -> PathBuf {
    match run.is_arrays() {
        true => PathBuf::from(format!("{}-report", run.experiment)).join("report.html"),
        false => run.path.join("report.html"),
    }
}

/// Writes everything; one file that cannot be written does not keep the others from it.
fn write(report: &Report, page: &Path, talk: Talk) -> Vec<String> {
    let beside = page.parent().unwrap_or(Path::new(""));
    let mut outcomes: Vec<Result<Vec<PathBuf>, ReportError>> = Vec::new();
    for (place, run) in report.runs.iter().enumerate() {
        let folder = home(run, place, beside);
        outcomes.push(write_summary(run, &folder).map(|path| vec![path]));
        if let Some(reference) = &report.reference {
            let written = write_comparison(run, reference, &folder);
            if let Ok(None) = written {
                talk.say(format!("nothing was published that {} can be held against", run.title()));
            }
            outcomes.push(written.map(|path| path.into_iter().collect()));
        }
    }
    let plots = report.runs.first().map(|run| home(run, 0, beside).join("plots"));
    outcomes.extend(plots.map(|folder| write_plots(report, &folder)));
    outcomes.push(write_report(report, page).map(|()| vec![page.to_owned()]));
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(paths) => say_written(&paths, talk),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures
}

/// Names a file, or the folder of many.
fn say_written(paths: &[PathBuf], talk: Talk) {
    match paths {
        [] => {}
        [path] => talk.say(format!("wrote {}", path.display())),
        [first, ..] => {
            let folder = first.parent().unwrap_or(first).display();
            talk.say(format!("wrote {} pictures into {folder}", paths.len()));
        }
    }
}

/// The folder that receives the tables of a run: its own, but for arrays beside the
/// page, and one each if there are several.
fn home(run: &Run, place: usize, beside: &Path) -> PathBuf {
    match (run.is_arrays(), place) {
        (false, _) => run.path.clone(),
        (true, 0) => beside.to_owned(),
        (true, _) => beside.join(format!("{}-{place}", run.experiment)),
    }
}
