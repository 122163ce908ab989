//! What label files of every kind are read as, and what is said about wrong ones.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use relabel_data::{DataError, LabelFile, Names, npy, read_label_file, read_label_file_with};
use relabel_scoring::{AnnotatorId, Class, ExampleId};
use tempfile::TempDir;

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn read(text: &str) -> Result<LabelFile, DataError> {
    let (_folder, path) = file("labels", text.as_bytes());
    read_label_file(&path)
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn names(names: &[&str]) -> Names {
    names.iter().collect()
}

/// The labels of a file by example, then annotator.
fn given(file: &LabelFile) -> Vec<(u32, u32, u16)> {
    let examples = file.labels.examples().zip(0..);
    let of_example = |(given, example): (&[(AnnotatorId, Class)], u32)| {
        given
            .iter()
            .map(move |(annotator, class)| (example, annotator.0, class.0))
            .collect::<Vec<_>>()
    };
    examples.flat_map(of_example).collect()
}

#[test]
fn long_files_sort_examples_and_annotators_with_numbers_as_numbers() {
    let found = read("Label,note,Worker,task\n1,x,w2,10\n0,,w1,9\n2,,w1,10\n,,w3,11\n").unwrap();
    assert_eq!(found.example_ids, names(&["9", "10", "11"]));
    assert_eq!(found.annotator_ids, names(&["w1", "w2"]));
    assert_eq!(found.class_names, strings(&["0", "1", "2"]));
    assert_eq!(given(&found), [(0, 0, 0), (1, 0, 2), (1, 1, 1)]);
    let notes = ["rows without a label that were skipped: 1", "1 of 3 examples have no label: 11"];
    assert_eq!(found.notes, notes);
}

#[test]
fn labels_that_are_not_all_whole_numbers_are_names_in_alphabetical_order() {
    let found = read("item_id,annotator_id,label\nb,1,dog\na,1,cat\na,2,\"dog, big\"\n").unwrap();
    assert_eq!(found.example_ids, names(&["a", "b"]));
    assert_eq!(found.class_names, strings(&["cat", "dog", "dog, big"]));
    assert_eq!(given(&found), [(0, 0, 0), (0, 1, 2), (1, 0, 1)]);
}

#[test]
fn ids_of_mixed_types_have_an_order_too() {
    let found = read("task,worker,label\nb,x,0\n10,2,0\n9,10,0\n-1.5,2,0\na,2,1\n").unwrap();
    assert_eq!(found.example_ids, names(&["-1.5", "9", "10", "a", "b"]));
    assert_eq!(found.annotator_ids, names(&["2", "10", "x"]));
}

#[test]
fn ids_that_are_one_float_are_sorted_by_their_digits() {
    let ids = [
        "-10000000000000001",
        "-10000000000000000",
        "5",
        "9999999999999999",
        "10000000000000000",
        "1e16",
        "340282366920938463463374607431768211456",
        "340282366920938463463374607431768211457",
    ];
    let beyond = "9".repeat(400);
    let expected: Vec<&str> = ids.iter().copied().chain([beyond.as_str(), "a"]).collect();
    let rows = expected.iter().rev().map(|id| format!("{id},w,0\n"));
    let found = read(&("task,worker,label\n".to_owned() + &rows.collect::<String>())).unwrap();
    assert_eq!(found.example_ids, names(&expected));
}

#[test]
fn integer_labels_are_class_indices_even_if_some_classes_do_not_occur() {
    let found = read("example,annotator,label\n0,0,3\n1,0,1.0\n").unwrap();
    assert_eq!(found.class_names.len(), 4);
    assert_eq!(given(&found), [(0, 0, 3), (1, 0, 1)]);
    assert_eq!(found.notes, ["no label names class 0, 2"]);
    let found = read("task,id,worker,worker_id,label\nx,1,ana,1,40\n").unwrap();
    assert_eq!((found.example_ids, found.annotator_ids), (names(&["x"]), names(&["ana"])));
    let first = "no label names class 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... and 30 more";
    assert_eq!(found.notes, [first]);
}

#[test]
fn wide_files_keep_the_order_of_rows_and_columns() {
    let found = read("\u{feff},zoe,al\r\nx9,1.0,nan\r\nx1,,0\r\nx5,,\r\n").unwrap();
    assert_eq!(found.example_ids, names(&["x9", "x1", "x5"]));
    assert_eq!(found.annotator_ids, names(&["zoe", "al"]));
    assert_eq!(given(&found), [(0, 0, 1), (1, 1, 0)]);
    assert_eq!(found.notes, ["1 of 3 examples have no label: x5"]);
}

#[test]
fn given_examples_and_classes_set_the_order() {
    let (_folder, path) = file("labels", b"task,worker,label\na,w,dog\nb,w,0\n");
    let examples = names(&["c", "b", "a"]);
    let classes = strings(&["dog", "cat"]);
    let found = read_label_file_with(&path, Some(&examples), Some(&classes)).unwrap();
    assert_eq!((&found.example_ids, &found.class_names), (&examples, &classes));
    assert_eq!(given(&found), [(1, 0, 0), (2, 0, 0)]);
    let error =
        read_label_file_with(&path, Some(&names(&["c", "b"])), None).unwrap_err().to_string();
    assert!(error.contains("row 2: found example a, expected one of the 2 examples"), "{error}");
    let error = read_label_file_with(&path, None, Some(&classes[1..])).unwrap_err().to_string();
    assert!(error.contains("row 2: found label dog, expected one of cat or its index"), "{error}");
}

#[test]
fn an_example_that_is_not_listed_is_named_by_its_row_even_without_a_label() {
    for (text, row) in [
        ("task,worker,label\na,w,0\nb,w,\nb,w,1\n", 3),
        ("id,v,w\na,0,1\nb,,\n", 3),
        (r#"[{"id": "a", "annotations": []}, {"id": "b", "annotations": []}]"#, 2),
    ] {
        let (_folder, path) = file("labels", text.as_bytes());
        let error = read_label_file_with(&path, Some(&names(&["a"])), None).unwrap_err();
        let expected = format!("row {row}: found example b, expected one of the 1 examples");
        assert!(error.to_string().contains(&expected), "{error}");
    }
    let (_folder, path) = file("labels.npy", b"");
    npy::write_f64(&path, ndarray::array![[0.0], [f64::NAN]].into_dyn().view()).unwrap();
    let error = read_label_file_with(&path, Some(&names(&["0"])), None).unwrap_err().to_string();
    assert!(error.contains("row 2: found example 1"), "{error}");
}

#[test]
fn class_names_that_are_numbers_are_matched_by_value_and_not_by_position() {
    let (_folder, path) = file("labels", b"id,w\na,2.0\nb,1\n");
    let classes = strings(&["1", "2"]);
    let found = read_label_file_with(&path, None, Some(&classes)).unwrap();
    assert_eq!(given(&found), [(0, 0, 1), (1, 0, 0)]);
    let (_folder, path) = file("labels", b"id,w\na,0\n");
    let error = read_label_file_with(&path, None, Some(&classes)).unwrap_err().to_string();
    assert!(error.contains("found label 0, expected one of 1, 2"), "{error}");
}

#[test]
fn gzipped_files_are_recognised_by_their_content() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"task,annotator,label\n1,2,0\n").unwrap();
    let (_folder, path) = file("labels.csv", &gzip.finish().unwrap());
    assert_eq!(given(&read_label_file(&path).unwrap()), [(0, 0, 0)]);
}

#[test]
fn missing_labels_are_nan_in_float_arrays_and_minus_one_in_integer_arrays() {
    let (_folder, path) = file("labels.npy", b"");
    let floats = ndarray::array![[0.0, f64::NAN], [f64::NAN, 1.0]];
    npy::write_f64(&path, floats.into_dyn().view()).unwrap();
    let expected = [(0, 0, 0), (1, 1, 1)];
    let found = read_label_file(&path).unwrap();
    assert_eq!(given(&found), expected);
    assert_eq!(found.annotator_ids, names(&["0", "1"]));

    let mut bytes = npy::bytes_f64(ndarray::Array2::zeros((2, 2)).into_dyn().view());
    let at = bytes.windows(3).position(|text| text == b"<f8").unwrap();
    bytes[at..at + 3].copy_from_slice(b"|i1");
    bytes.truncate(128);
    std::fs::write(&path, [&bytes[..], &[0, 255, 255, 1]].concat()).unwrap();
    assert_eq!(given(&read_label_file(&path).unwrap()), expected);

    std::fs::write(&path, [&bytes[..], &[0, 254, 255, 1]].concat()).unwrap();
    let error = read_label_file(&path).unwrap_err().to_string();
    assert!(error.contains("row 1: found label -2, expected -1 (missing) or a class"), "{error}");

    for (value, shown) in [(1e300, "1e300"), (i64::MAX as f64, "9.223372036854776e18")] {
        npy::write_f64(&path, ndarray::array![[0.0, value]].into_dyn().view()).unwrap();
        let error = read_label_file(&path).unwrap_err().to_string();
        let expected = format!("row 1: found label {shown}, expected NaN (missing) or a class");
        assert!(error.ends_with(&format!("{expected} from 0")), "{error}");
    }
}

#[test]
fn label_studio_exports_are_read_by_task_and_user() {
    let text = r#"[
      {"id": 12, "data": {"text": "b"}, "annotations": [
        {"completed_by": 7, "result": [{"from_name": "c", "value": {"choices": ["pos"]}}]},
        {"completed_by": 8, "was_cancelled": true, "result": []}]},
      {"id": 2, "data": {}, "annotations": [
        {"completed_by": {"id": 9, "email": "a@b.c"}, "result": [{"value": {"choices": ["neg"]}}]}]}
    ]"#;
    let found = read(text).unwrap();
    assert_eq!(found.example_ids, names(&["2", "12"]));
    assert_eq!(found.annotator_ids, names(&["7", "a@b.c"]));
    assert_eq!(found.class_names, strings(&["neg", "pos"]));
    assert_eq!(given(&found), [(0, 1, 0), (1, 0, 1)]);
    assert_eq!(found.notes, ["cancelled or empty annotations that were skipped: 1"]);
    let unfinished = r#""result": [{"value": {"choices": ["pos", "neg"]}}]"#;
    let unfinished = read(&text.replace(r#""result": []"#, unfinished)).unwrap();
    assert_eq!((given(&unfinished), &unfinished.notes), (given(&found), &found.notes));
    assert_eq!(read(&format!("\u{feff}{text}")).unwrap(), found);
    let two = text.replace(r#"["pos"]"#, r#"["pos", "neg"]"#);
    assert!(message(&two).contains("row 1: found the choices pos, neg in one annotation"));
    let message = message(&text.replace("annotations", "results"));
    assert!(message.contains("expected the JSON export of Label Studio"), "{message}");
}

#[test]
fn a_wrong_file_is_named_with_row_and_expectation() {
    let cases = [
        (
            "task,worker,label\n1,w,0\n2,w,1\n1,w,1\n",
            "labels, row 4: found a second label of annotator w for example 1 (the first is in row 2)",
        ),
        ("id,a,b\nx,1,\ny,,1\nx,,1\n", "row 4: found example x, which is also in row 2"),
        ("id,a,a\nx,1,2\n", "row 1: found two columns called \"a\""),
        ("id,a,\nx,1,2\n", "row 1: found no name of column 3"),
        ("id,a,b\nx,1,2\n,1,1\n", "row 3: found no example"),
        ("task,worker,label,Label\n1,w,0,1\n", "row 1: found the columns label and Label"),
        ("task,Task,worker,label\n1,1,w,0\n", "row 1: found the columns task and Task"),
        ("task,worker_id,annotator,label\n1,w,v,0\n", "the columns annotator and worker_id"),
        ("task,worker,answer\n1,w,0\n", "row 1: found the columns task, worker, answer"),
        ("task;worker;label\n1;w;0\n", "separated by commas"),
        ("task,worker,label\n1,w\n", "row 2: found 2 fields, expected 3 as in the header"),
        ("task,worker,label\n,w,0\n", "row 2: found no example"),
        ("task,worker,label\n1,w,0\n1,v,-1\n", "row 3: found label -1, expected a class from 0"),
        (
            "task,worker,label\n1,w,0\n2,w,cat\n",
            "row 3: found label cat, expected a number as 0 in row 2",
        ),
        (
            "id,w\n1,dog\n2,3\n",
            "row 3: found label 3, expected the name of a class as dog in row 2",
        ),
        ("id,w\n1,dog\n2,0.5\n", "row 3: found label 0.5, expected a whole number from 0"),
        ("task,worker,label\n1,w,\"0\n", "row 2: found an open quote"),
        ("", "row 1: found no header"),
    ];
    for (text, expected) in cases {
        let message = message(text);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn half_a_million_rows_are_all_read() {
    let mut text = String::from("task,worker,label\n");
    for row in 0..500_000_u32 {
        writeln!(text, "{},w{},{}", row / 50, row % 50 * 37 % 2500, row % 10).unwrap();
    }
    let found = read(&text).unwrap();
    assert_eq!((found.labels.n_labels(), found.example_ids.len()), (500_000, 10_000));
    assert_eq!(found.annotator_ids.len(), 50);
    let last = found.labels.of_example(ExampleId(9_999));
    let place = |name: &str| found.annotator_ids.iter().position(|id| id == name).unwrap();
    assert_eq!(last.iter().find(|(id, _)| id.at() == place("w1813")).unwrap().1, Class(9));
}
