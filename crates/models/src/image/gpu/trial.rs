//! Whether a device multiplies as it should, asked before anything is trained on it:
//! convolutions that need every kind of tile, against plain loops on the host. A
//! driver that miscompiles a kernel, or matrix units that compute something else than
//! they promise, would else only show as bad networks.

use relabel_kernels as kernels;
use relabel_kernels::{Client, ElemType, Multiplier, SINGLE};

use super::slides;
use crate::image::windows::Geometry;

/// How far sums may be apart, relative to values above 1: rounding to half precision.
const REACH: f32 = 1e-2;
/// Side of the windows, side of the images, images, members and outputs of the convolutions.
const CASES: [[usize; 5]; 6] = [
    [3, 32, 4, 1, 64],
    [3, 32, 4, 1, 128],
    [3, 32, 4, 1, 24],
    [3, 8, 4, 2, 64],
    [3, 8, 4, 1, 16],
    [1, 8, 4, 1, 64],
];
const INPUTS: usize = 8;

/// Compares what kernels compute in `format` by `multiplier` with plain loops.
///
/// # Errors
/// What is wrong, or that the device failed.
pub(super) fn trial(
    client: &Client,
    format: ElemType,
    multiplier: Multiplier,
) -> Result<(), String> {
    let slides = slides(client);
    for [size, side, images, members, outputs] in CASES {
        let slide = slides.of(Geometry::square(size, 1, size / 2, [side; 2]));
        let positions = images * side * side;
        let depth = size * size * INPUTS;
        let case = Case {
            size,
            side,
            images,
            members,
            outputs,
            rows: noise(positions * INPUTS, 1),
            slopes: noise(positions * outputs, 2),
            weights: noise(members * depth * outputs, 3),
        };
        let flat = |values: &[f32], columns: usize| {
            kernels::cast(
                client,
                &kernels::singles(client, values, &[values.len() / columns, columns]),
                format,
            )
        };
        let stack = |values: &[f32], rows: usize, columns: usize| {
            kernels::cast(
                client,
                &kernels::singles(client, values, &[members, rows, columns]),
                format,
            )
        };
        let (rows, slopes) = (flat(&case.rows, INPUTS), flat(&case.slopes, outputs));
        let weights = stack(&case.weights, depth, outputs);
        let turned = stack(&case.turned(), size * size * outputs, INPUTS);
        let sums = kernels::zeros(client, &[members, depth, outputs]);
        kernels::gram(client, multiplier, &rows, &slide.forward, &slopes, &sums);
        let found = [
            kernels::product(client, multiplier, &rows, &slide.forward, &weights),
            kernels::product(client, multiplier, &slopes, &slide.back, &turned),
            sums,
        ];
        let names = ["a convolution", "the gradient of an input", "the gradient of weights"];
        for ((found, expected), name) in found.into_iter().zip(case.expected()).zip(names) {
            let found = kernels::read(client, &kernels::cast(client, &found, SINGLE))?;
            let right = |(found, expected): &(f32, f32)| {
                (found - expected).abs() < REACH * expected.abs().max(1.0)
            };
            let wrong = found.into_iter().zip(expected).filter(|pair| !right(pair)).count();
            if wrong > 0 {
                return Err(format!("{wrong} sums of {name} from {INPUTS} to {outputs} channels"));
            }
        }
    }
    Ok(())
}

struct Case {
    size: usize,
    side: usize,
    images: usize,
    members: usize,
    outputs: usize,
    rows: Vec<f32>,
    slopes: Vec<f32>,
    weights: Vec<f32>,
}

impl Case {
    /// The weights with inputs and outputs of every tap exchanged.
    fn turned(&self) -> Vec<f32> {
        let n = self.outputs;
        let place = |at: usize| {
            let (input, output) = (at % INPUTS, at / INPUTS % n);
            (at / INPUTS / n * INPUTS + input) * n + output
        };
        (0..self.weights.len()).map(|at| self.weights[place(at)]).collect()
    }

    /// The convolution and both gradients.
    fn expected(&self) -> [Vec<f32>; 3] {
        let Self { size, side, images, members, outputs, .. } = *self;
        let mut forward = vec![0.0; self.slopes.len()];
        let mut input = vec![0.0; self.rows.len()];
        let mut kernel = vec![0.0; self.weights.len()];
        for at in 0..images * side * side {
            let (image, row, column) = (at / side / side, at / side % side, at % side);
            let member = image / (images / members);
            let border = size / 2;
            for tap in 0..size * size {
                let read = [row + tap / size, column + tap % size];
                if read.iter().any(|&read| read < border || read >= side + border) {
                    continue;
                }
                let from = (image * side + read[0] - border) * side + read[1] - border;
                for channel in 0..INPUTS {
                    let x = from * INPUTS + channel;
                    let w = ((member * size * size + tap) * INPUTS + channel) * outputs;
                    for (to, w) in (at * outputs..).zip(w..w + outputs) {
                        forward[to] += self.rows[x] * self.weights[w];
                        input[x] += self.slopes[to] * self.weights[w];
                        kernel[w] += self.rows[x] * self.slopes[to];
                    }
                }
            }
        }
        [forward, input, kernel]
    }
}

/// Multiples of 1/64 between -1 and 1: half precision holds them.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 25) as f32 / 64.0 - 1.0
    };
    std::iter::repeat_with(next).take(n).collect()
}
