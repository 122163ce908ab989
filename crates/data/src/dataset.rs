//! What every benchmark reads its data as: features, true classes, the split
//! into labelled, pool and test examples, the labels there are at the start
//! and those that can still be drawn.

use ndarray::Array2;
use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent};

/// What a model sees of every example.
#[derive(Clone, Debug)]
pub enum DataFeatures {
    /// One row per example, one column per feature.
    Table(Array2<f64>),
    /// 8-bit images of one size, one after another as channel, row, column.
    Images {
        /// `n * channels * height * width` values.
        pixels: Vec<u8>,
        /// Number of channels, usually 3 (red, green, blue).
        channels: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
    },
}

/// A data set with labels of several annotators.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// One row per example: the training side first, then the test side.
    pub features: DataFeatures,
    /// The true class of every example, in the order of the features.
    pub truth: Vec<Class>,
    /// The name of every class.
    pub class_names: Vec<String>,
    /// The examples that are labelled at the start, in order.
    pub labeled: Vec<ExampleId>,
    /// The examples without labels at the start, in order.
    pub pool: Vec<ExampleId>,
    /// The examples on which models are judged.
    pub test: Vec<ExampleId>,
    /// The labels at the start (round 0).
    pub events: Vec<LabelEvent>,
    /// Every label that can be drawn for each example of the training side, by annotator.
    pub dense: Vec<Vec<(AnnotatorId, Class)>>,
    /// Number of annotators in `events` and `dense`.
    pub n_annotators: u32,
    /// A few printable lines: sizes, labels per example, accuracy of the start.
    pub summary: Vec<String>,
}

impl Dataset {
    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names.len()
    }
}
