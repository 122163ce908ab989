//! What surrounds a run does not change it: time zone, language, permissions, odd
//! paths, another working folder, a clock that jumps.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use crate::{
    bench::{Bench, SMALL, assert_done, files},
    faults::shim,
};

#[test]
fn language_time_zone_and_a_clock_that_jumps_change_nothing() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    let mut command = bench.command(SMALL, "a", &[]);
    command.env("TZ", "Pacific/Kiritimati").env("LC_ALL", "tr_TR.UTF-8").env("LANG", "de_DE");
    if let Some(shim) = shim(bench.path()) {
        command.env("LD_PRELOAD", shim).env("FAULT_CLOCK", "1");
    }
    assert_done(&command.output().unwrap());
    assert_eq!(whole, bench.facts(SMALL, "a"));
}

#[test]
fn results_may_lie_anywhere_and_be_private() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    let out = bench.path().join("résultats d'été/今日 a=b");
    fs::create_dir_all(&out).unwrap();
    let script = format!("umask 077; cd / && exec \"$0\" run {} --out \"$1\"", SMALL.join(" "));
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_relabel")])
        .arg(&out)
        .output()
        .unwrap();
    assert_done(&output);
    let run = out.join("blobs/default");
    assert_eq!(fs::read(run.join("summary.csv")).unwrap(), whole["summary.csv"]);
    for path in files(&run) {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is not private", path.display());
    }
}

#[test]
fn the_folder_of_the_data_is_never_written_to() {
    let bench = Bench::new();
    let data = bench.path().join("data/wall-robot");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("sensor_readings_4.data"), "1,2,3,4,Move-Forward\n").unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    let output = bench.run(&["wall-robot-et"], "a", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files(&data).len(), 1);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
}
