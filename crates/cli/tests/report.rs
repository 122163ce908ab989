//! `relabel report` as its user meets it, on a small real run: pages, tables in the
//! terminal, event files, and damaged input.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder with a run of two strategies, two seeds and three rounds.
struct Workplace {
    folder: tempfile::TempDir,
    run: PathBuf,
}

impl Workplace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("results/blobs/default");
        let place = Self { folder, run };
        let output = place.run();
        assert!(output.status.success(), "{}", stderr(&output));
        place
    }

    fn run(&self) -> Output {
        let settings =
            ["grid.strategies=[\"random\", \"activelab\"]", "grid.seeds=0..2", "loop.rounds=3"];
        let mut command = relabel(self.folder.path());
        command.args(["run", "blobs", "--progress", "none"]);
        settings.iter().for_each(|setting| {
            command.args(["--set", setting]);
        });
        command.output().unwrap()
    }

    fn report(&self, more: &[&str]) -> Output {
        relabel(self.folder.path()).arg("report").args(more).output().unwrap()
    }
}

const RUN: &str = "results/blobs/default";

fn relabel(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
    command.current_dir(folder);
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_report_is_a_page_with_tables_and_plots_and_text_is_only_text() {
    let place = Workplace::new();
    for file in ["report.html", "summary.csv", "plots/model_accuracy.svg"] {
        assert!(place.run.join(file).is_file(), "a run ends with {file}");
        fs::remove_file(place.run.join(file)).unwrap();
    }
    let text = place.report(&[RUN, "--text"]);
    assert_eq!(text.status.code(), Some(0), "{}", stderr(&text));
    assert!(stdout(&text).contains("All 4 cells are finished."), "{}", stdout(&text));
    assert!(stdout(&text).contains('\u{2588}'), "a sparkline: {}", stdout(&text));
    assert!(!place.run.join("report.html").exists());

    let page = place.report(&[RUN]);
    assert_eq!(page.status.code(), Some(0), "{}", stderr(&page));
    assert_eq!(stdout(&page), stdout(&text));
    let page = fs::read_to_string(place.run.join("report.html")).unwrap();
    assert!(page.contains("Accuracy over all examples") && page.contains("Labels per example"));
    // The area that the run noted and the one worked out from the curve are one measure.
    let summary = fs::read_to_string(place.run.join("summary.csv")).unwrap();
    assert_eq!(summary.matches(",model_accuracy_area,").count(), 2 * 2 * 3);
}

#[test]
fn damaged_rounds_and_folders_that_are_no_run_end_with_exit_code_1() {
    let place = Workplace::new();
    fs::write(place.run.join("cells/random/seed-001/rounds/001.json"), "{").unwrap();
    let output = place.report(&[RUN, "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    for words in ["seed-001/rounds/001.json is damaged", "nowhere is no run folder"] {
        assert!(text.contains(words), "{text}");
        let page = fs::read_to_string(place.run.join("report.html")).unwrap();
        assert!(page.contains(words), "the page does not say: {words}");
    }
    assert!(stdout(&output).contains("random, seed 1: 1 of 3 rounds"), "{}", stdout(&output));
    let alone = place.report(&["nowhere"]);
    assert_eq!((alone.status.code(), stdout(&alone).as_str()), (Some(1), ""));
    assert_eq!(stderr(&alone).lines().count(), 1, "{}", stderr(&alone));
}

#[test]
fn published_arrays_alone_are_reported_beside_nobodys_data() {
    let place = Workplace::new();
    let arrays = place.run.join("npy");
    let before = fs::read_dir(&arrays).unwrap().count();
    let output = place.report(&[&format!("{RUN}/npy")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_dir(&arrays).unwrap().count(), before);
    let written = place.folder.path().join("npy-report");
    for file in ["report.html", "summary.csv", "plots/consensus_accuracy.png"] {
        assert!(written.join(file).is_file(), "{file} is not there: {}", stderr(&output));
    }
    // The curves are those of the run that the arrays come from.
    let values = |file: PathBuf| -> Vec<String> {
        let text = fs::read_to_string(file).unwrap();
        let rows = text.lines().filter(|line| line.contains(",consensus_accuracy,"));
        rows.map(|line| line.split(',').next_back().unwrap().to_owned()).collect()
    };
    assert_eq!(values(written.join("summary.csv")), values(place.run.join("summary.csv")));
}

#[test]
fn event_files_and_the_page_go_where_they_are_told_to() {
    let place = Workplace::new();
    fs::remove_file(place.run.join("report.html")).unwrap();
    let output = place.report(&[RUN, "--tensorboard", "events", "--out", "pages/mine.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let events = place.folder.path().join("events/blobs/default/activelab/seed-001");
    assert_eq!(fs::read_dir(events).unwrap().count(), 1);
    assert!(place.folder.path().join("pages/mine.html").is_file());
    assert!(!place.run.join("report.html").exists());
}

#[test]
fn what_cannot_be_written_is_named_whoever_reads_and_is_exit_code_1() {
    let place = Workplace::new();
    fs::write(place.folder.path().join("events"), "a file").unwrap();
    let output = place.report(&[RUN, "--text", "--tensorboard", "events"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write events"), "{}", stderr(&output));
    assert!(stdout(&output).contains("activelab"), "{}", stdout(&output));

    // A folder in the place of the page.
    fs::remove_file(place.run.join("report.html")).unwrap();
    fs::create_dir_all(place.run.join("report.html/full")).unwrap();
    let mut child = relabel(place.folder.path())
        .args(["report", RUN])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let unread = child.wait_with_output().unwrap();
    assert_eq!(unread.status.code(), Some(1));
    assert!(stderr(&unread).contains("report.html"), "{}", stderr(&unread));

    let again = place.run();
    assert_eq!(again.status.code(), Some(1), "{}", stderr(&again));
    let words = "the rounds are on disk, but the report is not whole";
    assert!(stderr(&again).contains(words), "{}", stderr(&again));
}

#[test]
fn status_has_a_line_per_cell_and_a_table_and_watching_needs_a_terminal() {
    let place = Workplace::new();
    fs::remove_file(place.run.join("cells/activelab/seed-001/rounds/002.json")).unwrap();
    let status = |more: &[&str]| {
        let output =
            relabel(place.folder.path()).args(["status", RUN]).args(more).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let text = status(&[]);
    assert!(text.contains("seed 1     partial 2 of 3"), "{text}");
    let row = text.lines().rfind(|line| line.starts_with("activelab ")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(words[..6], ["activelab", "1", "0", "0", "1", "5/6"], "{text}");
    assert!(text.ends_with("3 of 4 cells done, 11 of 12 rounds\n"), "{text}");
    assert_eq!(status(&["--watch"]), text);
}
