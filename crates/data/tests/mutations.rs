//! Damaged label files and arrays: whatever is done to their bytes, reading them
//! gives labels or an error, never a panic, and labels that are read can be scored.
//! `RELABEL_MUTATIONS=N` tries N files instead of a few thousand.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;

use ndarray::{Array2, array};
use relabel_data::{npy, read_label_file};
use relabel_scoring::{
    Compat, FrequencyTie, QualityOptions, Round, Seed, Stream, active_lab, label_quality,
    stream::{below, uniform},
    validation::check_active_lab,
};

const LABEL_STUDIO: &str = r#"[{"id": 1, "data": {"text": "a"}, "annotations": [
  {"completed_by": 7, "result": [{"from_name": "c", "value": {"choices": ["pos"]}}]},
  {"completed_by": {"id": 8, "email": "a@b.c"}, "was_cancelled": false,
   "result": [{"value": {"choices": ["neg"]}}]}]},
 {"id": "x2", "annotations": [{"completed_by": 7, "result": [{"value": {"choices": ["neg"]}}]}]}]"#;

/// Text that mutations insert: what means something to one of the readers.
const PIECES: [&[u8]; 26] = [
    b",",
    b"\"",
    b"\"\"",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"nan",
    b"-1",
    b"0.5",
    b"1e9",
    b"99999",
    b"18446744073709551616",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[",
    b"{",
    b"}",
    b"null",
    b"'shape': (",
    b"9999999999999999999",
    b"|O",
    b"<f4",
    b">i2",
    b"True",
    b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
];

fn originals() -> Vec<Vec<u8>> {
    let long =
        b"task,annotator,label\n1,ana,cat\n1,ben,dog\n2,ana,dog\n10,cleo,\n2,\"b \"\"x\"\"\",cat\n";
    let wide = b"id,w1,w2,w3\na,0,1,\nb,2,,nan\nc,1.0,1,0\n".to_vec();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(long).unwrap();
    let floats = npy::bytes_f64(array![[0.0, f64::NAN], [2.0, 1.0]].into_dyn().view());
    let mut integers = floats.clone();
    let at = integers.windows(3).position(|text| text == b"<f8").unwrap();
    integers[at..at + 3].copy_from_slice(b"|i1");
    integers.truncate(128);
    integers.extend([0, 255, 1, 1]);
    vec![
        long.to_vec(),
        wide,
        gzip.finish().unwrap(),
        floats,
        integers,
        LABEL_STUDIO.as_bytes().to_vec(),
    ]
}

/// Changes, removes, doubles or inserts a few pieces.
fn mutate(bytes: &mut Vec<u8>, mut pick: impl FnMut(usize) -> usize) {
    for _ in 0..=pick(4) {
        let start = pick(bytes.len() + 1);
        let end = (start + pick(9)).min(bytes.len());
        match pick(6) {
            0 => bytes.truncate(start),
            1 => drop(bytes.drain(start..end)),
            2 => {
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            3 => drop(bytes.splice(start..start, PIECES[pick(PIECES.len())].iter().copied())),
            4 => drop(bytes.splice(start..end, PIECES[pick(PIECES.len())].iter().copied())),
            _ if start < bytes.len() => bytes[start] = pick(256) as u8,
            _ => {}
        }
    }
}

#[test]
fn damaged_files_are_read_or_refused() {
    let n: u64 = match std::env::var("RELABEL_MUTATIONS") {
        Ok(n) => n.parse().unwrap(),
        Err(_) => 6_000,
    };
    let folder = tempfile::tempdir().unwrap();
    let originals = originals();
    let mut n_read = 0;
    for number in 0..n {
        let stream = Stream::new(Seed(number), "mutations", Round(0), 0);
        let mut rng = stream.rng();
        let mut bytes = originals[below(&mut rng, originals.len())].clone();
        mutate(&mut bytes, |n| below(&mut rng, n));
        // A name of its own: a file system flushes what is written over an old file.
        let path = folder.path().join(format!("labels-{number}"));
        std::fs::write(&path, &bytes).unwrap();
        let outcome = std::panic::catch_unwind(|| read_and_score(&path, stream));
        let read = outcome.unwrap_or_else(|_| panic!("panic in file {number}: {bytes:?}"));
        n_read += u64::from(read);
        std::fs::remove_file(&path).unwrap();
    }
    // Neither reading nor refusing is all that happens.
    assert!(n_read > n / 20 && n_read < n / 20 * 19, "{n_read} of {n}");
}

/// Whether the file could be read; as labels and as an array of numbers.
fn read_and_score(path: &Path, stream: Stream) -> bool {
    let _ = npy::read(path).map_err(|error| error.to_string());
    let file = match read_label_file(path) {
        Ok(file) => file,
        Err(error) => {
            assert!(error.to_string().contains("labels"), "{error}");
            return false;
        }
    };
    let mut rng = stream.child(1).rng();
    let (n, k) = (file.labels.n_examples(), file.class_names.len());
    let probs = Array2::from_shape_simple_fn((n, k), || 1e-3 + uniform(&mut rng));
    let sums = probs.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
    let probs = probs / sums;
    let views = [probs.view()];
    let options = QualityOptions { calibrate: true, ..QualityOptions::default() };
    if let Ok(found) = label_quality(&file.labels, &views, &options, stream) {
        assert!(found.quality.iter().all(|score| (0.0..=1.0 + 1e-9).contains(score)));
    }
    if check_active_lab(Some(&file.labels), &views, &views, Compat::Corrected).is_ok() {
        let found = active_lab(Some(&file.labels), &views, &views, FrequencyTie::Rarest, stream);
        assert!(found.labeled.iter().chain(&found.pool).all(|score| !score.is_nan()));
    }
    true
}
