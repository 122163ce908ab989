//! What computes: an engine builds networks on its device and steps them. There
//! are three, one written for GPUs, one for the CPU, and burn's tensors for comparison;
//! all read the same description, weights and batches, and do the same sums.

use std::fmt::Debug;

use super::architecture::Architecture;
use super::augment::Batch;
use super::recipe::{Precision, StepSize};
use super::weights::Weights;
use crate::{Images, ModelError};

/// A device with the program for it. Shared by all fits of a run.
pub trait Engine: Debug + Send + Sync {
    /// A stack of networks with the given weights, ready to be stepped.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails or cannot do what `plan` asks.
    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError>;

    /// How it multiplies in `precision`, where a device leaves a choice; found out by
    /// trying, the first time.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails, or multiplies wrongly in every way.
    fn multiplication(&self, _precision: Precision) -> Result<Option<Multiplication>, ModelError> {
        Ok(None)
    }

    /// Does `work` and times every kernel that it launches, where an engine has kernels and a
    /// clock for them; without, `work` is not done.
    ///
    /// # Errors
    /// Those of `work`.
    fn profile(
        &self,
        _work: &mut dyn FnMut() -> Result<(), ModelError>,
    ) -> Result<Option<Profile>, ModelError> {
        Ok(None)
    }

    /// How many networks with batches of `batch` rows it is good to step together:
    /// more than one where a single one leaves processors idle.
    fn at_once(&self, _batch: usize) -> usize {
        1
    }
}

/// How a device multiplies in one number format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multiplication {
    /// In words, "with matrix units ...".
    pub how: String,
    /// What would have been faster but does not work there, and why.
    pub refused: Vec<String>,
}

impl Multiplication {
    /// A sentence on what was refused, if anything was.
    pub fn note(&self) -> Option<String> {
        let Self { how, refused } = self;
        let because = || format!("multiplying {how}; the device failed {}", refused.join("; "));
        (!refused.is_empty()).then(because)
    }
}

/// What some work launched on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Kernels of one name together, in the order in which each came first.
    pub kernels: Vec<KernelTime>,
    /// Launches of which the device did not tell how long they took.
    pub unmeasured: usize,
    /// Whether some times are the host's, which include what a launch costs there.
    pub by_host: bool,
}

/// Launches of one kernel on operands of the same lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTime {
    /// The kernel, and for products the lengths.
    pub name: String,
    /// How often.
    pub launches: usize,
    /// How long altogether.
    pub seconds: f64,
    /// Floating-point operations of products, 0 of anything else.
    pub flop: f64,
}

/// What a stack of networks is built from.
#[derive(Clone, Copy, Debug)]
pub struct NetPlan<'a> {
    /// The layers of each.
    pub architecture: &'a Architecture,
    /// What they differ in, one entry per network, at least one.
    pub members: &'a [Member<'a>],
    /// Every image of the data set; pixels are shared, so that an engine can
    /// keep them on its device from fit to fit.
    pub images: &'a Images,
    /// Rows of every step, of each network.
    pub batch: usize,
    /// Number format of activations.
    pub precision: Precision,
}

impl NetPlan<'_> {
    /// The stack and its batches, for messages.
    pub fn words(&self) -> String {
        let (n, batch) = (self.architecture.n_parameters(), self.batch);
        match self.members.len() {
            1 => format!("a network of {n} parameters with batches of {batch}"),
            m => format!("{m} networks of {n} parameters with batches of {batch}"),
        }
    }
}

/// One network of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its first weights, checked against the architecture.
    pub weights: &'a Weights,
    /// From pixels to what it sees; `side` is the same for all.
    pub input: &'a Input,
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

/// A stack of networks on its device, in training or trained: one or several of one
/// architecture that are stepped together and know nothing of each other.
pub trait Net: Send {
    /// One step of the recipe by every member on its own batch: forward, mean of the
    /// rows' cross-entropies against the targets, backward, update. Need not wait for
    /// the device.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn step(&mut self, batches: &[Batch], size: &StepSize) -> Result<(), ModelError>;

    /// Every member's mean loss in the steps since the last call; waits for the
    /// device. Not finite if one of them was not.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn mean_losses(&mut self) -> Result<Vec<f64>, ModelError>;

    /// Moves the averaged tensors (parameters and running statistics) towards
    /// the present ones: a <- keep a + (1 - keep) w. The first call copies them.
    fn average(&mut self, keep: f32);

    /// Replaces the tensors by their averages, if there are any.
    fn take_average(&mut self);

    /// A member's class scores `[rows, n_classes]` of images (perhaps mirrored),
    /// with running statistics.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, ModelError>;

    /// A member's present tensors.
    ///
    /// # Errors
    /// [`ModelError`] if the device fails.
    fn weights(&self, member: usize) -> Result<Weights, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_fails_at_nothing_is_not_worth_a_note() {
        let of = |refused: &[&str]| Multiplication {
            how: "without matrix units".into(),
            refused: refused.iter().map(|&word| word.into()).collect(),
        };
        assert_eq!(of(&[]).note(), None);
        let note = of(&["with squares (wrong)", "with others (lost)"]).note().expect("a note");
        let expected = "multiplying without matrix units; the device failed with squares (wrong); \
                        with others (lost)";
        assert_eq!(note, expected);
    }
}
