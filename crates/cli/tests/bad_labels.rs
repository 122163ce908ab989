//! What `relabel score` and `relabel query` say about input that cannot be used:
//! one line that names file and place, exit code 2, and nothing written.
#![allow(clippy::unwrap_used)]

use std::{fs, path::PathBuf, process::Command};

use ndarray::{Array2, ArrayD, IxDyn, array};
use relabel_data::npy;
use tempfile::TempDir;

const LONG: &str = "task,worker,label\n1,ana,0\n1,ben,1\n2,ana,1\n2,ben,1\n3,cleo,0\n";

/// A folder with usable files, one of which a test spoils.
struct Case(TempDir);

impl Case {
    fn new() -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        case.text("labels.csv", LONG);
        case.probs("p.npy", array![[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]);
        case.probs("u.npy", array![[0.9, 0.1], [0.5, 0.5]]);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn probs(&self, name: &str, probs: Array2<f64>) {
        npy::write_f64(&self.path(name), probs.into_dyn().view()).unwrap();
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let program = env!("CARGO_BIN_EXE_relabel");
        let output = Command::new(program).current_dir(self.0.path()).args(args).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn score(&self, more: &[&str]) -> (Option<i32>, String) {
        let args = ["score", "--labels", "labels.csv", "--pred-probs", "p.npy", "--out", "out"];
        self.run(&[&args[..], more].concat())
    }

    fn query(&self, more: &[&str]) -> (Option<i32>, String) {
        self.run(&[&["query", "--out", "out"], more].concat())
    }

    /// It must have failed with these words in one line and written nothing.
    fn refused(&self, (code, text): (Option<i32>, String), words: &[&str]) {
        assert_eq!(code, Some(2), "{text}");
        words.iter().for_each(|word| assert!(text.contains(word), "'{word}' is not in: {text}"));
        assert!(!text.contains("panicked") && text.lines().count() == 1, "{text}");
        assert!(!self.path("out").exists(), "{text}");
    }

    fn refuses_labels(&self, labels: &str, words: &[&str]) {
        self.text("labels.csv", labels);
        self.refused(self.score(&[]), words);
    }
}

/// An array of which the header says what the data need not hold.
fn npy_file(version: u8, dict: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    let width = if version == 1 { 2 } else { 4 };
    bytes.extend(&(dict.len() as u32).to_le_bytes()[..width]);
    bytes.extend(dict.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn the_usable_files_are_usable() {
    let case = Case::new();
    let (code, text) = case.score(&[]);
    assert_eq!(code, Some(0), "{text}");
    let more =
        ["--labels", "labels.csv", "--pred-probs", "p.npy", "--unlabeled-pred-probs", "u.npy"];
    let (code, text) = case.query(&more);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn label_files_that_cannot_be_used() {
    let case = Case::new();
    let head = "task,worker,label\n";
    case.refuses_labels("", &["labels.csv, row 1", "no header"]);
    case.refuses_labels("  \n\n", &["labels.csv, row 1", "no header"]);
    case.refuses_labels(head, &["labels.csv", "holds no labels"]);
    case.refuses_labels("id,ana,ben\n1,,NA\n2,<NA>,nan\n", &["labels.csv", "holds no labels"]);
    case.refuses_labels("[]", &["labels.csv", "holds no labels"]);
    case.refuses_labels("task,worker,answer\n1,a,0\n", &["row 1", "task, worker, answer"]);
    case.refuses_labels("image;who;label\n1;a;0\n", &["row 1", "separated by commas"]);
    case.refuses_labels("item,rater,label\n1,7,0\n2,8,1\n", &["row 1", "item, rater, label"]);
    // Such a file could be a wide one, which its labels then contradict.
    let as_wide = "every column but the first is read as one annotator's labels";
    case.refuses_labels("image,who,what\n1,a,0\n2,b,1\n", &["row 2", "label 0", as_wide]);
    case.refuses_labels("image,who,what\n1,7,0\n1,8,1\n", &["row 3", "example 1", as_wide]);
    case.refuses_labels(&format!("{LONG}3,ana\n"), &["row 7", "2 fields, expected 3"]);
    case.refuses_labels(&format!("{LONG}3,\"ana,0\n"), &["row 7", "an open quote"]);
    case.refuses_labels(
        &format!("{LONG}1,ben,1\n"),
        &["row 7", "second label of annotator ben", "row 3"],
    );
    case.refuses_labels(&format!("{LONG},ben,1\n"), &["row 7", "no example"]);
    case.refuses_labels(&format!("{LONG}3,,1\n"), &["row 7", "no annotator"]);
    case.refuses_labels(&format!("{LONG}3,ben,-1\n"), &["row 7", "label -1"]);
    case.refuses_labels(&format!("{LONG}3,ben,0.5\n"), &["row 7", "label 0.5", "whole number"]);
    case.refuses_labels(
        &format!("{LONG}3,ben,cat\n"),
        &["row 7", "label cat", "a number as 0 in row 2"],
    );
    case.refuses_labels(&format!("{LONG}3,ben,7\n"), &["p.npy", "2 columns", "8 classes"]);
    let last = "6, 7, 8, 9, ... and 9990 more), such as 9999 by annotator ben for example 3;";
    case.refuses_labels(&format!("{LONG}3,ben,9999\n"), &["p.npy", "10000 classes", last]);
    case.refuses_labels("id,a,a\n1,0,0\n", &["row 1", "two columns called \"a\""]);
    case.refuses_labels("id,a,b\n1,0,0\n1,1,1\n", &["row 3", "example 1", "row 2"]);
    case.refuses_labels("[{\"id\": 1}]", &["labels.csv", "Label Studio"]);
    case.refuses_labels("{\"id\": 1}", &["labels.csv", "Label Studio"]);
    case.refuses_labels("[{\"id\": 1, \"annotations\"", &["labels.csv", "Label Studio"]);
    case.refuses_labels(&format!("{LONG}3,ben\n4\n"), &["row 7", "2 fields"]);
    case.refuses_labels(&format!("{LONG}3\n"), &["row 7", "1 field,"]);
    case.refuses_labels("task,worker,label\n1,a,0\n2,a,1\n3,a,1\n", &["only one annotator"]);
    case.refuses_labels("task,worker,label\n1,a,0\n2,b,1\n3,a,1\n", &["no example has two labels"]);
    fs::write(case.path("labels.csv"), b"task,worker,label\n1,a,0\n\xff\xfe,b,1\n").unwrap();
    case.refused(case.score(&[]), &["row 3", "UTF-8"]);
    fs::write(case.path("labels.csv"), b"\xff\xfet\x00a\x00").unwrap();
    case.refused(case.score(&[]), &["labels.csv", "UTF-16"]);
    fs::write(case.path("labels.csv"), b"\x1f\x8b\x08\x00damaged").unwrap();
    case.refused(case.score(&[]), &["labels.csv"]);
    fs::remove_file(case.path("labels.csv")).unwrap();
    case.refused(case.score(&[]), &["labels.csv"]);
}

#[test]
fn label_arrays_that_cannot_be_used() {
    let case = Case::new();
    let three = ArrayD::<f64>::zeros(IxDyn(&[2, 2, 2]));
    npy::write_f64(&case.path("labels.csv"), three.view()).unwrap();
    case.refused(case.score(&[]), &["shape [2, 2, 2]", "two axes"]);
    case.probs("labels.csv", array![[0.0, 1.0], [0.5, 1.0], [1.0, 1.0]]);
    case.refused(case.score(&[]), &["row 2", "label 0.5"]);
    case.probs("labels.csv", array![[0.0, 1.0], [0.0, f64::INFINITY], [1.0, 1.0]]);
    case.refused(case.score(&[]), &["row 2", "label inf"]);
    let dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976, 0), }\n";
    fs::write(case.path("labels.csv"), npy_file(1, dict, &[])).unwrap();
    case.refused(case.score(&[]), &["labels.csv", "shape"]);
}

#[test]
fn arrays_of_probabilities_that_cannot_be_used() {
    let case = Case::new();
    let refused = |bytes: &[u8], words: &[&str]| {
        fs::write(case.path("p.npy"), bytes).unwrap();
        case.refused(case.score(&[]), &[&["p.npy"], words].concat());
    };
    let dict = |descr: &str, shape: &str| {
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")
    };
    refused(b"not an array", &["no NPY file"]);
    refused(b"PK\x03\x04", &["zip archive"]);
    refused(b"\x93NUMPY\x01", &["header that ends"]);
    refused(&npy_file(1, &dict("|O", "(3, 2)"), &[0; 48]), &["values of type |O"]);
    refused(&npy_file(1, &dict("<c16", "(3, 1)"), &[0; 48]), &["values of type <c16"]);
    refused(&npy_file(1, &dict("<f8", "(3, 2)"), &[0; 47]), &["47 bytes", "expected 48"]);
    refused(&npy_file(1, &dict("<f8", "(99999999, 99999999)"), &[0; 48]), &["48 bytes"]);
    refused(&npy_file(1, &dict("<f8", "(6,)"), &[0; 48]), &["shape [6]", "[examples, classes]"]);
    refused(&npy_file(1, &dict("<f8", "(0, 2)"), &[]), &["an empty array"]);
    refused(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'", &["header that ends"]);
    refused(b"\x93NUMPY\x09\x00\x00\x00", &["version 9"]);
}

#[test]
fn probabilities_that_are_none() {
    let case = Case::new();
    let probs = array![[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]];
    for (value, shown) in [(f64::NAN, "NaN"), (-0.25, "-0.25"), (f64::INFINITY, "inf")] {
        let mut wrong = probs.clone();
        wrong[[1, 0]] = value;
        case.probs("p.npy", wrong.clone());
        case.refused(case.score(&[]), &["p.npy", "row 1", "column 0", shown]);
        case.probs("u.npy", wrong);
        case.refused(
            case.query(&["--unlabeled-pred-probs", "u.npy"]),
            &["u.npy", "pool", "row 1", shown],
        );
    }
    case.probs("p.npy", array![[0.8, 0.2], [0.3, 0.7], [0.6, 0.402]]);
    case.refused(case.score(&[]), &["p.npy", "row 2", "sum to 1.002"]);
    case.probs("p.npy", array![[0.8, 0.2], [0.3, 0.7]]);
    case.refused(case.score(&[]), &["p.npy", "2 rows", "3 examples"]);
    case.probs("p.npy", array![[1.0], [1.0], [1.0]]);
    case.refused(case.score(&[]), &["p.npy", "1 column,", "2 classes"]);
}

#[test]
fn files_and_options_that_do_not_go_together() {
    let case = Case::new();
    let labelled = ["--labels", "labels.csv", "--pred-probs", "p.npy"];
    let with = |more: &[&'static str]| [&labelled[..], more].concat();
    case.refused(case.query(&[]), &["nothing to rank"]);
    case.refused(case.query(&["--pred-probs", "p.npy"]), &["--pred-probs without --labels"]);
    case.refused(case.query(&["--labels", "labels.csv"]), &["--labels without --pred-probs"]);
    let two = ["--unlabeled-pred-probs", "u.npy", "--unlabeled-pred-probs", "u.npy"];
    case.refused(case.query(&with(&two)), &["1 models", "2 the pool"]);
    case.probs("wide.npy", array![[0.5, 0.25, 0.25]]);
    case.refused(
        case.query(&with(&["--unlabeled-pred-probs", "wide.npy"])),
        &["wide.npy", "[1, 3]"],
    );
    case.refused(
        case.query(&with(&["--pred-probs", "wide.npy"])),
        &["wide.npy", "[1, 3]", "p.npy"],
    );
    case.refused(case.query(&with(&["--strategy", "disagreement"])), &["at least two"]);
    case.refused(case.query(&with(&["--strategy", "entropi"])), &["entropi", "entropy"]);
    case.text("ids.txt", "1\n2\n2\n");
    case.refused(case.score(&["--examples", "ids.txt"]), &["ids.txt, line 3"]);
    case.text("ids.txt", "1\n2\n4\n");
    case.refused(case.score(&["--examples", "ids.txt"]), &["row 6", "example 3"]);
    case.refused(case.score(&["--classes", "a,b,a"]), &["--classes names 'a' twice"]);
    case.refused(case.score(&["--classes", "a,,b"]), &["--classes a,,b", "an empty name"]);
    case.text("ids.txt", "1\n");
    let ids = ["--unlabeled-pred-probs", "u.npy", "--unlabeled-examples", "ids.txt"];
    case.refused(case.query(&with(&ids)), &["1 ids", "expected 2"]);
    let entropy = ["--adjust-pred-probs", "--label-score", "confidence-weighted-entropy"];
    case.refused(case.score(&entropy), &["adjusted probabilities"]);
    for option in [["--consensus", "fake"], ["--quality", "fake"], ["--label-score", "fake"]] {
        let (code, text) = case.score(&option);
        assert!(code == Some(2) && text.contains("possible values"), "{text}");
    }
}

#[test]
fn gaps_are_named_and_refused_only_if_compatible() {
    let case = Case::new();
    case.text("labels.csv", "id,ana,ben,zoe\nx,0,1,\ny,1,1,\nz,,,\n");
    case.refused(case.score(&["--compat", "cleanlab-2.9"]), &["examples without labels", "z"]);
    let (code, text) = case.score(&[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("examples have no label: z"), "{text}");
    assert!(text.contains("annotators without labels: zoe"), "{text}");
}
