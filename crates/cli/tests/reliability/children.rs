//! Cells in processes of their own, and cells that fail.

use std::{fs, process::Stdio};

use crate::bench::{
    Bench, LONG, SMALL, assert_done, children, endurance, signal, stderr, wait_until,
};

const PROCESSES: &[&str] = &["--processes", "--jobs", "2"];

#[test]
fn processes_give_the_bytes_of_threads() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "threads");
    assert_done(&bench.run(SMALL, "processes", PROCESSES));
    assert_eq!(whole, bench.facts(SMALL, "processes"));
}

#[test]
fn a_process_that_dies_or_hangs_after_a_round_is_started_again() {
    let bench = Bench::new();
    let whole = bench.whole(LONG, "whole");
    let more = ["--processes", "--jobs", "1", "--stall-minutes", "0.05"];
    for (name, words) in
        [("KILL", "ended by signal 9"), ("STOP", "said nothing for"), ("ABRT", "ended by signal 6")]
    {
        let mut child = bench.command(LONG, "a", &more).stderr(Stdio::piped()).spawn().unwrap();
        assert!(bench.wait_for_round(LONG, "a", &mut child), "{name} came too late");
        let cell = children(child.id())[0];
        signal(cell, name);
        let another = || children(child.id()).iter().any(|&id| id != cell);
        wait_until("another process", another);
        signal(child.id(), "TERM");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143));
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
    }
    assert_done(&bench.run(LONG, "a", &more));
    assert_eq!(whole, bench.facts(LONG, "a"));
}

#[test]
fn a_process_that_dies_without_a_round_fails_its_cell_and_the_others_go_on() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    let pipe = bench.pipe(SMALL, "a", "npy/random_accuracy_0.npy");
    let child = bench.command(SMALL, "a", PROCESSES).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("all rounds", || bench.rounds(SMALL, "a") == 16 && children(child.id()).len() == 1);
    let first = children(child.id())[0];
    signal(first, "KILL");
    let second = || children(child.id()).into_iter().find(|&id| id != first);
    wait_until("the second process", || second().is_some());
    signal(second().unwrap(), "KILL");
    let output = child.wait_with_output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(75), "{text}");
    assert!(text.contains("random, seed 0 failed: its process was ended by signal 9"), "{text}");
    let failed = bench.results(SMALL, "a").join("cells/random/seed-000/failed.json");
    assert!(fs::read_to_string(&failed).unwrap().contains("\"retry\": true"));
    fs::remove_file(&pipe).unwrap();
    assert_done(&bench.run(SMALL, "a", PROCESSES));
    assert_eq!(whole, bench.facts(SMALL, "a"));
}

#[test]
fn a_cell_that_fails_is_told_and_noted_and_the_others_go_on_unless_fast() {
    for more in [&["--jobs", "1"][..], &["--jobs", "1", "--processes"]] {
        let bench = Bench::new();
        let whole = bench.whole(SMALL, "whole");
        let cell = bench.results(SMALL, "a").join("cells/random/seed-000");
        fs::create_dir_all(&cell).unwrap();
        fs::write(cell.join("rounds"), "a file where a folder should be").unwrap();
        let fast = bench.run(SMALL, "a", &[more, &["--fail-fast"]].concat());
        assert_eq!(fast.status.code(), Some(1), "{}", stderr(&fast));
        assert_eq!(bench.rounds(SMALL, "a"), 0);
        let output = bench.run(SMALL, "a", more);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert_eq!(bench.rounds(SMALL, "a"), 12);
        let told = text.find("relabel: random, seed 0 failed: cannot make").unwrap();
        assert!(told < text.find("activelab, seed 1: round 4").unwrap(), "{text}");
        let noted: serde_json::Value =
            serde_json::from_slice(&fs::read(cell.join("failed.json")).unwrap()).unwrap();
        assert!(noted["reason"].as_str().unwrap().contains("rounds"), "{noted}");
        fs::remove_file(cell.join("rounds")).unwrap();
        assert_done(&bench.run(SMALL, "a", more));
        assert_eq!(whole, bench.facts(SMALL, "a"));
    }
}

#[test]
fn jobs_and_threads_change_nothing() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    for jobs in if endurance() { &["1", "3", "8"][..] } else { &["8"] } {
        assert_done(&bench.run(SMALL, jobs, &["--jobs", jobs, "--threads", "16"]));
        assert_eq!(whole, bench.facts(SMALL, jobs));
    }
}
