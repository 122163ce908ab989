//! Images on the device. A batch is gathered, distorted, standardised, mixed and
//! resized there; per image the host sends a few hundred bytes that say which row and
//! column of the image every row and column of the result reads.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::forward::Map;
use crate::Images;
use crate::image::augment::{Batch, Distortion, reflected};
use crate::image::engine::Input;

/// All images of a data set on a device.
pub(super) struct Resident {
    /// `[images, words per image]`
    words: Tensor<2, Int>,
    /// Channels, height and width.
    shape: [usize; 3],
    device: Device,
}

impl Resident {
    pub(super) fn new(images: &Images, words: &[i32], shape: [usize; 2], device: &Device) -> Self {
        let data = TensorData::new(words.to_vec(), shape);
        Self {
            words: Tensor::from_data(data, (device, DType::I32)),
            shape: [images.channels, images.height, images.width],
            device: device.clone(),
        }
    }

    /// What a stack of networks sees of its members' batches, all of one length, each
    /// image distorted its own way. Targets are not looked at.
    pub(super) fn seen(&self, batches: &[Batch], lens: &Lens) -> Map {
        let [_, height, width] = self.shape;
        let depth = lens.mean.dims()[2];
        let rows: Vec<u32> = batches.iter().flat_map(|batch| batch.rows.iter().copied()).collect();
        let distortions: Vec<Distortion> =
            batches.iter().flat_map(|batch| batch.distortions.iter().copied()).collect();
        let n = rows.len();
        let pixels = self.pixels(&rows, &distortions, depth).float().cast(DType::F32);
        let member = [batches.len(), n / batches.len() * height * width, depth];
        let x = (pixels.reshape(member) - lens.mean.clone()) * lens.inverse.clone();
        let mut x = x.reshape([n, height * width, depth]);
        if distortions.iter().any(|how| how.hole.side > 0) {
            x = x * self.kept(&distortions, [height, width]);
        }
        if let Some((share, partners)) = self.mixed(batches) {
            let others = x.clone().select(0, partners) * (share.clone().neg() + 1.0);
            x = x * share + others;
        }
        let side = [height, width];
        let Some(side) = lens.side.filter(|&new| side != [new; 2]) else {
            return Map { rows: x.reshape([n * height * width, depth]), side };
        };
        let x = x.reshape([n, height, width, depth]).permute([0, 3, 1, 2]);
        let x = interpolate(x, bilinear(side)).permute([0, 2, 3, 1]);
        Map { rows: x.reshape([n * side * side, depth]), side: [side; 2] }
    }

    /// Grey levels `[images, height, width, depth]`; channels that the images lack repeat the first.
    fn pixels(&self, rows: &[u32], distortions: &[Distortion], depth: usize) -> Tensor<4, Int> {
        let [channels, height, width] = self.shape;
        let [n, words] = [rows.len(), self.words.dims()[1]];
        let first = (0..n).map(|at| (4 * at * words) as i32);
        let planes =
            (0..depth).map(|at| if at < channels { at * height * width } else { 0 } as i32);
        let lines = distortions.iter().flat_map(|how| {
            (0..height).map(|row| (reflected(row, how.down, height) * width) as i32)
        });
        let columns = distortions.iter().flat_map(|how| {
            let seen = |column| if how.mirrored { width - 1 - column } else { column };
            (0..width).map(move |column| reflected(seen(column), how.right, width) as i32)
        });
        let rows = rows.iter().map(|&row| row as i32);
        // one upload for all of them
        let parts = rows.chain(first).chain(planes).chain(lines).chain(columns);
        let parts: Vec<i32> = parts.collect();
        let length = parts.len();
        let parts: Tensor<1, Int> = self.integers(parts, [length]);
        let part = |start, length| parts.clone().narrow(0, start, length);
        let chosen = self.words.clone().select(0, part(0, n)).reshape([n * words]);
        let lines_from = 2 * n + depth;
        let at = part(n, n).reshape([n, 1, 1, 1])
            + part(2 * n, depth).reshape([1, 1, 1, depth])
            + part(lines_from, n * height).reshape([n, height, 1, 1])
            + part(lines_from + n * height, n * width).reshape([n, 1, width, 1]);
        let at = at.reshape([n * height * width * depth]);
        let word = chosen.select(0, at.clone().bitwise_right_shift_scalar(2));
        let shift = at.bitwise_and_scalar(3).bitwise_left_shift_scalar(3);
        let pixels = word.bitwise_right_shift(shift).bitwise_and_scalar(255);
        pixels.reshape([n, height, width, depth])
    }

    /// Mixup of all members: every image's own share `[images, 1, 1]` and its partner.
    fn mixed(&self, batches: &[Batch]) -> Option<(Tensor<3>, Tensor<1, Int>)> {
        let (mut shares, mut partners) = (Vec::new(), Vec::new());
        for batch in batches {
            let mix = batch.mix.as_ref()?;
            let start = partners.len() as i32;
            shares.extend(mix.partners.iter().map(|_| mix.share));
            partners.extend(mix.partners.iter().map(|&at| start + at as i32));
        }
        let n = shares.len();
        let shares = Tensor::from_data(TensorData::new(shares, [n, 1, 1]), &self.device);
        Some((shares, self.integers(partners, [n])))
    }

    /// 0 where an image is wiped out, 1 elsewhere: `[images, height * width, 1]`.
    fn kept(&self, distortions: &[Distortion], [height, width]: [usize; 2]) -> Tensor<3> {
        let n = distortions.len();
        let inside = |first: i16, side: i16, n: usize| {
            (0..n as i16).map(move |at| f32::from(u8::from((first..first + side).contains(&at))))
        };
        let holes = || distortions.iter().map(|how| how.hole);
        let lines = holes().flat_map(|hole| inside(hole.top, hole.side, height));
        let columns = holes().flat_map(|hole| inside(hole.left, hole.side, width));
        let both: Vec<f32> = lines.chain(columns).collect();
        let length = both.len();
        let both = Tensor::<1>::from_data(TensorData::new(both, [length]), &self.device);
        let lines = both.clone().narrow(0, 0, n * height).reshape([n, height, 1]);
        let columns = both.narrow(0, n * height, n * width).reshape([n, 1, width]);
        ((lines * columns).neg() + 1.0).reshape([n, height * width, 1])
    }

    fn integers<const D: usize>(&self, values: Vec<i32>, shape: [usize; D]) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::I32))
    }
}

/// The members' [`Input`]s on the device.
pub(super) struct Lens {
    /// Per channel what is subtracted, `[members, 1, depth]`.
    mean: Tensor<3>,
    /// What the rest is multiplied with; 0 for channels that the images lack.
    inverse: Tensor<3>,
    side: Option<usize>,
}

impl Lens {
    pub(super) fn new<'a>(
        inputs: impl ExactSizeIterator<Item = &'a Input> + Clone,
        depth: usize,
        device: &Device,
    ) -> Self {
        let shape = [inputs.len(), 1, depth];
        let column = |of: fn(&[f32; 2]) -> f32| {
            let values = inputs.clone().flat_map(|input| {
                let values = input.standard.iter().map(of);
                values.chain(std::iter::repeat(0.0)).take(depth)
            });
            Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), shape), device)
        };
        let side = inputs.clone().find_map(|input| input.side);
        Self { mean: column(|s| s[0]), inverse: column(|s| 1.0 / s[1]), side }
    }

    /// That of one member.
    pub(super) fn member(&self, member: usize) -> Self {
        let one = |of: &Tensor<3>| of.clone().narrow(0, member, 1);
        Self { mean: one(&self.mean), inverse: one(&self.inverse), side: self.side }
    }
}

fn bilinear(side: usize) -> InterpolateOptions {
    let options = InterpolateOptions::new(InterpolateMode::Bilinear);
    options.with_align_corners(false).with_output_size([side; 2])
}
