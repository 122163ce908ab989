//! Images on the device: four 8-bit pixels to a 32-bit word, since not every
//! device computes with bytes. A batch is gathered, distorted, standardised,
//! mixed and resized there; per image the host sends a few hundred bytes that
//! say which row and column of the image every row and column of the result reads.

use std::sync::{Arc, Weak};

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::Images;
use crate::image::augment::{Distortion, Mix, reflected};
use crate::image::engine::Input;

/// All images of a data set on a device.
pub(super) struct Resident {
    pixels: Weak<[u8]>,
    /// `[images, words per image]`
    words: Tensor<2, Int>,
    /// Channels, height and width.
    shape: [usize; 3],
    device: Device,
}

impl Resident {
    pub(super) fn new(images: &Images, device: &Device) -> Self {
        let shape = [images.channels, images.height, images.width];
        let length: usize = shape.iter().product();
        let words: Vec<i32> = images
            .pixels
            .chunks_exact(length)
            .flat_map(|image| image.chunks(4).map(word))
            .collect();
        let data = TensorData::new(words, [images.pixels.len() / length, length.div_ceil(4)]);
        Self {
            pixels: Arc::downgrade(&images.pixels),
            words: Tensor::from_data(data, (device, DType::I32)),
            shape,
            device: device.clone(),
        }
    }

    /// Whether these are the images.
    pub(super) fn holds(&self, images: &Images) -> bool {
        let same = std::ptr::addr_eq(self.pixels.as_ptr(), Arc::as_ptr(&images.pixels));
        same && self.shape == [images.channels, images.height, images.width]
    }

    /// Whether anyone still has the images.
    pub(super) fn in_use(&self) -> bool {
        self.pixels.strong_count() > 0
    }

    /// What the network sees of `rows`, each distorted its own way:
    /// `[rows, channels, height, width]`.
    pub(super) fn batch(
        &self,
        rows: &[u32],
        distortions: &[Distortion],
        mix: Option<&Mix>,
        input: &Input,
    ) -> Tensor<4> {
        let [_, height, width] = self.shape;
        let pixels = self.pixels(rows, distortions).float();
        let column = |of: &dyn Fn(&[f32; 2]) -> f32| {
            let values: Vec<f32> = input.standard.iter().map(of).collect();
            let channels = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [channels]), &self.device)
                .reshape([1, channels, 1, 1])
        };
        let mut x = (pixels - column(&|s| s[0])) / column(&|s| s[1]);
        if distortions.iter().any(|how| how.hole.side > 0) {
            x = x * self.kept(distortions, [height, width]);
        }
        if let Some(mix) = mix {
            let partners = mix.partners.iter().map(|&at| at as i32).collect();
            let partners = self.integers(partners, [mix.partners.len()]);
            x = x.clone() * mix.share + x.select(0, partners) * (1.0 - mix.share);
        }
        match input.side {
            Some(side) => interpolate(x, bilinear(side)),
            None => x,
        }
    }

    /// Grey levels `[rows, channels, height, width]`.
    fn pixels(&self, rows: &[u32], distortions: &[Distortion]) -> Tensor<4, Int> {
        let [channels, height, width] = self.shape;
        let [n, words] = [rows.len(), self.words.dims()[1]];
        let chosen = self.integers(rows.iter().map(|&row| row as i32).collect(), [n]);
        let chosen = self.words.clone().select(0, chosen).reshape([n * words]);
        let first = (0..n).map(|at| (4 * at * words) as i32).collect();
        let planes = (0..channels).map(|at| (at * height * width) as i32).collect();
        let lines = distortions.iter().flat_map(|how| {
            (0..height).map(|row| (reflected(row, how.down, height) * width) as i32)
        });
        let columns = distortions.iter().flat_map(|how| {
            let seen = |column| if how.mirrored { width - 1 - column } else { column };
            (0..width).map(move |column| reflected(seen(column), how.right, width) as i32)
        });
        let at = self.integers(first, [n, 1, 1, 1])
            + self.integers(planes, [1, channels, 1, 1])
            + self.integers(lines.collect(), [n, 1, height, 1])
            + self.integers(columns.collect(), [n, 1, 1, width]);
        let at = at.reshape([n * channels * height * width]);
        let word = chosen.select(0, at.clone().bitwise_right_shift_scalar(2));
        let shift = at.bitwise_and_scalar(3).bitwise_left_shift_scalar(3);
        let pixels = word.bitwise_right_shift(shift).bitwise_and_scalar(255);
        pixels.reshape([n, channels, height, width])
    }

    /// 0 where an image is wiped out, 1 elsewhere: `[rows, 1, height, width]`.
    fn kept(&self, distortions: &[Distortion], [height, width]: [usize; 2]) -> Tensor<4> {
        let n = distortions.len();
        let inside = |first: i16, side: i16, n: usize| {
            (0..n as i16).map(move |at| f32::from(u8::from((first..first + side).contains(&at))))
        };
        let holes = || distortions.iter().map(|how| how.hole);
        let lines: Vec<f32> =
            holes().flat_map(|hole| inside(hole.top, hole.side, height)).collect();
        let columns: Vec<f32> =
            holes().flat_map(|hole| inside(hole.left, hole.side, width)).collect();
        let lines = Tensor::<4>::from_data(TensorData::new(lines, [n, 1, height, 1]), &self.device);
        let columns = TensorData::new(columns, [n, 1, 1, width]);
        (lines * Tensor::from_data(columns, &self.device)).neg() + 1.0
    }

    fn integers<const D: usize>(&self, values: Vec<i32>, shape: [usize; D]) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::I32))
    }
}

fn bilinear(side: usize) -> InterpolateOptions {
    let options = InterpolateOptions::new(InterpolateMode::Bilinear);
    options.with_align_corners(false).with_output_size([side; 2])
}

/// The first pixel in the lowest byte.
fn word(pixels: &[u8]) -> i32 {
    let mut bytes = [0; 4];
    bytes[..pixels.len()].copy_from_slice(pixels);
    i32::from_le_bytes(bytes)
}
