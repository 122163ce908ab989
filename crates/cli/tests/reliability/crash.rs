//! kill -9 at random moments, to the process, to one of its cells' processes, once
//! or twice, and going on afterwards.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::bench::{Bench, Numbers, SMALL, assert_done, children, endurance, say, signal};

/// Starts a run and kills it, or a process of one of its cells, within `time`
/// microseconds; true if something was killed.
fn kill(bench: &Bench, run: (&[&str], &str, &[&str]), numbers: &mut Numbers, time: usize) -> bool {
    let mut child = bench.start(run.0, run.1, run.2);
    sleep(Duration::from_micros(numbers.below(time) as u64));
    let cell = children(child.id()).first().copied().filter(|_| numbers.below(2) == 0);
    match cell {
        Some(cell) => signal(cell, "KILL"),
        None => child.kill().unwrap(),
    }
    !child.wait().unwrap().success() || cell.is_some()
}

/// Lets go of no run before it was killed once or twice, then lets it end.
fn kill_and_go_on(experiment: &[&str], more: &[&str], iterations: usize, seed: u64) {
    let bench = Bench::new();
    let start = Instant::now();
    assert_done(&bench.run(experiment, "whole", more));
    let whole = bench.facts(experiment, "whole");
    let mut time = start.elapsed().as_micros() as usize;
    let mut numbers = Numbers(seed);
    let (mut killed, mut rounds) = (0, 0);
    for iteration in 0..iterations {
        let name = format!("run-{iteration}");
        let run = (experiment, name.as_str(), more);
        while !kill(&bench, run, &mut numbers, time) {
            // It was faster than the first one.
            std::fs::remove_dir_all(bench.results(experiment, &name)).unwrap();
            time -= time / 10;
        }
        let again = numbers.below(2) == 0 && kill(&bench, run, &mut numbers, time);
        killed += 1 + usize::from(again);
        rounds += bench.rounds(experiment, &name);
        // Processes of a parent that was killed may hold their locks for a moment.
        let mut output = bench.run(experiment, &name, more);
        while output.status.code() == Some(75) {
            output = bench.run(experiment, &name, more);
        }
        assert_done(&output);
        assert_eq!(whole, bench.facts(experiment, &name), "{name}");
        std::fs::remove_dir_all(bench.results(experiment, &name)).unwrap();
    }
    say(&format!("{iterations} runs, killed {killed} times, after {rounds} rounds in all"));
}

#[test]
fn killed_runs_go_on_to_the_same_bytes() {
    kill_and_go_on(SMALL, &[], if endurance() { 200 } else { 12 }, 1);
}

#[test]
fn killed_processes_of_cells_and_their_parents_go_on_to_the_same_bytes() {
    let more = ["--processes", "--jobs", "4"];
    kill_and_go_on(SMALL, &more, if endurance() { 100 } else { 6 }, 2);
}

#[test]
fn killed_runs_of_the_real_benchmark_go_on_to_the_same_bytes() {
    let Some(data) = std::env::var_os("RELABEL_DATA").filter(|_| endurance()) else {
        return say("skipped: 20 runs of wall-robot-et need RELABEL_ENDURANCE and RELABEL_DATA");
    };
    kill_and_go_on(&["wall-robot-et"], &["--data", data.to_str().unwrap()], 20, 3);
}
