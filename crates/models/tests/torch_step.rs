//! One training step of the CPU engine against the same step in PyTorch,
//! recorded by `scripts/record_torch_step.py`. `TORCH_STEP=FILE` compares with
//! another record, such as that of ResNet-18 of width 64.

#![allow(clippy::unwrap_used)]

use relabel_models::Images;
use relabel_models::image::weights::{Role, TensorSpec};
use relabel_models::image::{
    Architecture, Batch, CpuEngine, Distortion, Engine, Input, Member, Named, NetKind, NetPlan,
    NetSpec, Precision, StepSize, WeightTensor, Weights,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-4;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The tensor that the script makes at `place`.
fn tensor(spec: &TensorSpec, place: f64) -> WeightTensor {
    let n: usize = spec.shape.iter().product();
    let fan_in: usize = spec.shape[1..].iter().product();
    let values = (0..n).map(|at| {
        let wave = (12.9898 * at as f64 + 78.233 * place).sin() * 43758.5453;
        let wave = 2.0 * (wave - wave.floor()) - 1.0;
        let value = match spec.role {
            Role::Kernel => wave * (6.0 / fan_in as f64).sqrt(),
            Role::Scale | Role::RunningVariance => 1.0 + 0.3 * wave,
            _ => 0.3 * wave,
        };
        value as f32
    });
    WeightTensor { shape: spec.shape.clone(), values: values.collect() }
}

/// The order of PyTorch's `state_dict`: the layers of a block before its shortcut.
fn weights(net: &Architecture) -> Weights {
    let specs = net.tensors().into_iter().enumerate();
    Weights(specs.map(|(at, spec)| (spec.name.clone(), tensor(&spec, at as f64))).collect())
}

fn images(n: usize, side: usize) -> Images {
    let pixels = (0..n * 3 * side * side).map(|at| (at * 7919 / 3 % 251) as u8);
    Images { pixels: pixels.collect(), channels: 3, height: side, width: side }
}

fn batch(n: usize) -> Batch {
    let mut targets = vec![0.01; 10 * n];
    (0..n).for_each(|at| targets[10 * at + at * 3 % 10] += 0.9);
    let rows = (0..n as u32).collect();
    Batch { rows, distortions: vec![Distortion::NONE; n], targets, mix: None }
}

fn assert_near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < TOLERANCE, "{what}: {found} for {expected}");
}

#[test]
fn a_step_is_that_of_pytorch() {
    let record = match std::env::var("TORCH_STEP") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("fixtures/torch_step.json").to_owned(),
    };
    let record: Value = serde_json::from_str(&record).unwrap();
    let number = |key: &str| record[key].as_u64().unwrap() as usize;
    let (n, side) = (number("images"), number("side"));
    let kind = NetKind::named(record["net"].as_str().unwrap()).unwrap();
    let spec = NetSpec { width: number("width"), ..NetSpec::small(kind) };
    let net = Architecture::new(&spec, 3, 10);
    let (images, weights) = (images(n, side), weights(&net));
    let input = Input { standard: vec![[120.0, 70.0]; 3], side: None };
    let plan = NetPlan {
        architecture: &net,
        members: &[Member { weights: &weights, input: &input }],
        images: &images,
        batch: n,
        precision: Precision::F32,
    };
    let stepped = |learning_rate: f32| {
        let size =
            StepSize { learning_rate, momentum: 0.9, weight_decay: 5e-3, norm_momentum: 1.0 };
        let mut net = CpuEngine.build(&plan).unwrap();
        net.step(&[batch(n)], &size).unwrap();
        net
    };

    let mut standing = stepped(0.0);
    assert_near(standing.mean_losses().unwrap()[0], record["loss"].as_f64().unwrap(), "loss");
    let rows: Vec<_> = (0..n as u32).collect();
    let scores = standing.scores(0, &images, &rows, false).unwrap();
    for (score, expected) in scores.into_iter().zip(numbers(&record["scores"])) {
        assert_near(f64::from(score), expected, "scores");
    }

    let net = stepped(0.1);
    let after = net.weights(0).unwrap();
    for (name, expected) in record["tensors"].as_object().unwrap() {
        let values: Vec<_> = after.values(name).iter().map(|&v| f64::from(v)).collect();
        let before = weights.values(name).iter().map(|&v| f64::from(v));
        let squares = values.iter().zip(before).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let change = (squares / values.len() as f64).sqrt();
        assert_near(change, expected["change"].as_f64().unwrap(), name);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert_near(mean, expected["mean"].as_f64().unwrap(), name);
        for (value, expected) in values.into_iter().zip(numbers(&expected["first"])) {
            assert_near(value, expected, name);
        }
    }
}
