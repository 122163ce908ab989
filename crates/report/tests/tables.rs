//! What is read from a run folder, and the tables made of it.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::fs;

use fake_run::{WALL_ROBOT, add_cell, make_run, record, whole_run};
use relabel_report::{load_run, text_report, write_summary};

#[test]
fn a_run_is_read_in_the_order_of_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let run = load_run(&whole_run(folder.path())).unwrap();
    assert_eq!((run.experiment.as_str(), run.name.as_str()), ("wall-robot-et", "first"));
    assert_eq!((run.protocol.as_str(), run.rounds), ("published", 3));
    let cells: Vec<_> =
        run.cells.iter().map(|cell| (cell.strategy.as_str(), cell.seed, cell.done)).collect();
    assert_eq!(
        cells,
        [("random", 0, true), ("random", 1, true), ("activelab", 0, true), ("activelab", 1, true)]
    );
    let point = &run.cells[3].rounds[2];
    assert_eq!((point.round, point.n_labels, point.n_examples), (2, 1200, 620));
    assert_eq!(point.metrics["model_accuracy"], 0.98);
    assert!(!point.metrics.contains_key("all_examples_accuracy"), "null is no number");
}

#[test]
fn summary_has_every_measure_of_every_round_and_reads_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    let accuracy = 0.1 + 0.2;
    add_cell(&run, "random", 7, &[accuracy, 1.0 / 3.0]);
    let run = load_run(&run).unwrap();
    let text = fs::read_to_string(write_summary(&run).unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "strategy,seed,round,n_labels,n_examples,metric,value");
    assert_eq!(lines.len(), 1 + 2 * 5);
    assert!(lines.contains(&"random,7,0,1000,500,num_added,60"), "{text}");
    let value = |metric: &str, round: &str| -> f64 {
        let found = lines.iter().map(|line| line.split(',').collect::<Vec<_>>());
        let mut found = found.filter(|line| line[5] == metric && line[2] == round);
        found.next().unwrap()[6].parse().unwrap()
    };
    assert_eq!(value("model_accuracy", "0").to_bits(), accuracy.to_bits());
    assert_eq!(value("model_accuracy", "1").to_bits(), (1.0_f64 / 3.0).to_bits());
}

#[test]
fn text_report_has_means_spreads_and_marks_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let text = text_report(&load_run(&whole_run(folder.path())).unwrap());
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("random").contains("2/2"), "{text}");
    assert!(line("random").contains("0.8500 +- 0.0100"), "{text}");
    assert!(line("activelab").contains("0.9500 +- 0.0300 *"), "{text}");
    assert!(line("activelab").contains("0.9600 +- 0.0300 *"), "{text}");
    assert_eq!(text.matches(" *\n").count() + text.matches(" *  ").count(), 2, "{text}");
    assert!(text.contains("All 4 cells are finished"), "{text}");
}

#[test]
fn a_strategy_that_lags_behind_is_not_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.7, 0.7, 0.7]);
    add_cell(&run, "random", 1, &[0.6]);
    add_cell(&run, "activelab", 0, &[0.9, 0.9]);
    add_cell(&run, "entropy", 0, &[0.5, 0.5, 0.5]);
    let text = text_report(&load_run(&run).unwrap());
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("random").contains("1/2") && line("random").contains('*'), "{text}");
    assert!(!line("activelab").contains('*'), "{text}");
    assert!(text.contains("2 of 4 cells are finished"), "{text}");
}

#[test]
fn a_run_without_a_finished_round_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    let text = text_report(&load_run(&run).unwrap());
    assert!(text.contains("no round is finished yet"), "{text}");
    add_cell(&run, "random", 0, &[]);
    assert_eq!(text_report(&load_run(&run).unwrap()), text);
}

#[test]
fn rounds_after_a_gap_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    fs::remove_file(run.join("cells/random/seed-000/rounds/001.json")).unwrap();
    let run = load_run(&run).unwrap();
    assert_eq!((run.cells[0].rounds.len(), run.cells[0].done), (1, false));
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = load_run(folder.path()).unwrap_err().to_string();
    assert!(text.contains("config.toml") && text.contains("name a folder"), "{text}");
    let text = load_run(&folder.path().join("absent")).unwrap_err().to_string();
    assert!(text.contains("absent is no run folder (there is no such folder)"), "{text}");
}

#[test]
fn damaged_rounds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    let path = run.join("cells/random/seed-000/rounds/001.json");
    let altered = record(1, 0.82).replace("0.82", "0.99");
    for (text, reason) in [
        ("{\"version\":", "EOF"),
        (altered.as_str(), "its checksum is wrong"),
        (record(2, 0.5).as_str(), "it holds round 2"),
        ("", "EOF"),
    ] {
        fs::write(&path, text).unwrap();
        let error = load_run(&run).unwrap_err().to_string();
        assert!(error.contains("001.json is damaged") && error.contains(reason), "{error}");
        assert!(error.contains("repeat the run"), "{error}");
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(load_run(&run).unwrap_err().to_string().contains("it is no text"));
}

#[test]
fn cells_that_have_not_begun_are_not_counted_as_finished() {
    let results = tempfile::tempdir().unwrap();
    let run = make_run(results.path(), WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.80, 0.82, 0.84]);
    let text = text_report(&load_run(&run).unwrap());
    assert!(text.contains("1 of 4 cells are finished."), "{text}");
}

#[cfg(unix)]
#[test]
fn written_files_are_as_public_as_any_other_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let results = tempfile::tempdir().unwrap();
    let run = load_run(&whole_run(results.path())).unwrap();
    let plain = results.path().join("plain");
    std::fs::write(&plain, "").unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&write_summary(&run).unwrap()), mode(&plain));
}
