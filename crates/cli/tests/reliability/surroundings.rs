//! What surrounds a run does not change it: time zone, language, permissions, odd
//! paths, another working folder, a clock that jumps.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    process::Command,
};

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
fn a_run_goes_on_when_nobody_reads_what_it_says() {
    let bench = Bench::new();
    let whole = bench.whole(SMALL, "whole");
    for (name, more) in [("cells", &[][..]), ("processes", &["--processes"])] {
        let mut command = bench.command(SMALL, name, more);
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        assert!(command.stderr(writer).status().unwrap().success(), "{name}");
        assert_eq!(whole, bench.facts(SMALL, name));
    }
    let mut command = bench.command(SMALL, "full", &[]);
    command.stderr(fs::File::create("/dev/full").unwrap());
    assert!(command.status().unwrap().success());
}

#[test]
fn a_path_need_not_be_unicode() {
    let bench = Bench::new();
    let out = bench.path().join(OsStr::from_bytes(b"a\xff"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
    let output = command.arg("run").args(SMALL).arg("--out").arg(&out).output().unwrap();
    assert_done(&output);
    assert!(out.join("blobs/default/summary.csv").is_file());
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
