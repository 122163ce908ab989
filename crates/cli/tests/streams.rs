//! The contract with shells and pipes: stdout is data and stderr is talk, neither is
//! coloured when it is no terminal, a reader that leaves is no error, and exit codes
//! mean what the manual says.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::{
    io::Read,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A run of one cell, and the arguments that made it.
const RUN: &[&str] =
    &["run", "blobs", "--set", "loop.rounds=2", "--set", "grid.seeds=0", "--progress", "plain"];
const FOLDER: &str = "results/blobs/default";

fn relabel(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
    command.current_dir(folder).args(arguments).env_remove("CLICOLOR_FORCE");
    command
}

fn output(folder: &Path, arguments: &[&str]) -> Output {
    relabel(folder, arguments).output().unwrap()
}

fn folder_with_a_run() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let done = output(folder.path(), RUN);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    folder
}

/// Commands that print something to stdout.
fn printing() -> Vec<Vec<&'static str>> {
    vec![
        vec!["cells", "wall-robot-et", "--set", "grid.seeds=0..2000"],
        vec!["run", "wall-robot-et", "--dry-run", "--set", "grid.seeds=0..9000"],
        vec!["status", FOLDER],
        vec!["report", FOLDER, "--text"],
        vec!["data", "list"],
        vec!["completions", "bash"],
        vec!["man"],
        vec!["man", "data", "fetch"],
        vec!["run", "--help"],
    ]
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = folder_with_a_run();
    for arguments in printing() {
        let mut child = relabel(folder.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 1]).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn data_goes_to_stdout_talk_to_stderr_and_no_colour_to_either() {
    let folder = folder_with_a_run();
    for arguments in printing() {
        let output = output(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.contains(&0x1b), "{arguments:?}");
    }
    let again = output(folder.path(), &[RUN, &["--name", "b"]].concat());
    assert!(String::from_utf8_lossy(&again.stderr).contains("round 2 of 2"));
    assert!(!String::from_utf8_lossy(&again.stdout).contains("round 2 of 2"));
    assert!(!again.stderr.contains(&0x1b) && !again.stdout.contains(&0x1b));
}

#[test]
fn what_will_not_succeed_next_time_either_is_exit_code_2_and_one_sentence() {
    let folder = folder_with_a_run();
    let other = [RUN, &["--set", "loop.batch=7"]].concat();
    for arguments in [
        vec!["run", "no-such-preset"],
        vec!["run", "blobs", "--set", "loop.rounds=none"],
        vec!["run", "blobs", "--cell", "99"],
        vec!["run", "blobs", "--name", "../elsewhere"],
        vec!["run", "wall-robot-et", "--data", "nowhere"],
        vec!["status", "nowhere"],
        vec!["man", "nothing"],
        vec!["man", "run", "nothing"],
        vec!["data", "fetch", "wall-robot", "--offline"],
        other,
    ] {
        let output = output(folder.path(), &arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty() && text.contains("relabel: "), "{text}");
    }
    for arguments in [vec!["run"], vec!["rum"], vec!["run", "blobs", "--jobs", "0"]] {
        assert_eq!(output(folder.path(), &arguments).status.code(), Some(2), "{arguments:?}");
    }
}
