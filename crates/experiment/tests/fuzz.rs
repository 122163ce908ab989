//! Configurations and files of a run, damaged: no panic, no memory beyond 256 MiB.
#![allow(clippy::unwrap_used)]

#[path = "../../data/tests/mutation/mod.rs"]
mod mutation;

use std::{fmt::Debug, fs, path::Path};

use mutation::fuzz;
use relabel_experiment::{
    Config, Fingerprint, RoundRecord, RunFolder,
    config::{PRESETS, Source},
    load_dataset,
    store::{Manifest, Session},
};

const ROUND: &str = r#"{"version": 2, "round": 0, "n_labels": 40, "n_examples": 20,
"metrics": {"model_accuracy": 0.5, "averaged_accuracy": 0.5, "fold_accuracy": 0.25,
"consensus_accuracy": 0.75, "accuracy_all": 0.5, "labels_spent": 0, "labels_per_example": 2.0,
"model_accuracy_area": 0.5, "consensus_accuracy_area": 0.75, "accuracy_all_area": 0.5},
"distribution_entropy": 0.5,
"num_added": 1, "per_example_count": [2, 1], "relabeled": [3], "queried": [9], "queried_rows": [1],
"events": [[3, 1, 0], [9, 2, 1]], "temperatures": [1.5], "notes": ["a"], "previous": "",
"carried_sha256": "", "timings": {"round_s": 0.25}, "checksum": ""}"#;

fn read(text: &str) -> Option<Config> {
    Source::parse("fuzz", text).ok()?.validate().ok()
}

#[test]
fn configurations() {
    let corpus = PRESETS.iter().map(|preset| preset.toml.as_bytes().to_vec()).collect();
    fuzz("configuration", corpus, |bytes| {
        let Some(config) = std::str::from_utf8(bytes).ok().and_then(read) else { return };
        let again = read(&config.to_toml()).unwrap();
        assert_eq!((again.hash(), again), (config.hash(), config));
    });
}

#[test]
fn arguments_of_set() {
    let arguments = ["model.trees=50", "grid.seeds=0..30", "grid.strategies=random,activelab"];
    let corpus = arguments.map(|text| text.as_bytes().to_vec()).into();
    fuzz("--set", corpus, |bytes| {
        let Ok(argument) = std::str::from_utf8(bytes) else { return };
        let mut source = Source::open("blobs").unwrap();
        if source.set(argument).is_ok() {
            let _ = source.validate();
        }
    });
}

/// A run folder as a run leaves it, with one round in place of its cells.
fn run_folder(results: &Path) -> RunFolder {
    let config = Source::open("blobs").unwrap().validate().unwrap();
    let run = RunFolder::open(results, "fuzz", &config).unwrap();
    let prepared = load_dataset(&config, Path::new("")).unwrap();
    let session = Session::from([("host".into(), "a".into())]);
    let data = Fingerprint::of(&prepared);
    Manifest::begin(&run, &config.hash(), &data, "cpu", session).unwrap();
    let mut round: RoundRecord = serde_json::from_str(ROUND).unwrap();
    round.write(&run.path().join("000.json")).unwrap();
    run
}

/// Damages `file`; what `read` makes of it must be nothing, or what was there before.
fn damaged_or_the_same<T: PartialEq + Debug>(file: &Path, read: impl Fn() -> Option<T>) {
    let bytes = fs::read(file).unwrap();
    let whole = read();
    assert!(whole.is_some());
    fuzz(&file.file_name().unwrap().display().to_string(), vec![bytes], |bytes| {
        fs::write(file, bytes).unwrap();
        let now = read();
        assert!(now.is_none() || now == whole, "{now:?}");
    });
}

#[test]
fn files_of_a_run() {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let run = run_folder(folder.path());
    let path = |name| run.path().join(name);
    damaged_or_the_same(&path("config.toml"), || run.config().ok());
    damaged_or_the_same(&path("manifest.json"), || Manifest::read(run.path()).ok());
    damaged_or_the_same(&path("000.json"), || RoundRecord::read(&path("000.json")).ok());
}
