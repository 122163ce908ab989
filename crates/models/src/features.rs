//! What a classifier sees: rows of one store that holds the whole data set.

use std::sync::Arc;

use ndarray::Array2;

/// 8-bit images of one size, stored one after another as channel, row, column.
#[derive(Clone, Debug)]
pub struct Images {
    /// `n * channels * height * width` values, shared by all who hold the images.
    pub pixels: Arc<[u8]>,
    /// Number of channels, usually 3 (red, green, blue).
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

/// Every example of a data set: training side, pool and test.
#[derive(Clone, Debug)]
pub enum FeatureStore {
    /// One row per example, one column per feature.
    Table(Array2<f64>),
    /// One image per example.
    Images(Images),
}

/// Some rows of a store, in the order given.
#[derive(Clone, Copy, Debug)]
pub struct Features<'a> {
    /// Where the examples are.
    pub store: &'a FeatureStore,
    /// Which of them.
    pub rows: &'a [u32],
}

impl Images {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.stride()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Pixels of image `row`, channel by channel.
    pub fn image(&self, row: u32) -> &[u8] {
        let start = row as usize * self.stride();
        &self.pixels[start..start + self.stride()]
    }

    /// Values of one image.
    fn stride(&self) -> usize {
        self.channels * self.height * self.width
    }
}
