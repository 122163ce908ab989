//! Several processes on one folder.

use std::{fs, process::Stdio};

use crate::bench::{Bench, SMALL, assert_done, endurance, files, stderr};

#[test]
fn eight_processes_do_every_cell_once_and_agree_with_one() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    for time in 0..if endurance() { 20 } else { 2 } {
        let name = format!("shared-{time}");
        let start = || {
            bench.command(SMALL, &name, &["--jobs", "1"]).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<_> = (0..8).map(|_| start()).collect();
        let mut told = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(matches!(output.status.code(), Some(0 | 75)), "{}", stderr(&output));
            let is_round = |line: &&str| line.contains("model accuracy");
            let text = stderr(&output);
            let cell = |line: &str| line.split_once(" of ").unwrap().0.to_owned();
            told.extend(text.lines().filter(is_round).map(cell));
        }
        told.sort();
        assert_eq!(told.len(), 16, "{told:?}");
        told.dedup();
        assert_eq!(told.len(), 16, "a round was run twice");
        assert_eq!(whole, bench.facts(SMALL, &name));
    }
}

#[test]
fn single_cells_started_together_add_up_to_the_grid() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    let start = |cell: &str| bench.start(SMALL, "parts", &["--cell", cell]);
    for mut child in ["3", "2", "1", "0"].map(start) {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(whole, bench.facts(SMALL, "parts"));
}

#[test]
fn the_models_of_a_seeds_first_round_are_trained_once_and_say_what_they_would_have_said() {
    const GRID: &[&str] = &[
        "blobs",
        "--set",
        "loop.rounds=4",
        "--set",
        "grid.strategies=random,activelab,activelab_ensemble",
        "--set",
        "model.kind=extra-trees",
        "--set",
        "model.trees=3",
        "--set",
        "model.ensemble=knn,extra-trees",
    ];
    let bench = Bench::new();
    let output = bench.run(GRID, "whole", &["--jobs", "1"]);
    assert_done(&output);
    // With each of two seeds: 4 rounds of 5 folds, twice with one model and once with
    // two, less one round of one model.
    assert!(stderr(&output).contains("150 fits"), "{}", stderr(&output));
    let whole = bench.facts(GRID, "whole");
    let left = bench.results(GRID, "apart").join("first-round");
    for cell in ["0", "1", "2", "3", "4", "5"] {
        assert_done(&bench.run(GRID, "apart", &["--cell", cell]));
        assert_eq!(files(&left).len(), 1);
        fs::remove_dir_all(&left).unwrap();
    }
    assert_eq!(whole, bench.facts(GRID, "apart"));
}

#[test]
fn a_first_round_that_is_damaged_is_trained_again() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    let run = bench.results(SMALL, "whole");
    let left = files(&run.join("first-round"));
    assert_eq!(left.len(), 2);
    for path in &left {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    fs::remove_dir_all(run.join("cells/activelab")).unwrap();
    let output = bench.run(SMALL, "whole", &[]);
    assert_done(&output);
    let text = stderr(&output);
    assert!(text.contains("first-round") && text.contains("trained again"), "{text}");
    assert_eq!(whole, bench.facts(SMALL, "whole"));
    fs::remove_dir_all(run.join("cells/activelab")).unwrap();
    assert!(!stderr(&bench.run(SMALL, "whole", &[])).contains("trained again"));
}

#[test]
fn one_entry_of_the_manifest_per_build_and_machine() {
    let bench = Bench::new();
    for _ in 0..3 {
        assert_done(&bench.run(SMALL, "a", &[]));
    }
    let file = bench.results(SMALL, "a").join("manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let sessions = manifest["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["starts"], "3");
    for fact in ["version", "git_rev", "versions", "arguments", "host", "cpu", "device", "took_s"] {
        assert!(!sessions[0][fact].as_str().unwrap().is_empty(), "{fact}");
    }
    for part in ["examples", "labels"] {
        assert_eq!(manifest["data_sha256"][part].as_str().unwrap().len(), 64);
    }
}
