//! The colours of the training images: what is subtracted from pixels and what
//! the rest is divided by.

use super::engine::Input;
use crate::Images;

impl Input {
    /// Standardises with the mean and the standard deviation of each channel
    /// over `rows`.
    pub fn of(images: &Images, rows: &[u32], side: Option<usize>) -> Self {
        let plane = images.height * images.width;
        let mut sums = vec![[0_u64; 2]; images.channels];
        for &row in rows {
            for (sums, pixels) in sums.iter_mut().zip(images.image(row).chunks_exact(plane)) {
                for &pixel in pixels {
                    sums[0] += u64::from(pixel);
                    sums[1] += u64::from(pixel).pow(2);
                }
            }
        }
        let n = (rows.len() * plane) as f64;
        let standard = sums.into_iter().map(|[sum, squares]| {
            let mean = sum as f64 / n;
            let deviation = (squares as f64 / n - mean * mean).max(0.0).sqrt();
            // a flat channel carries nothing; one grey level keeps it finite
            [mean as f32, deviation.max(1.0) as f32]
        });
        Self { standard: standard.collect(), side }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_standardised_over_the_rows_given_only() {
        let pixels: Vec<u8> = vec![0, 10, 7, 7, 200, 200, 200, 200, 20, 30, 7, 7];
        let images = Images { pixels: pixels.into(), channels: 2, height: 1, width: 2 };
        let input = Input::of(&images, &[0, 2], None);
        let deviation = 125_f32.sqrt();
        assert_eq!(input.standard, [[15.0, deviation], [7.0, 1.0]]);
    }
}
