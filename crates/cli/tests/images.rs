//! `relabel run` on images, at a size that takes seconds: residual networks on
//! the CPU device give the same bytes whatever the jobs, stopped or not.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

fn command(folder: &Path, name: &str, jobs: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
    command
        .current_dir(folder)
        .args(["run", "demo", "--device", "cpu", "--progress", "none", "--name", name])
        .args(["--jobs", jobs, "--set", "loop.rounds=3", "--set", "model.steps=4"])
        .args(["--set", "model.width=4", "--set", "grid.strategies=random,activelab"])
        .args(["--set", "grid.seeds=0..1"])
        .stdout(Stdio::null());
    command
}

fn arrays(folder: &Path, name: &str) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder.join("results/demo").join(name).join("npy"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            (file, fs::read(&path).unwrap())
        })
        .collect()
}

#[test]
fn networks_give_the_same_bytes_whatever_the_jobs_and_after_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(command(folder, "one", "1").status().unwrap().success());
    let mut child = command(folder, "two", "2").spawn().unwrap();
    let first = folder.join("results/demo/two/cells/random/seed-000/rounds/000.json");
    let start = Instant::now();
    while !first.exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no round was finished");
        sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(command(folder, "two", "2").status().unwrap().success());
    assert_eq!(arrays(folder, "one"), arrays(folder, "two"));
    assert_eq!(arrays(folder, "one").len(), 10);
}

#[test]
fn a_device_that_is_not_there_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), "x", "1").args(["--device", "banana"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_relabel"))
        .current_dir(folder.path())
        .args(["run", "demo", "--device", "ndarray"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    if cfg!(feature = "ndarray") {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: this build has the ndarray device\n"),
        )
        .unwrap();
    } else {
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("cargo feature `ndarray`"), "{text}");
    }
    assert!(!folder.path().join("results").exists());
}
