//! `relabel score` and `relabel query` on files, against recorded results of
//! the official library, and on files that cannot be used.
#![allow(clippy::unwrap_used)]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ndarray::{Array2, ArrayD};
use relabel_data::npy;
use serde_json::Value;
use tempfile::TempDir;

fn relabel(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relabel")).current_dir(folder).args(args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A recorded case as files: a long CSV and one array of probabilities.
struct Case {
    json: Value,
    folder: TempDir,
}

impl Case {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../scoring/tests/golden/library")
            .join(name);
        let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut csv = String::from("worker,label,task\n");
        // Backwards: the order of a long file must not matter.
        for (row, labels) in json["inputs"]["labels"].as_array().unwrap().iter().enumerate().rev() {
            for (annotator, label) in labels.as_array().unwrap().iter().enumerate() {
                if let Some(label) = label.as_f64() {
                    csv += &format!("{annotator},{label},{row}\n");
                }
            }
        }
        fs::write(folder.path().join("labels.csv"), csv).unwrap();
        let case = Self { json, folder };
        case.write_probs("pred_probs", "p.npy");
        case
    }

    fn write_probs(&self, key: &str, file: &str) {
        let rows: Vec<Vec<f64>> = serde_json::from_value(self.json["inputs"][key].clone()).unwrap();
        let shape = (rows.len(), rows[0].len());
        let probs = Array2::from_shape_vec(shape, rows.concat()).unwrap();
        npy::write_f64(&self.path(file), probs.view().into_dyn()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn expected(&self, function: &str) -> Value {
        let calls = self.json["calls"].as_array().unwrap();
        let call = calls
            .iter()
            .find(|call| {
                let options = call["options"].as_object();
                call["function"] == function
                    && options.is_none_or(|options| {
                        options.iter().all(|(key, value)| {
                            key == "return_weights" || key == "verbose" || value.is_null()
                        })
                    })
                    && call.get("inputs").is_none()
                    && call.get("without").is_none_or(|without| without == &Value::Array(vec![]))
            })
            .unwrap();
        call.get("expected_counts_fixed").unwrap_or(&call["expected"]).clone()
    }

    /// The columns of a written table by name.
    fn table(&self, path: &str) -> HashMap<String, Vec<String>> {
        let text = fs::read_to_string(self.path(path)).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let column = |at: usize| rows.iter().map(|row| row[at].to_owned()).collect();
        names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), column(at))).collect()
    }
}

fn assert_close(found: &[String], expected: &Value, what: &str) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        match expected.as_f64() {
            None => assert_eq!(found, "", "{what}"),
            Some(expected) => {
                let found: f64 = found.parse().unwrap();
                assert!((found - expected).abs() <= 1e-9, "{what}: {found}, recorded {expected}");
            }
        }
    }
}

#[test]
fn score_writes_what_the_official_library_returns() {
    let case = Case::new("p01_basic_3class.json");
    let args = ["score", "--labels", "labels.csv", "--pred-probs", "p.npy", "--out", "out"];
    let output = relabel(case.folder.path(), &args);
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = case.expected("get_label_quality_multiannotator");
    let quality = case.table("out/label_quality.csv");
    for column in
        ["consensus_label", "consensus_quality_score", "annotator_agreement", "num_annotations"]
    {
        assert_close(&quality[column], &expected["label_quality"][column], column);
    }
    let stats = case.table("out/annotator_stats.csv");
    for column in
        ["annotator_quality", "agreement_with_consensus", "worst_class", "num_examples_labeled"]
    {
        assert_close(&stats[column], &expected["annotator_stats"][column], column);
    }
    let detailed = case.table("out/detailed_label_quality.csv");
    let cells = &expected["detailed_label_quality"]["values_of_labeled_cells_row_major"];
    let labelled: Vec<Value> =
        cells.as_array().unwrap().iter().filter(|cell| !cell.is_null()).cloned().collect();
    assert_close(&detailed["label_quality"], &Value::Array(labelled), "detailed");
    let posterior: ArrayD<f64> = npy::read_f64(&case.path("out/posterior.npy")).unwrap();
    assert_eq!(posterior.shape(), [quality["example"].len(), 3]);
    assert!(case.path("out/weights.json").is_file());
}

#[test]
fn query_ranks_by_active_lab_and_writes_the_batch() {
    let case = Case::new("p01_basic_3class.json");
    case.write_probs("pred_probs_unlabeled", "u.npy");
    let args = [
        "query",
        "--labels",
        "labels.csv",
        "--pred-probs",
        "p.npy",
        "--unlabeled-pred-probs",
        "u.npy",
        "--batch",
        "7",
        "--out",
        "out",
    ];
    let output = relabel(case.folder.path(), &args);
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = case.expected("get_active_learning_scores");
    let parts = expected
        .as_array()
        .cloned()
        .unwrap_or_else(|| expected.as_object().unwrap().values().cloned().collect());
    let scores = case.table("out/scores.csv");
    let both: Vec<Value> = parts.iter().flat_map(|part| part.as_array().unwrap().clone()).collect();
    let mut found: Vec<f64> = scores["score"].iter().map(|score| score.parse().unwrap()).collect();
    let mut recorded: Vec<f64> = both.iter().map(|score| score.as_f64().unwrap()).collect();
    found.sort_by(f64::total_cmp);
    recorded.sort_by(f64::total_cmp);
    assert_eq!(found.len(), recorded.len());
    assert!(found.iter().zip(&recorded).all(|(a, b)| (a - b).abs() <= 1e-9));
    let batch = case.table("out/batch.csv");
    assert_eq!(batch["rank"], ["1", "2", "3", "4", "5", "6", "7"]);
    let best: Vec<f64> = batch["score"].iter().map(|score| score.parse().unwrap()).collect();
    assert_eq!(best, found[..7]);
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_written() {
    let case = Case::new("p01_basic_3class.json");
    let args = ["score", "--labels", "labels.csv", "--pred-probs", "p.npy", "--out", "out"];
    let refused = |words: &[&str]| {
        let output = relabel(case.folder.path(), &args);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for word in words {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
        assert!(!text.contains("panicked") && !case.path("out").exists(), "{text}");
    };
    let probs = npy::read_f64(&case.path("p.npy")).unwrap();
    let with = |row: usize, column: usize, value: f64| {
        let mut probs = probs.clone();
        probs[[row, column]] = value;
        npy::write_f64(&case.path("p.npy"), probs.view()).unwrap();
    };
    with(3, 1, f64::NAN);
    refused(&["row 3", "column 1"]);
    with(4, 2, -0.5);
    refused(&["row 4", "column 2", "-0.5"]);
    with(5, 0, 3.0);
    refused(&["row 5", "column 0", "3 is no probability"]);
    with(5, 0, 0.0);
    refused(&["row 5", "sum"]);
    let short = probs.slice_axis(ndarray::Axis(0), (0..4).into()).to_owned();
    npy::write_f64(&case.path("p.npy"), short.view()).unwrap();
    refused(&["4 rows", "examples"]);
    fs::write(case.path("p.npy"), b"not an array").unwrap();
    refused(&["p.npy"]);
    npy::write_f64(&case.path("p.npy"), probs.view()).unwrap();
    let labels = fs::read_to_string(case.path("labels.csv")).unwrap();
    let second = labels.lines().nth(1).unwrap();
    fs::write(case.path("labels.csv"), format!("{labels}{second}\n")).unwrap();
    refused(&["labels.csv", "row"]);
    fs::write(case.path("labels.csv"), "a,b\n1,2,3\n").unwrap();
    refused(&["labels.csv"]);
    fs::write(case.path("labels.csv"), "").unwrap();
    refused(&["labels.csv"]);
}

#[test]
fn an_unknown_strategy_is_answered_with_the_nearest_one() {
    let case = Case::new("p01_basic_3class.json");
    let answer = |strategy| {
        let args = ["query", "--labels", "labels.csv", "--pred-probs", "p.npy", "--out", "out"];
        let args = [&args[..], &["--strategy", strategy]].concat();
        let output = relabel(case.folder.path(), &args);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    let (near, far) = (answer("entropi"), answer("zz"));
    assert!(near.contains("'entropi', did you mean 'entropy'? Valid are activelab,"), "{near}");
    assert!(far.contains("there is no strategy 'zz'. Valid are activelab,"), "{far}");
}
