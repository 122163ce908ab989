//! What computes: an engine builds networks on its device and steps them. There
//! are two, burn's tensors (GPU, and CPU for comparison) and one written for the
//! CPU; both read the same description, weights and batches, and do the same sums.

use std::fmt::Debug;

use super::architecture::Architecture;
use super::augment::Batch;
use super::recipe::{Precision, StepSize};
use super::weights::Weights;
use crate::{Images, ModelError};

/// A device with the program for it. Shared by all fits of a run.
pub trait Engine: Debug + Send + Sync {
    /// A network with the given weights, ready to be stepped.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails or cannot do what `plan` asks.
    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError>;
}

/// What a network is built from.
#[derive(Clone, Copy, Debug)]
pub struct NetPlan<'a> {
    /// Its layers.
    pub architecture: &'a Architecture,
    /// Its first weights, checked against the architecture.
    pub weights: &'a Weights,
    /// Every image of the data set; pixels are shared, so that an engine can
    /// keep them on its device from fit to fit.
    pub images: &'a Images,
    /// From pixels to what the network sees.
    pub input: &'a Input,
    /// Rows of every step.
    pub batch: usize,
    /// Number format of activations.
    pub precision: Precision,
}

/// From 8-bit pixels to what the network sees: distort, standardise, then
/// enlarge or shrink to `side` (bilinear, corners not aligned, as PyTorch's
/// `interpolate`) if it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Per channel: what is subtracted and what the rest is divided by, in grey levels.
    pub standard: Vec<[f32; 2]>,
    /// Height and width after resizing.
    pub side: Option<usize>,
}

/// A network on its device, in training or trained.
pub trait Net: Send {
    /// One step of the recipe: forward, mean of the rows' cross-entropies
    /// against the targets, backward, update. Need not wait for the device.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn step(&mut self, batch: &Batch, size: &StepSize) -> Result<(), ModelError>;

    /// The mean loss of the steps since the last call; waits for the device.
    /// Not finite if one of them was not.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn mean_loss(&mut self) -> Result<f64, ModelError>;

    /// Moves the averaged tensors (parameters and running statistics) towards
    /// the present ones: a <- keep a + (1 - keep) w. The first call copies them.
    fn average(&mut self, keep: f32);

    /// Replaces the tensors by their averages, if there are any.
    fn take_average(&mut self);

    /// Class scores `[rows, n_classes]` of images (perhaps mirrored), with
    /// running statistics.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn scores(&self, images: &Images, rows: &[u32], mirrored: bool)
    -> Result<Vec<f32>, ModelError>;

    /// The present tensors.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn weights(&self) -> Result<Weights, ModelError>;
}
