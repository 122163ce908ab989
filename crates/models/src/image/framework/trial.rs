//! Whether a device multiplies as it should, asked before anything is trained on it:
//! convolutions that need every kind of tile, by the kernels and by burn's own
//! operators on copies. A driver that miscompiles a kernel, or matrix units that
//! compute something else than they promise, would else only show as bad networks.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::rows::Rows;
use super::windows::{Geometry, Slides};
use crate::image::architecture::{Conv, KernelStart};

/// How far sums may be apart, relative to values above 1: rounding to half precision.
const REACH: f32 = 1e-2;
/// Height and width, images, members and outputs of the convolutions.
const CASES: [[usize; 4]; 3] = [[32, 4, 1, 64], [32, 4, 1, 128], [8, 4, 2, 64]];
const INPUTS: usize = 8;

/// Compares the kernels with burn's operators in `format`.
///
/// # Errors
/// What is wrong, or that the device failed.
pub(super) fn trial(device: &Device, format: DType) -> Result<(), String> {
    let slides = Slides::new(device);
    for [side, images, members, outputs] in CASES {
        let (size, stride, pad) = (3, 1, 1);
        let conv = Conv {
            name: "trial".into(),
            from: INPUTS,
            to: outputs,
            size,
            stride,
            pad,
            bias: false,
            start: KernelStart::He,
        };
        let slide = slides.of(Geometry::conv(&conv, [side; 2]));
        let positions = images * side * side;
        let wave = |rows: usize, columns: usize, pace: f32| {
            let values: Vec<f32> = (0..rows * columns).map(|at| (at as f32 * pace).sin()).collect();
            Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device).cast(format)
        };
        let rows = wave(positions, INPUTS, 0.7);
        let slopes = wave(positions, outputs, 0.3);
        let depth = size * size * INPUTS;
        let weights = wave(members * depth, outputs, 1.1).reshape([members, depth, outputs]);
        let seen = |by: Rows, format: DType| {
            let [rows, slopes] = [&rows, &slopes].map(|x| x.clone().cast(format));
            let weights = weights.clone().cast(format);
            [
                by.convolve(rows.clone(), &slide, weights.clone()),
                by.input_gradient(slopes.clone(), &slide, weights),
                by.weight_gradient(rows, &slide, slopes, members)
                    .reshape([members * depth, outputs]),
            ]
        };
        let names = ["a convolution", "the gradient of an input", "the gradient of weights"];
        let both = seen(Rows::Kernels, format).into_iter().zip(seen(Rows::Tables, DType::F32));
        for ((found, expected), name) in both.zip(names) {
            let [found, expected] = [found, expected].map(|x| x.cast(DType::F32));
            let apart = (found - expected.clone()).abs() / expected.abs().clamp_min(1.0);
            // not the maximum, which a device may take without regard to NaN
            let wrong = apart.lower_elem(REACH).bool_not().int().sum();
            let wrong = wrong.try_into_data().map_err(|why| why.to_string())?;
            let wrong = wrong.iter::<i64>().next().unwrap_or(0);
            if wrong > 0 {
                return Err(format!("{wrong} sums of {name} from {INPUTS} to {outputs} channels"));
            }
        }
    }
    Ok(())
}
