//! From 8-bit pixels to the first feature map: distorted, standardised through
//! a table of 256 values per channel, perhaps mixed with another image of the
//! batch, perhaps resized.

use super::lanes::Quad;
use super::plane::Shape;
use crate::Images;
use crate::image::augment::{Distortion, reflected};
use crate::image::engine::Input;

/// Reads images.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// For every channel what each grey level becomes.
    levels: Vec<[f32; 256]>,
    resize: bool,
}

impl Reader {
    pub(super) fn new(input: &Input) -> Self {
        let table = |&[mean, deviation]: &[f32; 2]| {
            std::array::from_fn(|level| (level as f32 - mean) / deviation)
        };
        Self { levels: input.standard.iter().map(table).collect(), resize: input.side.is_some() }
    }

    /// Adds `share` times the image to `map`, one image of shape `shape`.
    pub(super) fn add(
        &self,
        images: &Images,
        row: u32,
        how: &Distortion,
        share: f32,
        map: (&mut [Quad], Shape),
    ) {
        let plane = map.1.plane;
        let pixels = images.image(row).chunks_exact(images.height * images.width);
        for (channel, (levels, pixels)) in self.levels.iter().zip(pixels).enumerate() {
            let block = &mut map.0[channel / 4 * plane.len()..][..plane.len()];
            let channel = channel % 4;
            if self.resize {
                let seen = seen(images, pixels, levels, how);
                let from = [images.height, images.width];
                for (row, line) in plane.rows_mut(block).enumerate() {
                    for (column, pixel) in line.iter_mut().enumerate() {
                        let at = [row, column];
                        let value = between(&seen, from, [plane.height, plane.width], at);
                        pixel.0[channel] += share * value;
                    }
                }
            } else {
                let lines = plane.rows_mut(block).enumerate();
                lines.for_each(|(row, line)| {
                    for (value, pixel) in distorted(images, pixels, levels, how, row).zip(line) {
                        pixel.0[channel] += share * value;
                    }
                });
            }
        }
    }
}

/// Row `row` of one channel of a distorted image.
fn distorted<'a>(
    images: &'a Images,
    pixels: &'a [u8],
    levels: &'a [f32; 256],
    how: &'a Distortion,
    row: usize,
) -> impl Iterator<Item = f32> + 'a {
    let width = images.width;
    let source = reflected(row, how.down, images.height);
    let line = &pixels[source * width..][..width];
    (0..width).map(move |column| {
        if how.hole.covers(row, column) {
            return 0.0;
        }
        let seen = if how.mirrored { width - 1 - column } else { column };
        levels[usize::from(line[reflected(seen, how.right, width)])]
    })
}

/// All rows of one channel.
fn seen(images: &Images, pixels: &[u8], levels: &[f32; 256], how: &Distortion) -> Vec<f32> {
    (0..images.height).flat_map(|row| distorted(images, pixels, levels, how, row)).collect()
}

/// Bilinear interpolation between the centres of pixels.
fn between(values: &[f32], from: [usize; 2], to: [usize; 2], at: [usize; 2]) -> f32 {
    let place = |axis: usize| {
        let scale = from[axis] as f32 / to[axis] as f32;
        let centre = ((at[axis] as f32 + 0.5) * scale - 0.5).max(0.0);
        let first = (centre as usize).min(from[axis] - 1);
        (first, (first + 1).min(from[axis] - 1), centre - first as f32)
    };
    let (top, bottom, down) = place(0);
    let (left, right, across) = place(1);
    let line = |row: usize| {
        let line = &values[row * from[1]..][..from[1]];
        line[left] * (1.0 - across) + line[right] * across
    };
    line(top) * (1.0 - down) + line(bottom) * down
}
