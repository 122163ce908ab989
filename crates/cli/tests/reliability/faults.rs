//! A file operation of a run that fails, the disk that is full from then on, and death
//! before it or in the middle of a write: one run for every operation there is, as
//! SQLite's tests do it. A library in front of the C library does the damage.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::bench::{Bench, Facts, TINY, assert_done, endurance, say, stderr};

/// The library, if there is a C compiler.
pub fn shim(folder: &Path) -> Option<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reliability/shim.c");
    let library = folder.join("shim.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .output();
    match compiled {
        Ok(output) => {
            assert!(output.status.success(), "{}", stderr(&output));
            Some(library)
        }
        Err(_) => {
            say("skipped: there is no C compiler to make operations fail with");
            None
        }
    }
}

/// The run `name` under the shim.
pub fn command(bench: &Bench, name: &str, shim: &Path, mode: &str, at: usize) -> Command {
    let mut command = match endurance() {
        true => bench.command_with_pictures(TINY, name, &[]),
        false => bench.command(TINY, name, &[]),
    };
    command
        .env("LD_PRELOAD", shim)
        .env("FAULT_UNDER", bench.results(TINY, name))
        .env("FAULT_MODE", mode)
        .env("FAULT_AT", at.to_string());
    command
}

/// How many operations a run has in this mode.
fn operations(bench: &Bench, shim: &Path, mode: &str) -> Vec<String> {
    let log = bench.path().join("operations");
    assert_done(&command(bench, "faulty", shim, mode, 0).env("FAULT_LOG", &log).output().unwrap());
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    fs::remove_dir_all(bench.results(TINY, "faulty")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn check(bench: &Bench, shim: &Path, whole: &Facts, mode: &str, at: usize, name: &str) {
    let what = format!("{mode} at operation {at}, {name}");
    let output = command(bench, "faulty", shim, mode, at).output().unwrap();
    let text = stderr(&output);
    match output.status.code() {
        // What could go wrong without harm (the text in a lock file) went wrong.
        Some(0) => {}
        Some(1 | 2) => assert!(text.contains("relabel: "), "{what}: {text}"),
        code => {
            assert!(code.is_none() && matches!(mode, "kill" | "torn"), "{what}: {code:?} {text}")
        }
    }
    assert_done(&bench.run(TINY, "faulty", &[]));
    assert_eq!(*whole, bench.facts(TINY, "faulty"), "{what}: {text}");
    fs::remove_dir_all(bench.results(TINY, "faulty")).unwrap();
}

#[test]
fn every_file_operation_may_fail_and_the_next_run_makes_up_for_it() {
    let bench = Bench::new();
    let Some(shim) = shim(bench.path()) else { return };
    let whole = bench.whole(TINY, "whole");
    let stride = if endurance() { 1 } else { 23 };
    let mut cases = 0;
    for (first, mode) in ["eio", "full", "kill", "torn"].into_iter().enumerate() {
        let operations = operations(&bench, &shim, mode);
        assert!(operations.len() > 10, "{mode}: {operations:?}");
        for at in (1 + 5 * first % stride..=operations.len()).step_by(stride) {
            check(&bench, &shim, &whole, mode, at, &operations[at - 1]);
            cases += 1;
        }
        say(&format!("{mode}: {} operations", operations.len()));
    }
    say(&format!("{cases} faults"));
}
