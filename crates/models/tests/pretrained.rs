//! Weights files written by PyTorch (`scripts/record_torch_weights.py`): the
//! scores of the network that is read from them are PyTorch's.
//! `RELABEL_TORCH_WEIGHTS=FOLDER` takes another recording, such as full size.

#![cfg(feature = "resnet")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use relabel_models::Images;
use relabel_models::image::{
    Architecture, BurnEngine, CpuEngine, Engine, Input, Member, Named, NetKind, NetPlan, NetSpec,
    Precision, Weights, pretrained,
};
use serde_json::Value;

fn folder() -> PathBuf {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch_weights");
    std::env::var_os("RELABEL_TORCH_WEIGHTS").map_or(fixture, PathBuf::from)
}

struct Record {
    net: Architecture,
    side: usize,
    scores: Vec<f64>,
}

fn record() -> Record {
    let text = std::fs::read_to_string(folder().join("scores.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let number = |key: &str| record[key].as_u64().unwrap() as usize;
    let kind = NetKind::named(&format!("resnet{}", number("depth"))).unwrap();
    let spec = NetSpec { width: number("width"), ..NetSpec::imagenet(kind) };
    let scores: Vec<_> =
        record["scores"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let net = Architecture::new(&spec, 3, scores.len() / 3);
    Record { net, side: number("side"), scores }
}

fn scores(engine: &dyn Engine, record: &Record, weights: &Weights) -> Vec<f32> {
    let side = record.side;
    let pixels = (0..9 * side * side).map(|at| (at * 7919 / 3 % 251) as u8);
    let images = Images { pixels: pixels.collect(), channels: 3, height: side, width: side };
    let input = Input { standard: vec![[120.0, 70.0]; 3], side: None };
    let plan = NetPlan {
        architecture: &record.net,
        members: &[Member { weights, input: &input }],
        images: &images,
        batch: 3,
        precision: Precision::F32,
    };
    engine.build(&plan).unwrap().scores(0, &images, &[0, 1, 2], false).unwrap()
}

fn assert_scores(found: &[f32], expected: &[f64]) {
    let far = |(&a, &b): (&f32, &f64)| (f64::from(a) - b).abs();
    let worst = found.iter().zip(expected).map(far).fold(0.0, f64::max);
    println!("{} scores, largest difference from PyTorch {worst:.1e}", expected.len());
    assert!(found.len() == expected.len() && worst < 1e-5, "{worst}");
}

#[test]
fn scores_are_those_of_pytorch_on_both_engines_and_from_both_formats() {
    let record = record();
    let weights = pretrained(&folder().join("net.pth"), &record.net).unwrap();
    assert_scores(&scores(&CpuEngine, &record, &weights), &record.scores);
    assert_scores(&scores(&BurnEngine::new(Device::flex()), &record, &weights), &record.scores);
    assert!(weights == pretrained(&folder().join("net.safetensors"), &record.net).unwrap());
}

#[test]
fn a_head_for_other_classes_is_left_out() {
    let Record { mut net, .. } = record();
    net.n_classes += 3;
    let weights = pretrained(&folder().join("net.pth"), &net).unwrap();
    assert!(weights.get("fc.weight").is_none() && weights.get("fc.bias").is_none());
    assert_eq!(weights.0.len(), net.tensors().len() - 2);
}

#[test]
fn another_network_is_refused_with_the_first_tensor_and_both_shapes() {
    let Record { net, .. } = record();
    let spec = NetSpec { width: 3, ..NetSpec::imagenet(NetKind::Resnet18) };
    let wider = Architecture::new(&spec, 3, net.n_classes);
    let file = folder().join("net.pth");
    let text = pretrained(&file, &wider).unwrap_err().to_string();
    assert!(text.contains("net.pth does not fit"), "{text}");
    assert!(
        text.contains("'conv1.weight' has shape [2, 3, 7, 7], expected [3, 3, 7, 7]"),
        "{text}"
    );
}

#[test]
fn files_that_are_no_weights_are_named() {
    let Record { net, .. } = record();
    let text = pretrained(&folder().join("scores.json"), &net).unwrap_err().to_string();
    assert!(text.contains("should end in .pth"), "{text}");
    let broken = std::env::temp_dir().join(format!("relabel-{}.pth", std::process::id()));
    std::fs::write(&broken, "not a checkpoint").unwrap();
    let text = pretrained(&broken, &net).unwrap_err().to_string();
    std::fs::remove_file(&broken).unwrap();
    assert!(text.contains("cannot be read"), "{text}");
}
