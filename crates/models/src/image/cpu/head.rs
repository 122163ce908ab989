//! The end of the network: all positions pooled into one vector of features, a
//! linear map to class scores, and the cross-entropy against a distribution
//! over classes, forward and backward.

use super::lanes::{LANES, Lanes};
use super::plane::Shape;
use crate::image::architecture::{GlobalPool, Head};

/// The features of one image from its map.
pub(super) fn features(pool: GlobalPool, map: &[Lanes], shape: Shape, features: &mut [Lanes]) {
    let share = 1.0 / shape.plane.area() as f32;
    for (plane, feature) in map.chunks_exact(shape.plane.len()).zip(features) {
        let pixels = shape.plane.rows(plane).flatten();
        *feature = match pool {
            GlobalPool::Average => {
                let sum = pixels.fold(Lanes::default(), |sum, pixel| {
                    Lanes::from_fn(|lane| sum.0[lane] + pixel.0[lane])
                });
                Lanes::from_fn(|lane| share * sum.0[lane])
            }
            GlobalPool::Max => pixels.fold(Lanes::splat(f32::NEG_INFINITY), |largest, pixel| {
                Lanes::from_fn(|lane| largest.0[lane].max(pixel.0[lane]))
            }),
        };
    }
}

/// From the gradient of the features to that of the map, `[block][pixel]`.
pub(super) fn spread(
    pool: GlobalPool,
    slopes: &[Lanes],
    map: (&[Lanes], Shape),
    gradient: &mut [Lanes],
) {
    let plane = map.1.plane;
    let planes = map.0.chunks_exact(plane.len()).zip(gradient.chunks_exact_mut(plane.area()));
    for ((map, gradient), slope) in planes.zip(slopes) {
        match pool {
            GlobalPool::Average => {
                let share = 1.0 / plane.area() as f32;
                gradient.fill(Lanes::from_fn(|lane| share * slope.0[lane]));
            }
            GlobalPool::Max => {
                gradient.fill(Lanes::default());
                for lane in 0..LANES {
                    let pixels = || plane.rows(map).flatten().map(|pixel| pixel.0[lane]);
                    let largest = pixels().fold(f32::NEG_INFINITY, f32::max);
                    let first = pixels().position(|value| value == largest);
                    gradient[first.unwrap_or(0)].0[lane] = slope.0[lane];
                }
            }
        }
    }
}

/// The linear map: `scale (weight features + bias)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear<'a> {
    /// `[class][block]`
    pub(super) weight: &'a [Lanes],
    /// `[class / 16]`
    pub(super) bias: Option<&'a [Lanes]>,
    pub(super) scale: f32,
}

impl<'a> Linear<'a> {
    pub(super) fn new(head: &Head, weight: &'a [Lanes], bias: Option<&'a [Lanes]>) -> Self {
        Self { weight, bias, scale: head.scale }
    }

    /// Class scores of one image.
    pub(super) fn scores(self, features: &[Lanes], scores: &mut [f32]) {
        for (class, score) in scores.iter_mut().enumerate() {
            let weights = &self.weight[class * features.len()..][..features.len()];
            let mut sums = Lanes::default();
            for (weight, feature) in weights.iter().zip(features) {
                sums = Lanes::from_fn(|lane| sums.0[lane] + weight.0[lane] * feature.0[lane]);
            }
            let bias = self.bias.map_or(0.0, |bias| bias[class / LANES].0[class % LANES]);
            *score = self.scale * (sums.0.iter().sum::<f32>() + bias);
        }
    }

    /// The gradient of the features of one image from that of its scores.
    pub(super) fn feature_slopes(self, scores: &[f32], slopes: &mut [Lanes]) {
        slopes.fill(Lanes::default());
        for (&score, weights) in scores.iter().zip(self.weight.chunks_exact(slopes.len())) {
            let factor = self.scale * score;
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = Lanes::from_fn(|lane| slope.0[lane] + factor * weight.0[lane]);
            }
        }
    }
}

/// The gradient of the linear map over a batch; `scores` are gradients of the scores.
pub(super) fn linear_slopes(
    scale: f32,
    features: &[Lanes],
    scores: &[f32],
    weight: &mut [Lanes],
    bias: Option<&mut [Lanes]>,
    n_classes: usize,
) {
    let blocks = weight.len() / n_classes;
    weight.fill(Lanes::default());
    let rows = features.chunks_exact(blocks).zip(scores.chunks_exact(n_classes));
    for (features, scores) in rows.clone() {
        for (&score, slopes) in scores.iter().zip(weight.chunks_exact_mut(blocks)) {
            let factor = scale * score;
            for (slope, feature) in slopes.iter_mut().zip(features) {
                *slope = Lanes::from_fn(|lane| slope.0[lane] + factor * feature.0[lane]);
            }
        }
    }
    if let Some(bias) = bias {
        bias.fill(Lanes::default());
        for (_, scores) in rows {
            for (class, &score) in scores.iter().enumerate() {
                bias[class / LANES].0[class % LANES] += scale * score;
            }
        }
    }
}

/// The cross-entropy of one row; its scores become their gradient, times `share`.
pub(super) fn cross_entropy(scores: &mut [f32], targets: &[f32], share: f32) -> f64 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = scores.iter().map(|&score| (score - largest).exp()).sum();
    let log_total = total.ln() + largest;
    let mass: f32 = targets.iter().sum();
    let mut loss = 0.0;
    for (score, &target) in scores.iter_mut().zip(targets) {
        let log_probability = *score - log_total;
        loss -= f64::from(target) * f64::from(log_probability);
        *score = share * (mass * log_probability.exp() - target);
    }
    loss
}
