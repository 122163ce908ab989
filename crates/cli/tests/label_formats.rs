//! The same labels in every format that `relabel score` reads give the same
//! results, and the results are written in full precision.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output},
};

use ndarray::{Array2, Axis, array};
use relabel_data::npy;
use tempfile::TempDir;

fn relabel(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relabel")).current_dir(folder).args(args).output().unwrap()
}

fn run(folder: &Path, args: &[&str]) -> String {
    let output = relabel(folder, args);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{talk}");
    assert!(output.stdout.is_empty());
    talk
}

/// Example, annotator, class: ids of numbers so that every format can hold them.
const LABELS: [(u32, u32, u32); 9] = [
    (0, 0, 0),
    (0, 1, 0),
    (0, 2, 1),
    (1, 0, 1),
    (1, 2, 1),
    (2, 1, 2),
    (2, 2, 0),
    (3, 0, 2),
    (3, 1, 2),
];

fn probs() -> Array2<f64> {
    array![[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.2, 0.5], [0.25, 0.25, 0.5]]
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    npy::write_f64(&folder.path().join("p.npy"), probs().view().into_dyn()).unwrap();
    folder
}

fn long() -> String {
    let row =
        |(example, annotator, class): &(u32, u32, u32)| format!("{annotator},{class},{example}\n");
    "worker,label,task\n".to_owned() + &LABELS.iter().rev().map(row).collect::<String>()
}

fn matrix() -> Array2<f64> {
    let mut matrix = Array2::from_elem((4, 3), f64::NAN);
    LABELS.iter().for_each(|&(e, a, c)| matrix[[e as usize, a as usize]] = f64::from(c));
    matrix
}

/// An array as numpy writes it, of bytes of type `descr`.
fn npy_bytes(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.as_bytes());
    bytes.extend(data);
    bytes
}

/// Every file that `score` writes, but for the names of examples and annotators.
fn score(folder: &Path, labels: &str, probs: &[&str]) -> Vec<Vec<u8>> {
    let mut args = vec!["score", "--labels", labels, "--out", "out"];
    probs.iter().for_each(|probs| args.extend(["--pred-probs", probs]));
    run(folder, &args);
    let files = [
        "label_quality.csv",
        "annotator_stats.csv",
        "detailed_label_quality.csv",
        "posterior.npy",
        "weights.json",
        "diagnostics.json",
    ];
    files.iter().map(|file| fs::read(folder.join("out").join(file)).unwrap()).collect()
}

#[test]
fn every_format_of_labels_gives_the_same_results() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("long.csv"), long()).unwrap();
    let expected = score(path, "long.csv", &["p.npy"]);

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(long().as_bytes()).unwrap();
    fs::write(path.join("long.csv.gz"), gzip.finish().unwrap()).unwrap();

    let cell = |value: &f64| if value.is_nan() { String::new() } else { value.to_string() };
    let row = |(id, row): (usize, ndarray::ArrayView1<'_, f64>)| {
        format!("{id},{}\n", row.iter().map(cell).collect::<Vec<_>>().join(","))
    };
    let rows: String = matrix().rows().into_iter().enumerate().map(row).collect();
    fs::write(path.join("wide.csv"), format!("example,0,1,2\n{rows}")).unwrap();
    let marked = rows.replace(",\n", ",NA\n").replace(",,", ",<NA>,");
    fs::write(path.join("marked.csv"), format!("example,0,1,2\n{marked}")).unwrap();

    npy::write_f64(&path.join("float.npy"), matrix().view().into_dyn()).unwrap();
    let integers = |matrix: &Array2<f64>| -> Vec<u8> {
        matrix.iter().map(|value| if value.is_nan() { 255 } else { *value as u8 }).collect()
    };
    let bytes = npy_bytes("|i1", false, "(4, 3)", &integers(&matrix()));
    fs::write(path.join("integer.npy"), bytes).unwrap();
    let turned = matrix().reversed_axes().as_standard_layout().into_owned();
    let bytes = npy_bytes("|i1", true, "(4, 3)", &integers(&turned));
    fs::write(path.join("fortran.npy"), bytes).unwrap();

    let annotation = |class: u32, annotator: u32| {
        format!(
            r#"{{"completed_by": {annotator}, "result": [{{"value": {{"choices": ["{class}"]}}}}]}}"#
        )
    };
    let task = |example: u32| {
        let of_example = LABELS.iter().filter(|label| label.0 == example);
        let annotations: Vec<String> = of_example.map(|&(_, a, c)| annotation(c, a)).collect();
        format!(r#"{{"id": {example}, "annotations": [{}]}}"#, annotations.join(","))
    };
    let tasks: Vec<String> = (0..4).map(task).collect();
    fs::write(path.join("studio.json"), format!("[{}]", tasks.join(","))).unwrap();

    let files =
        ["long.csv.gz", "wide.csv", "marked.csv", "float.npy", "integer.npy", "fortran.npy"];
    for labels in files.into_iter().chain(["studio.json"]) {
        assert!(score(path, labels, &["p.npy"]) == expected, "{labels}");
    }
}

#[test]
fn every_format_of_probabilities_gives_the_same_results() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("long.csv"), long()).unwrap();
    let expected = score(path, "long.csv", &["p.npy", "p.npy"]);
    let both = ndarray::stack![Axis(0), probs(), probs()];
    npy::write_f64(&path.join("stack.npy"), both.view().into_dyn()).unwrap();
    assert!(score(path, "long.csv", &["stack.npy"]) == expected);

    // Exact in single precision, so that nothing may differ.
    let exact =
        array![[0.75, 0.125, 0.125], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5], [0.25, 0.5, 0.25]];
    npy::write_f64(&path.join("p.npy"), exact.view().into_dyn()).unwrap();
    let single: Vec<u8> = exact.iter().flat_map(|p| (*p as f32).to_le_bytes()).collect();
    fs::write(path.join("single.npy"), npy_bytes("<f4", false, "(4, 3)", &single)).unwrap();
    let turned: Vec<u8> = exact.t().iter().flat_map(|p| p.to_be_bytes()).collect();
    fs::write(path.join("fortran.npy"), npy_bytes(">f8", true, "(4, 3)", &turned)).unwrap();
    let expected = score(path, "long.csv", &["p.npy"]);
    assert!(score(path, "long.csv", &["single.npy"]) == expected);
    let half = |p: &f64| ((p.log2() as i32 + 15) as u16) << 10;
    let halves = array![[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]];
    npy::write_f64(&path.join("double.npy"), halves.view().into_dyn()).unwrap();
    let bytes: Vec<u8> = halves.iter().flat_map(|p| half(p).to_le_bytes()).collect();
    fs::write(path.join("half.npy"), npy_bytes("<f2", false, "(4, 3)", &bytes)).unwrap();
    let of_halves = score(path, "long.csv", &["double.npy"]);
    assert!(score(path, "long.csv", &["half.npy"]) == of_halves);
    assert!(score(path, "long.csv", &["fortran.npy"]) == expected);
}

#[test]
fn a_list_of_examples_sets_the_order_of_rows() {
    let folder = folder();
    let path = folder.path();
    let named = long()
        .replace(",0\n", ",zero\n")
        .replace(",1\n", ",one\n")
        .replace(",2\n", ",two\n")
        .replace(",3\n", ",three\n");
    fs::write(path.join("long.csv"), named).unwrap();
    // As some editors write it.
    fs::write(path.join("ids.txt"), "\u{feff}zero\r\none\r\ntwo\r\nthree\r\n").unwrap();
    let args = [
        "score",
        "--labels",
        "long.csv",
        "--pred-probs",
        "p.npy",
        "--examples",
        "ids.txt",
        "--out",
        "out",
    ];
    run(path, &args);
    let table = fs::read_to_string(path.join("out/label_quality.csv")).unwrap();
    let ids: Vec<&str> =
        table.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids, ["zero", "one", "two", "three"]);
    let posterior = npy::read_f64(&path.join("out/posterior.npy")).unwrap();
    fs::write(path.join("long.csv"), long()).unwrap();
    run(path, &["score", "--labels", "long.csv", "--pred-probs", "p.npy", "--out", "out"]);
    assert_eq!(posterior, npy::read_f64(&path.join("out/posterior.npy")).unwrap());
}
