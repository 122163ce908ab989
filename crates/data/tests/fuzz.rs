//! Every reader of files that people hand in, given damaged ones: no panic, no memory
//! beyond 256 MiB.
#![allow(clippy::unwrap_used)]

mod mutation;

use std::{fs, io::Write, path::Path};

use mutation::fuzz;
use relabel_data::{AnnotatorTable, Cifar10Test, Sources, WallRobotVariant, npy, read_label_file};

/// Calls `read` with a file of these bytes, at this place in a folder.
fn with_file(file: &str, read: impl Fn(&Path, &Path)) -> impl Fn(&[u8]) {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    move |bytes| {
        fs::write(&path, bytes).unwrap();
        read(folder.path(), &path);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

fn arrays() -> Vec<Vec<u8>> {
    let array = |descr: &str, order: &str, shape: &str, data: &[u8]| {
        let head =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = (head.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], head.as_bytes(), data].concat()
    };
    vec![
        array("<f8", "False", "(2, 3)", &[0; 48]),
        array(">i4", "True", "(3, 2)", &[255; 24]),
        array("|u1", "False", "(5,)", &[1; 5]),
        array("<f4", "False", "(1, 2, 2)", &[0; 16]),
    ]
}

const LONG: &str = "example,annotator,label\na,x,cat\na,y,dog\nb,x,\"cat, big\"\n10,z,3\n2,x,1\n";
const WIDE: &str = "example,ann1,ann2\nimg1,0,1\nimg2,,1\nimg3,2,\n";
const STUDIO: &str = r#"[{"id": 1, "data": {"image": "a.png"}, "annotations": [{"completed_by": 3,
"was_cancelled": false, "result": [{"type": "choices", "value": {"choices": ["cat"]}}]}]},
{"id": 2, "annotations": [{"completed_by": {"id": 4, "email": "a@b"}, "result": [{"type": "choices",
"value": {"choices": ["dog"]}}]}], "predictions": []}]"#;

#[test]
fn npy_files() {
    fuzz("npy", arrays(), with_file("a.npy", |_, path| drop(npy::read(path))));
}

#[test]
fn label_files() {
    let mut corpus: Vec<Vec<u8>> = [LONG, WIDE, STUDIO].map(|text| text.as_bytes().into()).into();
    corpus.extend([gzip(LONG.as_bytes()), zip("labels.csv", WIDE.as_bytes())]);
    corpus.extend(arrays());
    fuzz("label files", corpus, with_file("labels", |_, path| drop(read_label_file(path))));
}

#[test]
fn label_studio_exports() {
    let corpus = vec![STUDIO.as_bytes().to_vec()];
    fuzz("Label Studio", corpus, with_file("labels.json", |_, path| drop(read_label_file(path))));
}

#[test]
fn cifar_10_batches() {
    let corpus = vec![vec![3; 3073], (0..6146).map(|i| (i % 10) as u8).collect()];
    let file = "cifar-10-batches-bin/test_batch.bin";
    let read = |folder: &Path, _: &Path| drop(Cifar10Test::open(folder));
    fuzz("CIFAR-10 batch", corpus, with_file(file, read));
}

#[test]
fn cifar_10h_tables() {
    let table = "annotator_id,trial_index,is_attn_check,true_category,chosen_category,true_label,\
                 chosen_label,correct_guess,cifar10_test_test_idx,reaction_time,time_elapsed,\
                 subset_index\n0,0,0,airplane,airplane,0,0,1,8,1.5,2.5,3\n\
                 0,1,1,cat,cat,3,3,1,-99999,1,2,3\n1,0,0,dog,cat,5,3,0,9,1,2,3\n";
    let corpus = vec![zip("cifar10h-raw.csv", table.as_bytes()), table.as_bytes().into()];
    let read = |folder: &Path, _: &Path| drop(AnnotatorTable::open(folder));
    fuzz("CIFAR-10H", corpus, with_file("cifar-10h/cifar10h-raw.zip", read));
}

#[test]
fn wall_robot_tables() {
    let rows = "1.687,0.445,2.332,0.429,Slight-Right-Turn\n0.5,0.4,0.3,0.2,Move-Forward\r\n";
    let read = |folder: &Path, _: &Path| {
        drop(relabel_data::wall_robot(folder, WallRobotVariant::Published, Default::default()));
    };
    let file = "wall-robot/sensor_readings_4.data";
    fuzz("Wall-Robot", vec![rows.as_bytes().into()], with_file(file, read));
}

#[test]
fn lists_of_sources() {
    let list = include_bytes!("../../../data/sources.toml").to_vec();
    fuzz("sources.toml", vec![list], with_file("s.toml", |_, path| drop(Sources::open(path))));
}
