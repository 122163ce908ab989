//! kill -9 at random moments, to the process, to one of its cells' processes, once
//! or twice, and going on afterwards.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::bench::{Bench, Numbers, SMALL, assert_done, children, endurance, say, signal};

/// Lets go of no round: the run is killed after a random part of the time that it takes.
fn kill_and_go_on(experiment: &[&str], more: &[&str], iterations: usize, seed: u64) {
    let bench = Bench::new();
    let start = Instant::now();
    assert_done(&bench.run(experiment, "whole", more));
    let whole = bench.facts(experiment, "whole");
    let time = start.elapsed().as_micros() as usize;
    let mut numbers = Numbers(seed);
    let mut killed = 0;
    for iteration in 0..iterations {
        let name = format!("run-{iteration}");
        for _ in 0..1 + numbers.below(2) {
            let mut child = bench.start(experiment, &name, more);
            sleep(Duration::from_micros(numbers.below(time) as u64));
            let victim = match children(child.id()).first() {
                Some(&cell) if numbers.below(2) == 0 => cell,
                _ => child.id(),
            };
            signal(victim, "KILL");
            killed += usize::from(!child.wait().unwrap().success());
        }
        // Processes of a parent that was killed may hold their locks for a moment.
        let mut output = bench.run(experiment, &name, more);
        while output.status.code() == Some(75) {
            output = bench.run(experiment, &name, more);
        }
        assert_done(&output);
        assert_eq!(whole, bench.facts(experiment, &name), "{name}");
        std::fs::remove_dir_all(bench.results(experiment, &name)).unwrap();
    }
    say(&format!("{iterations} runs, {killed} times killed before the end"));
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
