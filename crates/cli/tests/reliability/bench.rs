//! A folder of its own for every test, the commands that work in it, and what is
//! compared between runs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Arguments of an experiment of 4 cells and 16 rounds that takes well under a second.
pub const SMALL: &[&str] =
    &["blobs", "--set", "loop.rounds=4", "--set", "grid.strategies=random,activelab"];
/// One cell of two rounds.
pub const TINY: &[&str] = &[
    "blobs",
    "--set",
    "loop.rounds=2",
    "--set",
    "grid.strategies=activelab",
    "--set",
    "grid.seeds=0",
];
/// Two cells of 600 rounds, time enough for any signal.
pub const LONG: &[&str] = &[
    "blobs",
    "--set",
    "loop.rounds=600",
    "--set",
    "loop.batch=1",
    "--set",
    "grid.strategies=random",
];

/// A folder for runs.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// In memory where that is possible: flushing thousands of files to a busy disk takes
    /// minutes, and what is tested here does not depend on the disk.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `relabel run` of this experiment under this name, without pictures at its end.
    pub fn command(&self, experiment: &[&str], name: &str, more: &[&str]) -> Command {
        let mut command = self.command_with_pictures(experiment, name, more);
        command.arg("--no-report");
        command
    }

    pub fn command_with_pictures(&self, experiment: &[&str], name: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
        command
            .current_dir(self.path())
            .arg("run")
            .args(experiment)
            .args(["--name", name, "--progress", "plain"])
            .arg("--out")
            .arg(self.path().join("results"))
            .args(more)
            .stdout(Stdio::null());
        command
    }

    pub fn run(&self, experiment: &[&str], name: &str, more: &[&str]) -> Output {
        self.command(experiment, name, more).output().unwrap()
    }

    /// Runs to the end and says what came of it.
    pub fn whole(&self, experiment: &[&str], name: &str) -> Facts {
        assert_done(&self.run(experiment, name, &[]));
        self.facts(experiment, name)
    }

    pub fn start(&self, experiment: &[&str], name: &str, more: &[&str]) -> Child {
        self.command(experiment, name, more).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The folder of a run.
    pub fn results(&self, experiment: &[&str], name: &str) -> PathBuf {
        self.path().join("results").join(experiment[0]).join(name)
    }

    /// A pipe in the place of a file of the run: whoever looks at what was there waits for ever.
    pub fn pipe(&self, experiment: &[&str], name: &str, file: &str) -> PathBuf {
        let path = self.results(experiment, name).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    /// Number of rounds on disk.
    pub fn rounds(&self, experiment: &[&str], name: &str) -> usize {
        let files = files(&self.results(experiment, name));
        files.iter().filter(|path| path.parent().unwrap().ends_with("rounds")).count()
    }

    /// Waits until `child` has finished a round of its own; false if it has ended.
    pub fn wait_for_round(&self, experiment: &[&str], name: &str, child: &mut Child) -> bool {
        let before = self.rounds(experiment, name);
        wait_until("a round", || {
            self.rounds(experiment, name) > before || child.try_wait().unwrap().is_some()
        });
        child.try_wait().unwrap().is_none()
    }

    /// Everything that must not depend on how a run came about; nothing else may be left over.
    pub fn facts(&self, experiment: &[&str], name: &str) -> Facts {
        let run = self.results(experiment, name);
        let mut facts = Facts::new();
        for path in files(&run) {
            let key = path.strip_prefix(&run).unwrap().display().to_string();
            assert!(!key.contains(".writing-"), "{key} was left over");
            let bytes = fs::read(&path).unwrap();
            if key.starts_with("npy/") || key == "summary.csv" || key.ends_with("done.json") {
                facts.insert(key, bytes);
            } else if key.contains("/rounds/") {
                facts.insert(key, without_clock(&bytes));
            } else {
                assert!(
                    !key.contains("carried-") && !key.contains("failed"),
                    "{key} was left over"
                );
            }
        }
        facts
    }
}

/// Names and contents.
pub type Facts = BTreeMap<String, Vec<u8>>;

fn without_clock(round: &[u8]) -> Vec<u8> {
    let mut record: Value = serde_json::from_slice(round).unwrap();
    for key in ["timings", "checksum"] {
        assert!(record.as_object_mut().unwrap().remove(key).is_some());
    }
    record.to_string().into_bytes()
}

/// Every file below `folder`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Makes `to` a copy of `from`.
pub fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&path, &target).unwrap();
    }
}

pub fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked") && !text.contains("internal error"), "{text}");
    text
}

pub fn assert_done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

pub fn signal(id: u32, name: &str) {
    // A process that has just ended is no failure of the test.
    let _ = Command::new("kill").args(["-s", name, &id.to_string()]).stderr(Stdio::null()).status();
}

/// Looks again and again; the limit is only for a test that would hang.
pub fn wait_until(what: &str, mut come: impl FnMut() -> bool) {
    let start = Instant::now();
    while !come() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what} never came");
        sleep(Duration::from_millis(1));
    }
}

/// Processes that `parent` has started.
pub fn children(parent: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let started = threads.map(|thread| fs::read_to_string(thread.path().join("children")));
    let ids = started.map(Result::unwrap_or_default).collect::<String>();
    ids.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// The long version was asked for.
pub fn endurance() -> bool {
    std::env::var_os("RELABEL_ENDURANCE").is_some()
}

/// Says something where the test harness does not hide it.
pub fn say(text: &str) {
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{text}\n")).unwrap();
}

/// A sequence of numbers that is the same in every test run.
pub struct Numbers(pub u64);

impl Numbers {
    /// From 0 to `n` - 1.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}
