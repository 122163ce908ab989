//! Several processes on one folder.

use std::{fs, process::Stdio};

use crate::bench::{Bench, SMALL, assert_done, endurance, stderr};

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
