//! What is read from a run folder, and the tables made of it.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_cell, make_run, record, report_on, signed, whole_run};
use relabel_report::{Report, load_run, text_report, write_summary};

fn text_of(run: &Path) -> String {
    text_report(&report_on(&[run]))
}

/// The first line that starts with a word.
fn line<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(word)).unwrap()
}

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
    assert_eq!((point.round, point.n_labels, point.n_examples), (2, Some(1200), Some(620)));
    assert_eq!(point.metrics["model_accuracy"], 0.98);
    assert_eq!(point.metrics["labels_spent"], 200.0);
    // Trapezoids of .80 .. .90 .. .98 over equal steps.
    assert!((point.metrics["model_accuracy_area"] - (0.86 + 0.94) / 2.0).abs() < 1e-12);
    assert_eq!(point.label_counts, [1, 2, 0, 1]);
    assert!(!point.metrics.contains_key("averaged_accuracy"), "null is no number");
}

#[test]
fn summary_has_every_measure_of_every_round_and_reads_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    let accuracy = 0.1 + 0.2;
    add_cell(&run, "random", 7, &[accuracy, 1.0 / 3.0]);
    let run = load_run(&run).unwrap();
    let text = fs::read_to_string(write_summary(&run, &run.path).unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "strategy,seed,round,n_labels,n_examples,metric,value");
    assert_eq!(lines.len(), 1 + 2 * 9);
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
fn text_report_has_means_spreads_sparklines_and_marks_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let text = text_of(&whole_run(folder.path()));
    for part in ["\u{2581}\u{2582}\u{2583}  ", "2/2", "0.8500 \u{b1} 0.0100"] {
        assert!(line(&text, "random").contains(part), "{part}: {text}");
    }
    for part in ["\u{2581}\u{2585}\u{2588}  ", "0.9500 \u{b1} 0.0300 *", "0.9600 \u{b1} 0.0300 *"] {
        assert!(line(&text, "activelab").contains(part), "{part}: {text}");
    }
    assert!(!line(&text, "random").contains('*'), "{text}");
    assert!(text.contains("All 4 cells are finished"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
}

#[test]
fn a_strategy_that_lags_behind_is_not_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.7, 0.7, 0.7]);
    add_cell(&run, "random", 1, &[0.6]);
    add_cell(&run, "activelab", 0, &[0.9, 0.9]);
    add_cell(&run, "entropy", 0, &[0.5, 0.5, 0.5]);
    let text = text_of(&run);
    let row = |name: &str| {
        let rows = text.lines().filter(|line| line.starts_with(name));
        rows.max_by_key(|line| line.len()).unwrap()
    };
    assert!(row("random").contains("1/2") && row("random").contains('*'), "{text}");
    assert!(!row("activelab").contains('*'), "{text}");
    assert!(text.contains("2 of 5 cells are finished"), "{text}");
}

#[test]
fn what_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.80, 0.82, 0.84]);
    add_cell(&run, "random", 1, &[0.80]);
    let failure = r#"{"reason": "out of memory", "retry": true}"#;
    fs::write(run.join("cells/random/seed-001/failed.json"), failure).unwrap();
    let text = text_of(&run);
    for sentence in [
        "1 of 4 cells are finished.",
        "random, seed 1: 1 of 3 rounds; it failed: out of memory",
        "not begun: activelab (seeds 0, 1)",
    ] {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
}

#[test]
fn a_run_without_a_finished_round_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    let text = text_of(&run);
    assert!(text.contains("no round is finished yet"), "{text}");
    add_cell(&run, "random", 0, &[]);
    assert_eq!(text_of(&run), text);
}

#[test]
fn runs_side_by_side_are_compared_round_for_round() {
    let folder = tempfile::tempdir().unwrap();
    let first = load_run(&whole_run(folder.path())).unwrap();
    let mut second = first.clone();
    (second.name, second.protocol) = ("second".into(), "corrected".into());
    second.cells.iter_mut().filter(|cell| cell.strategy == "activelab").for_each(|cell| {
        cell.rounds.truncate(2);
    });
    let text = text_report(&Report { runs: vec![first, second], ..Report::default() });
    let (_, sides) = text.split_once("Protocols side by side").unwrap();
    assert!(sides.contains("first (published protocol)"), "{sides}");
    // Both at round 1, where the first run has .86 and .90: a difference of zero, p = 1.
    let words = line(sides, "activelab  ").split_whitespace().collect::<Vec<_>>().join(" ");
    let ours = "0.8800 \u{b1} 0.0200 (2)";
    assert_eq!(words, format!("activelab model 1 {ours} {ours} +0.0000 1.000"), "{sides}");
}

#[test]
fn the_first_version_of_the_round_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.8]);
    let old = record(0, 0.8)
        .replace("\"version\":2", "\"version\":1")
        .replace("accuracy_all", "all_examples_accuracy");
    fs::write(run.join("cells/random/seed-000/rounds/000.json"), signed(&old)).unwrap();
    let run = load_run(&run).unwrap();
    assert_eq!(run.gaps, [""; 0]);
    assert_eq!(run.cells[0].rounds[0].metrics["accuracy_all"], 0.805);
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
    assert_eq!(mode(&write_summary(&run, &run.path).unwrap()), mode(&plain));
}
