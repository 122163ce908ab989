//! `relabel bench gpu` restricted to what a user names.
#![allow(clippy::unwrap_used)]

use std::{fs, process::Command};

use serde_json::Value;

/// Exit code, stderr and the JSON that was written, if any.
fn bench(options: &[&str]) -> (Option<i32>, String, Option<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bench.json");
    let output = Command::new(env!("CARGO_BIN_EXE_relabel"))
        .args(["bench", "gpu", "--device", "cpu", "--minutes", "0.1", "--out"])
        .arg(&out)
        .args(options)
        .output()
        .unwrap();
    let json = fs::read(&out).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap());
    (output.status.code(), String::from_utf8(output.stderr).unwrap(), json)
}

#[test]
fn only_the_named_parts_nets_batches_and_formats_are_measured() {
    let options = ["--parts", "throughput,scores", "--nets", "resnet8"];
    let (code, said, json) =
        bench(&[&options[..], &["--batches", "3,2", "--formats", "f32"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let json = json.unwrap();
    let lines: Vec<_> = json["throughput"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            assert!(line["images_per_second"].as_f64().unwrap() > 0.0, "{line}");
            let word = |key: &str| line[key].as_str().unwrap().to_owned();
            (word("net"), word("task"), line["batch"].as_u64().unwrap(), word("precision"))
        })
        .collect();
    let line = |task: &str, batch| ("resnet8".into(), task.into(), batch, "f32".into());
    assert_eq!(lines, [line("train", 3), line("infer", 3), line("train", 2), line("infer", 2)]);
    assert_eq!(json["agreement"].as_array().unwrap().len(), 1);
    assert_eq!(json["agreement"][0]["greatest_difference"], 0.0);
    assert!(json["first_step"].as_array().is_some_and(Vec::is_empty));
    for part in ["fits", "memory", "skipped"] {
        assert!(json[part].as_array().unwrap().is_empty(), "{part}: {json}");
    }
}

#[test]
fn kernels_of_a_device_without_any_are_left_out_in_one_line() {
    let (code, said, json) = bench(&["--parts", "kernels"]);
    assert_eq!(code, Some(0), "{said}");
    let json = json.unwrap();
    assert!(json["kernels"].as_array().unwrap().is_empty(), "{json}");
    let skipped = json["skipped"].as_array().unwrap();
    assert!(skipped.len() == 1 && skipped[0].as_str().unwrap().contains("only GPUs"), "{json}");
}

#[test]
fn a_file_in_a_folder_that_is_not_there_is_refused_before_anything_is_measured() {
    let output = Command::new(env!("CARGO_BIN_EXE_relabel"))
        .args(["bench", "gpu", "--device", "cpu", "--out", "no-such-folder/bench.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("no folder no-such-folder"), "{said}");
}

#[test]
fn fits_are_those_of_the_named_net() {
    let (code, said, json) = bench(&["--parts", "fits", "--nets", "resnet8"]);
    assert_eq!(code, Some(0), "{said}");
    let json = json.unwrap();
    let fits = json["fits"].as_array().unwrap();
    let sizes: Vec<_> = fits.iter().map(|fit| fit["images"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [800, 4000]);
    // the CPU engine takes no stacks
    let alone = |fit: &Value| fit["together"] == 1 && fit["precision"] == "f32";
    assert!(fits.iter().all(|fit| fit["net"] == "resnet8" && alone(fit)), "{json}");
    assert!(json["throughput"].as_array().unwrap().is_empty());
}

#[test]
fn what_cannot_be_measured_is_refused_and_nothing_is_written() {
    for (options, sentence) in [
        (["--formats", "f16"], "in f32 only; leave f16 out or choose a GPU"),
        (["--formats", "f64"], "use one of f32, f16"),
        (["--nets", "resnet9"], "use one of resnet8, resnet14, resnet18"),
        (["--batches", "64,0"], "from 1 to 65536"),
        (["--parts", "fit"], "[possible values: first-step, scores"),
    ] {
        let (code, said, json) = bench(&options);
        assert_eq!(code, Some(2), "{options:?}: {said}");
        assert!(said.contains(sentence), "{options:?}: {said}");
        assert!(json.is_none(), "{options:?}");
    }
}
