//! A run folder as `relabel run` leaves it, made of numbers that a test chooses.

#![allow(clippy::unwrap_used, dead_code)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// A Wall-Robot run with the published data on extra-trees.
pub const WALL_ROBOT: &str = r#"experiment = "wall-robot-et"

[data]
name = "wall-robot"

[loop]
rounds = 3
batch = 100
folds = 5
shuffle_folds = true
protocol = "published"
annotators = "batch"

[model]
kind = "extra-trees"
trees = 100

[grid]
strategies = ["random", "activelab"]
seeds = [0, 1]
"#;

/// Makes an empty run `first` and returns its folder.
pub fn make_run(results: &Path, config: &str) -> PathBuf {
    let run = results.join("wall-robot-et").join("first");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("config.toml"), config).unwrap();
    fs::write(
        run.join("manifest.json"),
        r#"{"version": 1, "config_sha256": "c0ffee", "device_kind": "cpu",
            "sessions": [{"arguments": "run <wall-robot-et>", "machine": "2 cores"}]}"#,
    )
    .unwrap();
    run
}

/// Adds one cell whose rounds have these model accuracies; consensus accuracy is
/// 0.01 higher. A cell of three rounds is complete.
pub fn add_cell(run: &Path, strategy: &str, seed: u64, accuracies: &[f64]) {
    let cell = run.join(format!("cells/{strategy}/seed-{seed:03}"));
    fs::create_dir_all(cell.join("rounds")).unwrap();
    for (round, &accuracy) in accuracies.iter().enumerate() {
        fs::write(cell.join(format!("rounds/{round:03}.json")), record(round, accuracy)).unwrap();
    }
    if accuracies.len() == 3 {
        let done = r#"{"version": 1, "rounds": {"000.json": "", "001.json": "", "002.json": ""}}"#;
        fs::write(cell.join("done.json"), done).unwrap();
    }
}

/// The text of a round file with its checksum.
pub fn record(round: usize, accuracy: f64) -> String {
    let (labels, examples) = (1000 + 100 * round, 500 + 60 * round);
    let with = |checksum: &str| {
        format!(
            "{{\"version\":1,\"round\":{round},\"n_labels\":{labels},\"n_examples\":{examples},\
             \"metrics\":{{\"model_accuracy\":{accuracy},\"averaged_accuracy\":{accuracy},\
             \"consensus_accuracy\":{},\"all_examples_accuracy\":null}},\
             \"distribution_entropy\":0.1,\"num_added\":60,\"per_example_count\":[1,2],\
             \"relabeled\":[],\"queried\":[],\"queried_rows\":[],\"events\":[[0,1,2]],\
             \"temperatures\":[],\"notes\":[],\"carried_sha256\":\"\",\"timings\":{{}},\
             \"checksum\":\"{checksum}\"}}",
            accuracy + 0.01
        )
    };
    let digest = Sha256::digest(with("").as_bytes());
    with(&digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The run most tests read: two strategies, two seeds, three rounds.
pub fn whole_run(results: &Path) -> PathBuf {
    let run = make_run(results, WALL_ROBOT);
    add_cell(&run, "random", 0, &[0.80, 0.82, 0.84]);
    add_cell(&run, "random", 1, &[0.82, 0.84, 0.86]);
    add_cell(&run, "activelab", 0, &[0.80, 0.86, 0.92]);
    add_cell(&run, "activelab", 1, &[0.82, 0.90, 0.98]);
    run
}
