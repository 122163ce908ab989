//! The example of the README under `docs/example`: what `score` says and writes,
//! and what every query strategy ranks.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

fn example(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/example");
    folder.join(file).to_str().unwrap().to_owned()
}

/// Runs a command on the example; gives its folder of results and what it said.
fn run(command: &str, more: &[&str]) -> (TempDir, String) {
    let out = tempfile::tempdir().unwrap();
    let mut relabel = Command::new(env!("CARGO_BIN_EXE_relabel"));
    relabel.arg(command).args(["--labels", &example("labels.csv")]);
    relabel.args(["--pred-probs", &example("pred_probs.npy")]).args(more);
    let output = relabel.arg("--out").arg(out.path().join("out")).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{talk}");
    (out, talk)
}

fn query(strategy: &str, more: &[&str]) -> Vec<Vec<String>> {
    let pool = example("unlabeled_pred_probs.npy");
    let args = ["--strategy", strategy, "--unlabeled-pred-probs", &pool];
    let (out, _) = run("query", &[&args[..], more].concat());
    table(&out.path().join("out/batch.csv"))
}

/// The rows below the header.
fn table(path: &PathBuf) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
}

#[test]
fn score_says_what_matters_first() {
    let (out, talk) = run("score", &[]);
    for line in [
        "4 examples, 3 annotators, 9 labels, 3 classes, 1 model",
        "temperature not fitted",
        "model weight",
        "consensus labels differ from the majority vote",
        "lowest annotator quality:",
        "cleo",
    ] {
        assert!(talk.contains(line), "'{line}' is not in: {talk}");
    }
    let rows = table(&out.path().join("out/label_quality.csv"));
    let consensus: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(consensus, ["cat", "dog", "bird", "bird"]);
    let annotators = table(&out.path().join("out/annotator_stats.csv"));
    assert_eq!(annotators.len(), 3);
    assert_eq!(table(&out.path().join("out/detailed_label_quality.csv")).len(), 9);
    let (_, talk) = run("score", &["--calibrate", "-q"]);
    assert_eq!(talk, "");
    let (_, talk) = run("score", &["--calibrate"]);
    assert!(talk.contains("temperature ["), "{talk}");
}

#[test]
fn further_methods_and_agreement_have_their_own_columns_and_no_weights() {
    let (out, _) =
        run("score", &["--consensus", "best-quality,majority_vote", "--quality", "agreement"]);
    let text = fs::read_to_string(out.path().join("out/label_quality.csv")).unwrap();
    let header = "example,consensus_label,consensus_quality_score,annotator_agreement,num_annotations,\
                  consensus_label_majority_vote,consensus_quality_score_majority_vote,\
                  annotator_agreement_majority_vote";
    assert_eq!(text.lines().next().unwrap(), header);
    let weights = fs::read(out.path().join("out/weights.json")).unwrap();
    let weights: serde_json::Value = serde_json::from_slice(&weights).unwrap();
    assert!(weights["annotator_weight"].is_null() && weights["model_weight"].is_null());
}

#[test]
fn active_lab_is_what_is_asked_for_by_default() {
    let pool = example("unlabeled_pred_probs.npy");
    let (out, talk) = run("query", &["--unlabeled-pred-probs", &pool, "--batch", "2"]);
    let by_default = table(&out.path().join("out/batch.csv"));
    for line in [
        "4 examples, 3 annotators, 9 labels; ",
        "temperature [",
        "model weight [",
        "consensus labels differ from the majority vote",
        "lowest annotator weights:\n  ben  ",
        "batch of 2",
    ] {
        assert!(talk.contains(line), "'{line}' is not in: {talk}");
    }
    for name in ["activelab", "activelab_ensemble", "crowdlab", "crowdlab_ensemble"] {
        assert_eq!(query(name, &["--batch", "2"]), by_default, "{name}");
    }
}

#[test]
fn every_strategy_ranks_all_candidates_lowest_score_first() {
    let twice = [
        "--pred-probs",
        &example("pred_probs.npy"),
        "--unlabeled-pred-probs",
        &example("unlabeled_pred_probs.npy"),
    ];
    for (name, more) in [
        ("activelab", &[][..]),
        ("random", &[]),
        ("good_random", &[]),
        ("entropy", &[]),
        ("uncertainty", &[]),
        ("disagreement", &twice),
        ("active_label_cleaning", &[]),
    ] {
        let batch = query(name, more);
        // What has no score comes last.
        let score = |row: &Vec<String>| row[3].parse().unwrap_or(f64::INFINITY);
        let scores: Vec<f64> = batch.iter().map(score).collect();
        assert!(batch.len() > 4 && scores.is_sorted(), "{name}: {scores:?}");
        assert_eq!(query(name, more), batch, "{name} should give the same twice");
    }
    let fewest_first = query("good_random", &[]);
    assert!(fewest_first.iter().take(2).all(|row| row[1] == "unlabeled"), "{fewest_first:?}");
    let labels_first = query("active_label_cleaning", &[]);
    assert!(labels_first.iter().take(4).all(|row| row[1] == "labeled"), "{labels_first:?}");
    assert_ne!(query("random", &["--seed", "1"]), query("random", &["--seed", "2"]));
}

#[test]
fn labels_alone_are_enough_to_draw_at_random() {
    let out = tempfile::tempdir().unwrap();
    let mut relabel = Command::new(env!("CARGO_BIN_EXE_relabel"));
    relabel.args(["query", "--strategy", "good_random", "--labels", &example("labels.csv")]);
    let output = relabel.arg("--out").arg(out.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = table(&out.path().join("scores.csv"));
    assert_eq!(rows.iter().map(|row| row[3].as_str()).collect::<Vec<_>>(), ["3", "2", "2", "2"]);
}

#[test]
fn the_compatible_mode_repeats_the_official_library() {
    let with = |more: &[&str]| {
        let (out, _) = run("query", more);
        fs::read(out.path().join("out/scores.csv")).unwrap()
    };
    // Label counts are misplaced there, which changes the temperature.
    assert_ne!(with(&["--compat", "cleanlab-2.9"]), with(&[]));
}
