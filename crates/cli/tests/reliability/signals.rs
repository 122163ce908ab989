//! SIGINT and SIGTERM: what is said, what is left, how it ends.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
};

use crate::bench::{Bench, LONG, SMALL, TINY, assert_done, children, signal, stderr, wait_until};

#[test]
fn an_interrupted_run_says_so_and_its_rounds_stay() {
    for more in [&[][..], &["--processes"]] {
        let bench = Bench::new();
        for (name, code) in [("INT", 130), ("TERM", 143)] {
            let mut child = bench.command(LONG, "a", more).stderr(Stdio::piped()).spawn().unwrap();
            assert!(bench.wait_for_round(LONG, "a", &mut child));
            signal(child.id(), name);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
            assert!(stderr(&output).contains("the same command goes on"), "{}", stderr(&output));
        }
        assert!(bench.rounds(LONG, "a") >= 2);
        assert_done(&bench.run(LONG, "a", more));
        assert_eq!(bench.whole(LONG, "b"), bench.facts(LONG, "a"));
    }
}

/// A run that waits for ever behind its last round.
fn hanging(bench: &Bench, more: &[&str]) -> Child {
    bench.pipe(TINY, "a", "npy/crowdlab_accuracy_0.npy");
    let child = bench.start(TINY, "a", more);
    wait_until("all rounds", || bench.rounds(TINY, "a") == 2);
    child
}

#[test]
fn a_cell_that_does_not_come_to_its_next_batch_is_left_behind() {
    for more in [&[][..], &["--processes"]] {
        let bench = Bench::new();
        let mut child = hanging(&bench, more);
        signal(child.id(), "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(143));
    }
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let bench = Bench::new();
    let mut child = hanging(&bench, &[]);
    // The flag that the first one sets is what the second one looks at.
    signal(child.id(), "TERM");
    signal(child.id(), "INT");
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(130 | 143)) && status.signal().is_none(), "{status}");
}

#[test]
fn processes_of_cells_end_with_the_one_that_started_them() {
    let bench = Bench::new();
    let mut child = bench.start(LONG, "a", &["--processes", "--jobs", "2"]);
    assert!(bench.wait_for_round(LONG, "a", &mut child));
    let cells = children(child.id());
    assert!(!cells.is_empty());
    signal(child.id(), "KILL");
    child.wait().unwrap();
    let gone = |id: &u32| !fs::exists(format!("/proc/{id}")).unwrap();
    wait_until("the end of its processes", || cells.iter().all(gone));
}

#[test]
fn no_further_cell_begins_when_the_time_is_up() {
    let bench = Bench::new();
    let output = bench.run(SMALL, "none", &["--max-minutes", "0"]);
    assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    assert!(stderr(&output).contains("after 0 of 16 rounds, 0 of 4 cells"), "{}", stderr(&output));
    for more in [&["--max-minutes", "0.001"][..], &["--max-minutes", "0.001", "--processes"]] {
        let output = bench.run(LONG, "a", more);
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    }
    assert_done(&bench.run(LONG, "a", &["--max-minutes", "60"]));
    assert_eq!(bench.whole(LONG, "b"), bench.facts(LONG, "a"));
}
