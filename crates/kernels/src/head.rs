//! The end of a network: from the rows of an image to its features, from class scores
//! to the cross-entropy, and both ways back. Everything behind the features is in
//! single precision.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{SINGLE, address, elements, empty, length, units, vectors as whole};

#[cube(launch_unchecked, address_type = "dynamic")]
fn mean<E: Float>(
    rows: &[E],
    features: &mut [f32],
    positions: usize,
    channels: usize,
    end: usize,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let first = ABSOLUTE_POS / channels * positions * channels + ABSOLUTE_POS % channels;
    let mut sum = 0.0f32;
    for at in 0..positions {
        sum += f32::cast_from(rows[first + at * channels]);
    }
    features[ABSOLUTE_POS] = sum / f32::cast_from(positions);
}

/// The mean of every `positions` rows of `[images * positions, channels]`, `[images,
/// channels]` in single precision.
///
/// # Panics
/// If the last rows are fewer.
pub fn means(client: &Client, rows: &TensorHandle, positions: usize) -> TensorHandle {
    let [number, channels] = [0, 1].map(|at| length(rows, at));
    assert!(number.is_multiple_of(positions), "images should have equally many rows");
    let features = empty(client, &[number / positions, channels], SINGLE);
    let end = elements(&features);
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the features stop, and every feature has its rows.
    unsafe {
        mean::launch_unchecked(
            client,
            count,
            dim,
            address([rows]),
            whole(rows, 1),
            whole(&features, 1),
            positions,
            channels,
            end,
            rows.dtype,
        );
    }
    features
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn share<E: Float>(
    scores: &[f32],
    weights: &[f32],
    rows: &mut [E],
    positions: usize,
    channels: usize,
    classes: usize,
    images_of_member: usize,
    end: usize,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let channel = ABSOLUTE_POS % channels;
    let image = ABSOLUTE_POS / channels;
    let weight = (image / images_of_member * channels + channel) * classes;
    let mut sum = 0.0f32;
    for class in 0..classes {
        sum += scores[image * classes + class] * weights[weight + class];
    }
    let slope = E::cast_from(sum / f32::cast_from(positions));
    let first = image * positions * channels + channel;
    for at in 0..positions {
        rows[first + at * channels] = slope;
    }
}

/// What slopes in the class scores, `[images, classes]`, are for the rows of which
/// the features are the means, `[images * positions, channels]` in the format `elem`.
/// `weights` `[members, channels, classes]` made the scores; both in single precision.
///
/// # Panics
/// If shapes do not fit.
pub fn rows_of_scores(
    client: &Client,
    scores: &TensorHandle,
    weights: &TensorHandle,
    positions: usize,
    elem: ElemType,
) -> TensorHandle {
    let [images, classes] = [0, 1].map(|at| length(scores, at));
    let [members, channels] = [0, 1].map(|at| length(weights, at));
    assert_eq!(length(weights, 2), classes, "weights should have the classes of the scores");
    assert!(images.is_multiple_of(members), "members should have equally many images");
    let rows = empty(client, &[images * positions, channels], elem);
    let end = images * channels;
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the images stop; scores and weights have all classes, and every
    // image its rows.
    unsafe {
        share::launch_unchecked(
            client,
            count,
            dim,
            address([&rows]),
            whole(scores, 1),
            whole(weights, 1),
            whole(&rows, 1),
            positions,
            channels,
            classes,
            images / members,
            end,
            elem,
        );
    }
    rows
}

#[cube(launch_unchecked)]
fn entropy(
    scores: &[f32],
    targets: &[f32],
    losses: &mut [f32],
    slopes: &mut [f32],
    classes: usize,
    width: usize,
    score_scale: f32,
    slope_scale: f32,
    images: usize,
) {
    if ABSOLUTE_POS >= images {
        terminate!();
    }
    let first = ABSOLUTE_POS * width;
    let mut most = scores[first] * score_scale;
    for class in 1..classes {
        most = max(most, scores[first + class] * score_scale);
    }
    let mut sum = 0.0f32;
    let mut weight = 0.0f32;
    let mut said = 0.0f32;
    for class in 0..classes {
        let above = scores[first + class] * score_scale - most;
        let target = targets[ABSOLUTE_POS * classes + class];
        sum += f32::exp(above);
        weight += target;
        said += target * above;
    }
    losses[ABSOLUTE_POS] += weight * f32::ln(sum) - said;
    for class in 0..width {
        let mut slope = 0.0f32;
        if class < classes {
            let above = scores[first + class] * score_scale - most;
            let target = targets[ABSOLUTE_POS * classes + class];
            slope = (weight * f32::exp(above) / sum - target) * slope_scale;
        }
        slopes[first + class] = slope;
    }
}

/// What class scores, `[images, width]` of which the first `classes` count, are
/// multiplied with before the loss, and what its slopes are.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Of scores.
    pub scores: f32,
    /// Of slopes in the scores given.
    pub slopes: f32,
}

/// Adds the cross-entropies of scores and `targets` `[images, classes]` to `losses`
/// `[images]`; returns the slopes in the scores, zero where there is no class.
///
/// # Panics
/// If shapes do not fit.
pub fn cross_entropy(
    client: &Client,
    scores: &TensorHandle,
    targets: &TensorHandle,
    losses: &TensorHandle,
    scales: Scales,
) -> TensorHandle {
    let [images, width] = [0, 1].map(|at| length(scores, at));
    let classes = length(targets, 1);
    assert!(classes <= width, "there should be a score for every class");
    assert_eq!(length(targets, 0), images, "every image should have targets");
    assert_eq!(elements(losses), images, "every image should have a loss");
    let slopes = empty(client, &[images, width], SINGLE);
    let (count, dim) = units(client, images);
    // SAFETY: units beyond the images stop; rows have `width` scores and `classes` targets.
    unsafe {
        entropy::launch_unchecked(
            client,
            count,
            dim,
            whole(scores, 1),
            whole(targets, 1),
            whole(losses, 1),
            whole(&slopes, 1),
            classes,
            width,
            scales.scores,
            scales.slopes,
            images,
        );
    }
    slopes
}
