//! A run folder as `relabel run` leaves it, made of numbers that a test chooses.

#![allow(clippy::unwrap_used, dead_code)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use relabel_data::sha256;
use relabel_report::Report;

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

/// The text of a round file with its checksum; two examples have one label, one has
/// three, one has none.
pub fn record(round: usize, accuracy: f64) -> String {
    let (labels, examples) = (1000 + 100 * round, 500 + 60 * round);
    let (consensus, all) = (accuracy + 0.01, accuracy + 0.005);
    signed(&format!(
        "{{\"version\":2,\"round\":{round},\"n_labels\":{labels},\"n_examples\":{examples},\
         \"metrics\":{{\"model_accuracy\":{accuracy},\"averaged_accuracy\":null,\
         \"consensus_accuracy\":{consensus},\"accuracy_all\":{all}}},\
         \"distribution_entropy\":0.1,\"num_added\":60,\"per_example_count\":[1,1,3,0],\
         \"relabeled\":[],\"queried\":[],\"queried_rows\":[],\"events\":[[0,1,2]],\
         \"temperatures\":[],\"notes\":[],\"carried_sha256\":\"\",\
         \"timings\":{{\"round_s\":0.5,\"query_s\":0.125}},\"checksum\":\"\"}}"
    ))
}

/// A record with its checksum made anew; the checksum comes last.
pub fn signed(record: &str) -> String {
    let (fields, _) = record.split_once("\"checksum\":").unwrap();
    let with = |checksum: &str| format!("{fields}\"checksum\":\"{checksum}\"}}");
    with(&sha256(with("").as_bytes()))
}

/// Adds a result array as numpy writes it: this type, this shape, these bytes.
pub fn add_npy(folder: &Path, name: &str, descr: &str, shape: &str, bytes: &[u8]) {
    let mut dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    dict.push_str(&" ".repeat(63 - (dict.len() + 10) % 64));
    dict.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((dict.len() as u16).to_le_bytes());
    file.extend(dict.as_bytes());
    file.extend(bytes);
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), file).unwrap();
}

/// Adds an array of float64, one per round.
pub fn add_curve(folder: &Path, name: &str, values: &[f64]) {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    add_npy(folder, name, "<f8", &format!("({},)", values.len()), &bytes);
}

/// A report about these folders.
pub fn report_on(folders: &[&Path]) -> Report {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    Report::load(&folders, None)
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
