//! The kernel of a whitening layer: the axes of the covariance of 2x2 patches,
//! each scaled so that its output has variance 1, once with each sign (airbench).
//! The covariance is that of the training rows: 800 images hold 770,000 patches
//! for a matrix of 12 x 12, so that further images would not change it.

use super::engine::Input;
use super::weights::WeightTensor;
use crate::Images;

/// Side of a patch.
const SIDE: usize = 2;
/// Keeps the axes of nearly no variance from being blown up.
const EPSILON: f64 = 5e-4;

/// The kernel `[2 n, channels, 2, 2]` with n = 4 times the channels.
pub fn whitening_kernel(images: &Images, rows: &[u32], input: &Input) -> WeightTensor {
    let n = images.channels * SIDE * SIDE;
    let (variances, axes) = eigen(covariance(images, rows, input), n);
    let mut values = Vec::with_capacity(2 * n * n);
    for sign in [1.0, -1.0] {
        for (axis, variance) in axes.chunks_exact(n).zip(&variances) {
            let scale = sign / (variance + EPSILON).sqrt();
            values.extend(axis.iter().map(|&v| (v * scale) as f32));
        }
    }
    WeightTensor { shape: vec![2 * n, images.channels, SIDE, SIDE], values }
}

/// Of standardised patches, row by row.
fn covariance(images: &Images, rows: &[u32], input: &Input) -> Vec<f64> {
    let Images { channels, height, width, .. } = *images;
    let n = channels * SIDE * SIDE;
    let [mut sums, mut products] = [vec![0.0; n], vec![0.0; n * n]];
    let mut patch = vec![0.0; n];
    for &row in rows {
        let image = images.image(row);
        for (y, x) in (0..height - 1).flat_map(|y| (0..width - 1).map(move |x| (y, x))) {
            for (at, value) in patch.iter_mut().enumerate() {
                let [channel, dy, dx] = [at / 4, at / 2 % 2, at % 2];
                let pixel = image[(channel * height + y + dy) * width + x + dx];
                let [mean, deviation] = input.standard[channel];
                *value = f64::from((f32::from(pixel) - mean) / deviation);
            }
            for (at, &value) in patch.iter().enumerate() {
                sums[at] += value;
                for (product, &other) in products[at * n..].iter_mut().zip(&patch) {
                    *product += value * other;
                }
            }
        }
    }
    let count = (rows.len() * (height - 1) * (width - 1)) as f64;
    for at in 0..n * n {
        products[at] = products[at] / count - sums[at / n] / count * (sums[at % n] / count);
    }
    products
}

/// Eigenvalues, largest first, and eigenvectors (one per row) of a symmetric
/// `n` by `n` matrix, by Jacobi's rotations.
fn eigen(mut matrix: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|at| vectors[at * n + at] = 1.0);
    // far more sweeps than a matrix of this size ever needs
    for (p, q) in (0..30)
        .flat_map(|_| (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))).collect::<Vec<_>>())
    {
        rotate(&mut matrix, &mut vectors, n, [p, q]);
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| matrix[b * n + b].total_cmp(&matrix[a * n + a]));
    let values = order.iter().map(|&at| matrix[at * n + at].max(0.0)).collect();
    let rows = order.iter().flat_map(|&at| vectors[at * n..(at + 1) * n].to_vec()).collect();
    (values, rows)
}

/// Makes the entry `p`, `q` zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, [p, q]: [usize; 2]) {
    let off = matrix[p * n + q];
    if off == 0.0 {
        return;
    }
    let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |values: &mut [f64], i: usize, j: usize| {
        let (a, b) = (values[i], values[j]);
        values[i] = cosine * a - sine * b;
        values[j] = sine * a + cosine * b;
    };
    (0..n).for_each(|at| turn(matrix, at * n + p, at * n + q));
    (0..n).for_each(|at| turn(matrix, p * n + at, q * n + at));
    (0..n).for_each(|at| turn(vectors, p * n + at, q * n + at));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_those_of_a_known_matrix() {
        let (values, vectors) = eigen(vec![2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0], 3);
        for (value, expected) in values.iter().zip([5.0, 3.0, 1.0]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        let half = 0.5_f64.sqrt();
        let expected = [[0.0, 0.0, 1.0], [half, half, 0.0], [half, -half, 0.0]];
        for (found, expected) in vectors.chunks_exact(3).zip(expected) {
            let product: f64 = found.iter().zip(expected).map(|(a, b)| a * b).sum();
            assert!((product.abs() - 1.0).abs() < 1e-12, "{vectors:?}");
        }
    }

    #[test]
    fn whitened_patches_have_variance_one_and_no_correlation() {
        let mut state = 1_u32;
        let noise = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*state >> 25) as u8
        };
        // each pixel is near its left neighbour
        let mut last = 0;
        let pixels: Vec<u8> = (0..40 * 64)
            .map(|_| {
                last = last / 2 + noise(&mut state);
                last
            })
            .collect();
        let images = Images { pixels: pixels.into(), channels: 1, height: 8, width: 8 };
        let rows: Vec<u32> = (0..40).collect();
        let input = Input { standard: vec![[100.0, 50.0]], side: None };
        let kernel = whitening_kernel(&images, &rows, &input).values;
        let covariance = covariance(&images, &rows, &input);
        for (i, a) in kernel.chunks_exact(4).take(4).enumerate() {
            for (j, b) in kernel.chunks_exact(4).enumerate() {
                let product: f64 = (0..16)
                    .map(|at| f64::from(a[at / 4]) * covariance[at] * f64::from(b[at % 4]))
                    .sum();
                let expected = if i == j {
                    1.0
                } else if i + 4 == j {
                    -1.0
                } else {
                    0.0
                };
                assert!((product - expected).abs() < 0.01, "{i} {j} {product}");
            }
        }
    }
}
