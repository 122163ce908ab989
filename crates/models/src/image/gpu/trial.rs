//! Whether a device multiplies as it should, asked before anything is trained on it:
//! convolutions that need every kind of tile, against plain loops on the host. A
//! driver that miscompiles a kernel, or matrix units that compute something else than
//! they promise, would else only show as bad networks.

use relabel_kernels as kernels;
use relabel_kernels::{Array, Client, ElemType, Multiplier, SINGLE, Windows};

use super::slides;
use crate::image::windows::Geometry;

/// How far sums may be apart, relative to values above 1: rounding to half precision.
const REACH: f32 = 1e-2;
/// Side of the windows, side of the images, images, members, inputs and outputs of the
/// convolutions; those of many inputs go over several tiles of one tap.
const CASES: [[usize; 6]; 7] = [
    [3, 32, 4, 1, 8, 64],
    [3, 32, 4, 1, 8, 128],
    [3, 32, 4, 1, 8, 24],
    [3, 8, 4, 2, 8, 64],
    [3, 8, 4, 1, 8, 16],
    [1, 8, 4, 1, 8, 64],
    [3, 8, 6, 2, 136, 72],
];
/// Inputs of products by phases.
const INPUTS: usize = 8;

/// Images, members and outputs of products by phases; they have kernels of their own.
const PHASED: [[usize; 3]; 5] = [[16, 1, 16], [16, 1, 32], [16, 1, 64], [16, 1, 128], [2, 2, 64]];

/// Compares what kernels compute in `format` by `multiplier` with plain loops, and
/// products by phases with those of all taps.
///
/// # Errors
/// What is wrong, or that the device failed.
pub(super) fn trial(
    client: &Client,
    format: ElemType,
    multiplier: Multiplier,
) -> Result<(), String> {
    let slides = slides(client);
    let device = OnTrial { client, format };
    for [size, side, images, members, inputs, outputs] in CASES {
        let slide = slides.of(Geometry::square(size, 1, size / 2, [side; 2]));
        let positions = images * side * side;
        let depth = size * size * inputs;
        let case = Case {
            size,
            side,
            images,
            members,
            inputs,
            outputs,
            rows: noise(positions * inputs, 1),
            slopes: noise(positions * outputs, 2),
            weights: noise(members * depth * outputs, 3),
        };
        let rows = device.array(&case.rows, &[positions, inputs]);
        let slopes = device.array(&case.slopes, &[positions, outputs]);
        let weights = device.array(&case.weights, &[members, depth, outputs]);
        let turned = device.array(&case.turned(), &[members, size * size * outputs, inputs]);
        let sums = kernels::zeros(client, &[members, depth, outputs]);
        kernels::gram(client, multiplier, &rows, &slide.forward, &slopes, &sums);
        let found = [
            kernels::product(client, multiplier, &rows, &slide.forward, &weights),
            kernels::product(client, multiplier, &slopes, &slide.back, &turned),
            sums,
        ];
        let names = ["a convolution", "the gradient of an input", "the gradient of weights"];
        for ((found, expected), name) in found.into_iter().zip(case.expected()).zip(names) {
            let what = || format!("{name} from {inputs} to {outputs} channels");
            device.compare(&found, &expected, what)?;
        }
    }
    let slide = slides.of(Geometry::kernel(3, 2, 1, [32; 2]));
    let whole = Windows { phases: None, ..slide.back.clone() };
    for [images, members, outputs] in PHASED {
        let (rows, depth) = (images * whole.ins, whole.taps * INPUTS);
        let rows = device.array(&noise(rows * INPUTS, 4), &[rows, INPUTS]);
        let weights = noise(members * depth * outputs, 5);
        let weights = device.array(&weights, &[members, depth, outputs]);
        let of = |windows| kernels::product(client, multiplier, &rows, windows, &weights);
        let expected = kernels::read(client, &kernels::cast(client, &of(&whole), SINGLE))?;
        let what = || format!("a product by phases to {outputs} channels");
        device.compare(&of(&slide.back), &expected, what)?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct OnTrial<'a> {
    client: &'a Client,
    format: ElemType,
}

impl OnTrial<'_> {
    fn array(self, values: &[f32], shape: &[usize]) -> Array {
        kernels::cast(self.client, &kernels::singles(self.client, values, shape), self.format)
    }

    /// Fails if sums are further from the expected ones than rounding explains.
    fn compare(
        self,
        found: &Array,
        expected: &[f32],
        what: impl Fn() -> String,
    ) -> Result<(), String> {
        let found = kernels::read(self.client, &kernels::cast(self.client, found, SINGLE))?;
        let right = |(found, expected): (&f32, &f32)| {
            (found - expected).abs() < REACH * expected.abs().max(1.0)
        };
        let wrong = found.iter().zip(expected).filter(|&pair| !right(pair)).count();
        match wrong {
            0 => Ok(()),
            _ => Err(format!("{wrong} sums of {} are wrong", what())),
        }
    }
}

struct Case {
    size: usize,
    side: usize,
    images: usize,
    members: usize,
    inputs: usize,
    outputs: usize,
    rows: Vec<f32>,
    slopes: Vec<f32>,
    weights: Vec<f32>,
}

impl Case {
    /// The weights with inputs and outputs of every tap exchanged.
    fn turned(&self) -> Vec<f32> {
        let (inputs, n) = (self.inputs, self.outputs);
        let place = |at: usize| {
            let (input, output) = (at % inputs, at / inputs % n);
            (at / inputs / n * inputs + input) * n + output
        };
        (0..self.weights.len()).map(|at| self.weights[place(at)]).collect()
    }

    /// The convolution and both gradients.
    fn expected(&self) -> [Vec<f32>; 3] {
        let Self { size, side, images, members, inputs, outputs, .. } = *self;
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
                for channel in 0..inputs {
                    let x = from * inputs + channel;
                    let w = ((member * size * size + tap) * inputs + channel) * outputs;
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
