//! `relabel run` as its user meets it: in a temporary folder, on a made-up
//! table of the real one's shape, interrupted, damaged, asked twice.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

use tempfile::TempDir;

/// Rows per class of the Wall-Robot table.
const CLASSES: [(&str, usize); 4] = [
    ("Move-Forward", 2205),
    ("Sharp-Right-Turn", 2097),
    ("Slight-Left-Turn", 328),
    ("Slight-Right-Turn", 826),
];

struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A data folder with a table whose classes overlap.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / (1 << 24) as f64
        };
        let mut rows = Vec::new();
        for (class, (name, count)) in CLASSES.iter().enumerate() {
            for _ in 0..*count {
                let centre = 0.6 * class as f64;
                let x: Vec<String> =
                    (0..4).map(|_| format!("{:.3}", centre + uniform() + uniform())).collect();
                rows.push(format!("{},{name}", x.join(",")));
            }
        }
        let table = folder.path().join("data/wall-robot");
        fs::create_dir_all(&table).unwrap();
        fs::write(table.join("sensor_readings_4.data"), rows.join("\n") + "\n").unwrap();
        Self { folder }
    }

    fn table(&self) -> PathBuf {
        self.folder.path().join("data/wall-robot/sensor_readings_4.data")
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
        command
            .current_dir(self.folder.path())
            .args(["run", "wall-robot-et", "--name", name, "--progress", "plain"])
            .args(["--set", "loop.rounds=4", "--set", "model.trees=20"])
            .args(["--set", "grid.seeds=0..2", "--set", "grid.strategies=random,activelab"])
            .args(more);
        command
    }

    fn run(&self, name: &str, more: &[&str]) -> Output {
        self.command(name, more).output().unwrap()
    }

    fn results(&self, name: &str) -> PathBuf {
        self.folder.path().join("results/wall-robot-et").join(name)
    }

    /// Every array of a run, and its summary.
    fn bytes(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let run = self.results(name);
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(run.join("npy")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
        files.insert("summary.csv".into(), fs::read(run.join("summary.csv")).unwrap());
        files
    }

    /// Starts the run and signals that very process once it has finished a round;
    /// starts over from nothing if it was done before the signal came.
    fn stop_with(&self, signal_name: &str, name: &str, more: &[&str]) -> Option<i32> {
        for _ in 0..100 {
            let before = self.rounds(name);
            let mut child = self.command(name, more).stderr(Stdio::null()).spawn().unwrap();
            while self.rounds(name) == before && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(2));
            }
            signal(&child, signal_name);
            let status = child.wait().unwrap();
            if !status.success() {
                return status.code();
            }
            fs::remove_dir_all(self.results(name)).unwrap();
        }
        panic!("the run was always too quick to be stopped");
    }

    /// Number of rounds on disk.
    fn rounds(&self, name: &str) -> usize {
        let found = Command::new("find")
            .arg(self.results(name).join("cells"))
            .args(["-path", "*/rounds/*.json"])
            .stderr(Stdio::null())
            .output()
            .unwrap();
        found.stdout.split(|&byte| byte == b'\n').count()
    }

    fn round_file(&self, name: &str, strategy: &str, round: usize) -> PathBuf {
        self.results(name).join(format!("cells/{strategy}/seed-000/rounds/{round:03}.json"))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn assert_done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

fn assert_refused(output: &Output, words: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let _ = Command::new("kill").args(["-s", name, &id]).status().unwrap();
}

#[test]
fn a_run_that_is_interrupted_and_killed_ends_with_the_bytes_of_one_that_is_not() {
    let bench = Bench::new();
    // Enough work for every signal to arrive before the end: the last set of a key counts.
    let long = ["--set", "model.trees=100", "--set", "grid.seeds=0..4"];
    assert_done(&bench.run("whole", &long));
    for (name, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
        assert_eq!(bench.stop_with(name, "broken", &long), code, "{name}");
    }
    assert_done(&bench.run("broken", &long));
    assert_eq!(bench.bytes("whole"), bench.bytes("broken"));
    let strays = Command::new("find")
        .arg(bench.results("broken"))
        .args(["-name", ".writing-*"])
        .output()
        .unwrap();
    assert!(strays.stdout.is_empty(), "{}", String::from_utf8_lossy(&strays.stdout));
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let bench = Bench::new();
    assert_done(&bench.run("one", &["--jobs", "1"]));
    assert_done(&bench.run("four", &["--jobs", "4"]));
    assert_eq!(bench.bytes("one"), bench.bytes("four"));
}

#[test]
fn single_cells_add_up_to_the_whole_grid() {
    let bench = Bench::new();
    assert_done(&bench.run("whole", &[]));
    for cell in ["0", "1", "2"] {
        assert_done(&bench.run("parts", &["--cell", cell]));
    }
    let page = bench.results("parts").join("report.html");
    assert!(!page.exists(), "pictures are left to the task that finishes the grid");
    let output = bench
        .command("parts", &["--cell-from-env"])
        .env("SLURM_ARRAY_TASK_ID", "3")
        .output()
        .unwrap();
    assert_done(&output);
    assert!(page.exists());
    assert_eq!(bench.bytes("whole"), bench.bytes("parts"));
    assert_refused(&bench.run("parts", &["--cell", "4"]), &["no cell 4", "0 to 3"]);
}

#[test]
fn damaged_rounds_are_made_again_and_finished_ones_are_not() {
    let bench = Bench::new();
    assert_done(&bench.run("a", &[]));
    let before = bench.bytes("a");
    let kept = bench.round_file("a", "random", 1);
    let written = fs::metadata(&kept).unwrap().modified().unwrap();
    let damaged = bench.round_file("a", "activelab", 2);
    let mut bytes = fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&damaged, &bytes).unwrap();
    let output = bench.run("a", &[]);
    assert_done(&output);
    assert_eq!(before, bench.bytes("a"));
    assert_eq!(written, fs::metadata(&kept).unwrap().modified().unwrap());
    let text = stderr(&output);
    assert!(!text.contains("random, seed 0: round"), "{text}");
    assert!(text.contains("activelab, seed 0: round 3 of 4"), "{text}");
}

#[test]
fn another_configuration_is_refused_key_by_key_but_seeds_may_be_added() {
    let bench = Bench::new();
    assert_done(&bench.run("a", &[]));
    let refused = bench.run("a", &["--set", "model.trees=21"]);
    assert_refused(&refused, &["model.trees: 20 there, 21 asked for", "--name"]);
    assert_done(&bench.run("a", &["--set", "grid.seeds=0..3"]));
    assert_eq!(bench.bytes("a").keys().filter(|name| name.contains("_2.npy")).count(), 10);
}

#[test]
fn status_tells_done_from_partial() {
    let bench = Bench::new();
    assert_done(&bench.run("a", &["--cell", "1"]));
    let output = Command::new(env!("CARGO_BIN_EXE_relabel"))
        .arg("status")
        .arg(bench.results("a"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("not started") && text.contains("1 of 4 cells done"), "{text}");
}

#[test]
fn bad_data_is_named_with_file_row_and_expectation() {
    let bench = Bench::new();
    let table = fs::read_to_string(bench.table()).unwrap();
    let damage = |row: usize, text: &str| {
        let mut rows: Vec<&str> = table.lines().collect();
        rows[row - 1] = text;
        fs::write(bench.table(), rows.join("\n")).unwrap();
        bench.run("bad", &[])
    };
    let fields = damage(17, "1.0,2.0,Move-Forward");
    assert_refused(&fields, &["sensor_readings_4.data", "17", "5"]);
    let class = damage(18, "1.0,2.0,3.0,4.0,Move-Sideways");
    assert_refused(&class, &["sensor_readings_4.data", "18", "Move-Sideways"]);
    fs::remove_file(bench.table()).unwrap();
    let missing = bench.run("bad", &[]);
    assert_refused(&missing, &["sensor_readings_4.data", "data/wall-robot", "relabel data fetch"]);
    assert!(!bench.results("bad").exists());
}

#[test]
fn wrong_words_are_answered_with_the_nearest_right_one() {
    let bench = Bench::new();
    assert_refused(&bench.run("x", &["--set", "model.tree=3"]), &["model.trees"]);
    let strategy = bench.run("x", &["--set", "grid.strategies=activelap"]);
    assert_refused(&strategy, &["'activelab'"]);
    let preset =
        Command::new(env!("CARGO_BIN_EXE_relabel")).args(["run", "cifar10"]).output().unwrap();
    assert_refused(&preset, &["'cifar10h'"]);
    assert_refused(&bench.run("../x", &[]), &["--name"]);
}

#[test]
fn a_dry_run_prints_a_configuration_that_can_be_run() {
    let bench = Bench::new();
    let printed = bench.run("a", &["--dry-run"]);
    assert_done(&printed);
    fs::write(bench.folder.path().join("mine.toml"), &printed.stdout).unwrap();
    let again = Command::new(env!("CARGO_BIN_EXE_relabel"))
        .current_dir(bench.folder.path())
        .args(["run", "mine.toml", "--dry-run"])
        .output()
        .unwrap();
    assert_eq!(printed.stdout, again.stdout);
    assert!(!bench.results("a").exists());
}
