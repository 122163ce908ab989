//! Pixels to network input: standardised with the mean and standard deviation
//! of the training images per channel; in training also shifted (a random crop
//! of the zero-padded image) and mirrored.

use relabel_scoring::Stream;
use relabel_scoring::stream::below;

use crate::Images;

/// How one training image is distorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Distortion {
    /// Rows that the image moves down.
    down: isize,
    /// Columns that the image moves to the right.
    right: isize,
    /// Whether left and right are swapped.
    mirrored: bool,
}

impl Distortion {
    /// The image as it is.
    pub(super) const NONE: Self = Self { down: 0, right: 0, mirrored: false };

    /// A shift of up to an eighth of the height either way, mirrored half the time.
    pub(super) fn draw(stream: Stream, images: &Images) -> Self {
        let mut rng = stream.rng();
        let reach = images.height.min(images.width) / 8;
        let mut shift = || below(&mut rng, 2 * reach + 1) as isize - reach as isize;
        Self { down: shift(), right: shift(), mirrored: below(&mut rng, 2) == 1 }
    }
}

/// Per channel: what to subtract and what to divide by.
#[derive(Clone, Debug)]
pub(super) struct Standard(Vec<[f32; 2]>);

impl Standard {
    /// Mean and standard deviation of the channels over `rows`.
    pub(super) fn of(images: &Images, rows: &[u32]) -> Self {
        let plane = images.height * images.width;
        let n = (rows.len() * plane) as f64;
        let moments = (0..images.channels).map(|channel| {
            let [mut sum, mut squares] = [0_u64; 2];
            for &row in rows {
                for &pixel in channel_of(images, row, channel) {
                    sum += u64::from(pixel);
                    squares += u64::from(pixel).pow(2);
                }
            }
            let mean = sum as f64 / n;
            let deviation = (squares as f64 / n - mean * mean).max(0.0).sqrt();
            // a flat channel carries nothing; one grey level keeps it finite
            [mean as f32, deviation.max(1.0) as f32]
        });
        Self(moments.collect())
    }

    /// Appends image `row` as channel, row, column.
    pub(super) fn append(&self, images: &Images, row: u32, how: Distortion, to: &mut Vec<f32>) {
        let width = images.width as isize;
        for (channel, &[mean, deviation]) in self.0.iter().enumerate() {
            let plane = channel_of(images, row, channel);
            let lines: Vec<_> = plane.chunks_exact(images.width).collect();
            for y in 0..images.height as isize {
                let line = usize::try_from(y - how.down).ok().and_then(|y| lines.get(y));
                to.extend((0..width).map(|x| {
                    let x = if how.mirrored { width - 1 - x } else { x } - how.right;
                    let pixel = line.and_then(|line| line.get(usize::try_from(x).ok()?));
                    // outside the image is the mean colour: zero after standardising
                    pixel.map_or(0.0, |&pixel| (f32::from(pixel) - mean) / deviation)
                }));
            }
        }
    }
}

fn channel_of(images: &Images, row: u32, channel: usize) -> &[u8] {
    let plane = images.height * images.width;
    let start = (row as usize * images.channels + channel) * plane;
    &images.pixels[start..start + plane]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn one_image() -> Images {
        Images { pixels: vec![10, 20, 30, 40].into(), channels: 1, height: 2, width: 2 }
    }

    fn seen(how: Distortion) -> Vec<f32> {
        let mut values = Vec::new();
        Standard(vec![[0.0, 1.0]]).append(&one_image(), 0, how, &mut values);
        values
    }

    #[test]
    fn shifts_and_mirrors_whole_images() {
        assert_eq!(seen(Distortion::NONE), [10.0, 20.0, 30.0, 40.0]);
        let mirrored = Distortion { mirrored: true, ..Distortion::NONE };
        assert_eq!(seen(mirrored), [20.0, 10.0, 40.0, 30.0]);
        let down = Distortion { down: 1, ..Distortion::NONE };
        assert_eq!(seen(down), [0.0, 0.0, 10.0, 20.0]);
        let right = Distortion { right: -1, ..Distortion::NONE };
        assert_eq!(seen(right), [20.0, 0.0, 40.0, 0.0]);
    }

    #[test]
    fn standard_images_have_mean_zero_and_deviation_one() {
        let images = one_image();
        let mut values = Vec::new();
        Standard::of(&images, &[0]).append(&images, 0, Distortion::NONE, &mut values);
        let square: f32 = values.iter().map(|v| v * v).sum();
        assert!(values.iter().sum::<f32>().abs() < 1e-6 && (square / 4.0 - 1.0).abs() < 1e-6);
    }
}
