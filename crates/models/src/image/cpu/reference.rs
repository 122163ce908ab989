//! For tests: the same network in double precision by the definitions, one
//! number at a time, so that gradients can be checked against differences.

use std::collections::BTreeMap;

use crate::image::architecture::{
    Activation, Architecture, Conv, GlobalPool, Layer, NORM_EPSILON, Norm, Pool, Unit,
};

/// `[image][channel][row][column]`
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) shape: [usize; 4],
    pub(super) values: Vec<f64>,
}

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, Vec<f64>>;

impl Map {
    fn generate(shape: [usize; 4], mut f: impl FnMut([usize; 4]) -> f64) -> Self {
        let [images, channels, height, width] = shape;
        let mut values = Vec::new();
        for image in 0..images {
            for channel in 0..channels {
                for row in 0..height {
                    values.extend((0..width).map(|column| f([image, channel, row, column])));
                }
            }
        }
        Self { shape, values }
    }

    fn at(&self, image: usize, channel: usize, row: isize, column: isize) -> Option<f64> {
        let [_, channels, height, width] = self.shape;
        let row = usize::try_from(row).ok().filter(|&row| row < height)?;
        let column = usize::try_from(column).ok().filter(|&column| column < width)?;
        Some(self.values[((image * channels + channel) * height + row) * width + column])
    }

    /// For every position of a window of `size` at `stride`: the values in it, by kernel position.
    fn window(
        &self,
        [image, channel, row, column]: [usize; 4],
        [size, stride, pad]: [usize; 3],
    ) -> impl Iterator<Item = (usize, Option<f64>)> {
        (0..size * size).map(move |at| {
            let place = |axis: usize, step: usize| (axis * stride + step) as isize - pad as isize;
            (at, self.at(image, channel, place(row, at / size), place(column, at % size)))
        })
    }

    fn sides(&self, [size, stride, pad]: [usize; 3]) -> [usize; 2] {
        [self.shape[2], self.shape[3]].map(|n| (n + 2 * pad - size) / stride + 1)
    }
}

fn convolve(map: &Map, conv: &Conv, tensors: &Tensors) -> Map {
    let kernel = &tensors[&format!("{}.weight", conv.name)];
    let bias = tensors.get(&format!("{}.bias", conv.name));
    let frame = [conv.size, conv.stride, conv.pad];
    let [height, width] = map.sides(frame);
    let area = conv.size * conv.size;
    Map::generate([map.shape[0], conv.to, height, width], |[image, to, row, column]| {
        let mut sum = bias.map_or(0.0, |bias| bias[to]);
        for from in 0..conv.from {
            for (at, value) in map.window([image, from, row, column], frame) {
                sum += value.unwrap_or(0.0) * kernel[(to * conv.from + from) * area + at];
            }
        }
        sum
    })
}

fn pool(map: &Map, pool: Pool) -> Map {
    let frame = [pool.size, pool.stride, pool.pad];
    let [height, width] = map.sides(frame);
    Map::generate([map.shape[0], map.shape[1], height, width], |at| {
        let values = map.window(at, frame).filter_map(|(_, value)| value);
        values.fold(f64::NEG_INFINITY, f64::max)
    })
}

fn normalise(map: &Map, norm: &Norm, tensors: &Tensors) -> Map {
    let [scale, shift] = ["weight", "bias"].map(|word| &tensors[&format!("{}.{word}", norm.name)]);
    let area = map.shape[2] * map.shape[3];
    let count = (map.shape[0] * area) as f64;
    let of = |channel: usize| {
        let planes = map.values.chunks(area).skip(channel).step_by(map.shape[1]);
        planes.flatten().copied()
    };
    let moments: Vec<_> = (0..map.shape[1])
        .map(|channel| {
            let mean = of(channel).sum::<f64>() / count;
            let variance = of(channel).map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            (mean, (variance + f64::from(NORM_EPSILON)).sqrt())
        })
        .collect();
    let mut result = map.clone();
    for (at, value) in result.values.iter_mut().enumerate() {
        let channel = at / area % map.shape[1];
        let (mean, deviation) = moments[channel];
        *value = (*value - mean) / deviation * scale[channel] + shift[channel];
    }
    result
}

/// Phi by its Taylor series.
fn normal(x: f64) -> f64 {
    if x.abs() > 7.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / (2.0 * f64::from(n));
        sum += term / f64::from(2 * n + 1);
    }
    0.5 + sum / std::f64::consts::TAU.sqrt()
}

fn activate(mut map: Map, activation: Activation) -> Map {
    for value in &mut map.values {
        *value = match activation {
            Activation::None => *value,
            Activation::Relu => value.max(0.0),
            Activation::Gelu => *value * normal(*value),
        };
    }
    map
}

fn run_unit(map: &Map, unit: &Unit, tensors: &Tensors) -> Map {
    let mut map = convolve(map, &unit.conv, tensors);
    if let Some(how) = unit.pool {
        map = pool(&map, how);
    }
    if let Some(norm) = &unit.norm {
        map = normalise(&map, norm, tensors);
    }
    activate(map, unit.activation)
}

/// Class scores `[image][class]` with the statistics of the batch.
pub(super) fn scores(net: &Architecture, tensors: &Tensors, input: Map) -> Vec<f64> {
    let mut map = input;
    for layer in &net.layers {
        map = match layer {
            Layer::Unit(unit) => run_unit(&map, unit, tensors),
            Layer::Pool(how) => pool(&map, *how),
            Layer::Residual { branch, shortcut } => {
                let beside = match shortcut {
                    Some(unit) => run_unit(&map, unit, tensors),
                    None => map.clone(),
                };
                let mut sum = branch.iter().fold(map, |map, unit| run_unit(&map, unit, tensors));
                for (value, beside) in sum.values.iter_mut().zip(beside.values) {
                    *value += beside;
                }
                activate(sum, Activation::Relu)
            }
        };
    }
    let area = map.shape[2] * map.shape[3];
    let features: Vec<_> = map
        .values
        .chunks(area)
        .map(|plane| match net.head.pool {
            GlobalPool::Average => plane.iter().sum::<f64>() / area as f64,
            GlobalPool::Max => plane.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
        .collect();
    let weight = &tensors["fc.weight"];
    let rows = features.chunks(net.head.from).flat_map(|features| {
        (0..net.n_classes).map(move |class| {
            let weights = &weight[class * net.head.from..][..net.head.from];
            let sum: f64 = weights.iter().zip(features).map(|(a, b)| a * b).sum();
            let bias = tensors.get("fc.bias").map_or(0.0, |bias| bias[class]);
            f64::from(net.head.scale) * (sum + bias)
        })
    });
    rows.collect()
}

/// The mean cross-entropy of `scores` against `targets`, both `[image][class]`.
pub(super) fn loss(scores: &[f64], targets: &[f32], n_classes: usize) -> f64 {
    let rows = scores.chunks(n_classes).zip(targets.chunks(n_classes));
    let n = rows.len() as f64;
    let losses = rows.map(|(scores, targets)| {
        let total = scores.iter().map(|score| score.exp()).sum::<f64>().ln();
        let terms = scores.iter().zip(targets);
        terms.map(|(score, &target)| f64::from(target) * (total - score)).sum::<f64>()
    });
    losses.sum::<f64>() / n
}
