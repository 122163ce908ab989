//! Every file of a run cut off anywhere and with a flipped byte: what it stood for is
//! done again, or it is refused by name; the result is never another one.

use std::{fs, path::Path};

use crate::bench::{Bench, Facts, Numbers, TINY, assert_done, copy, endurance, files, say, stderr};
use crate::faults::{command, shim};

/// Runs the damaged copy of a run.
fn check(bench: &Bench, whole: &Facts, damaged: &Path, what: &str) -> bool {
    let output = bench.run(TINY, "damaged", &[]);
    let text = stderr(&output);
    if output.status.success() {
        assert_eq!(*whole, bench.facts(TINY, "damaged"), "{what}: {text}");
        return true;
    }
    assert_eq!(output.status.code(), Some(2), "{what}: {text}");
    let name = damaged.file_name().unwrap().to_str().unwrap();
    assert!(text.contains(name), "{what} should be named: {text}");
    false
}

/// A run that was killed after its first round, if there is a C compiler to make what kills it.
fn killed_after_a_round(bench: &Bench) -> bool {
    let Some(shim) = shim(bench.path()) else { return false };
    for operation in 1.. {
        let output = command(bench, "partial", &shim, "kill", operation).output().unwrap();
        assert!(!output.status.success(), "a run was never killed between its rounds");
        if bench.rounds(TINY, "partial") == 1 {
            return true;
        }
        let _ = fs::remove_dir_all(bench.results(TINY, "partial"));
    }
    unreachable!()
}

#[test]
fn damaged_files_are_noticed_whatever_the_damage() {
    let bench = Bench::new();
    let whole = bench.whole(TINY, "whole");
    let names = if killed_after_a_round(&bench) { vec!["whole", "partial"] } else { vec!["whole"] };
    let step = if endurance() { 1 } else { 397 };
    let mut numbers = Numbers(4);
    let (mut cases, mut redone) = (0, 0);
    for name in names {
        let run = bench.results(TINY, name);
        for path in files(&run) {
            let relative = path.strip_prefix(&run).unwrap();
            // Pictures and pages are drawn anew by every run.
            if relative.starts_with("plots") || relative.ends_with("report.html") {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let mut damages: Vec<(String, Vec<u8>)> = (0..bytes.len())
                .step_by(step)
                .map(|length| (format!("cut to {length} bytes"), bytes[..length].to_vec()))
                .collect();
            for at in (0..bytes.len()).step_by(step) {
                let at = (at + numbers.below(step)).min(bytes.len() - 1);
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << numbers.below(8);
                damages.push((format!("byte {at} flipped"), flipped));
            }
            for (how, damaged) in damages {
                let copied = bench.results(TINY, "damaged");
                copy(&run, &copied);
                let target = copied.join(relative);
                fs::write(&target, damaged).unwrap();
                let what = format!("{name}: {} {how}", relative.display());
                redone += usize::from(check(&bench, &whole, &target, &what));
                cases += 1;
            }
        }
    }
    say(&format!("{cases} damaged files: {redone} done again, {} refused", cases - redone));
}

#[test]
fn a_round_of_another_run_is_refused() {
    let bench = Bench::new();
    bench.whole(TINY, "whole");
    let other = [TINY, &["--set", "loop.batch=7"]].concat();
    assert_done(&bench.run(&other, "other", &[]));
    let round = "cells/activelab/seed-000/rounds/000.json";
    let target = bench.results(TINY, "whole").join(round);
    fs::copy(bench.results(TINY, "other").join(round), &target).unwrap();
    let output = bench.run(TINY, "whole", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("000.json was made with another configuration"));
}
