//! Residual networks for images, trained from scratch in each fit.
//!
//! On the CPU a fit is reproducible to the byte and runs on one thread when it
//! is called from a thread pool: two fits on one thread each are faster than one
//! after the other on two.

mod augment;
mod infer;
mod init;
mod net;
mod optimizer;
mod own_thread;
mod train;

use burn::tensor::Device;
use relabel_scoring::{Class, Stream};

pub use net::Blocks;

use self::augment::Standard;
use self::infer::FittedResnet;
use self::own_thread::on_own_thread;
use self::train::{TrainingRows, train};
use crate::{Classifier, FeatureStore, Features, Fitted, Images, ModelError, Watch};

/// Architecture and training recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct ResnetConfig {
    /// Depth and kind of the blocks.
    pub blocks: Blocks,
    /// Channels of the first stage.
    pub width: usize,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// The highest learning rate of a fit; it rises to it and falls to zero.
    pub learning_rate: f64,
    /// L2 penalty on the weights.
    pub weight_decay: f64,
}

impl ResnetConfig {
    /// The recipe called "resnet8", "resnet18", "resnet34" or "resnet50".
    ///
    /// Measured for resnet8 on CIFAR-10 test images, mean of two fits on a CPU:
    /// 35 % right after training on 300 images, 49 % after 1,000.
    pub fn named(kind: &str) -> Option<Self> {
        let (blocks, width, epochs, batch) = match kind {
            "resnet8" => (Blocks::Resnet8, 16, 20, 16),
            "resnet18" => (Blocks::Resnet18, 64, 40, 64),
            "resnet34" => (Blocks::Resnet34, 64, 40, 64),
            "resnet50" => (Blocks::Resnet50, 64, 40, 64),
            _ => return None,
        };
        Some(Self { blocks, width, epochs, batch, learning_rate: 0.1, weight_decay: 5e-4 })
    }
}

/// A residual network that is trained on `device` in every fit.
#[derive(Clone, Debug)]
pub struct ResnetClassifier {
    /// Architecture and training recipe.
    pub config: ResnetConfig,
    /// Where it is trained and asked.
    pub device: Device,
}

impl Classifier for ResnetClassifier {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let images = images_of(x)?;
        if x.rows.is_empty() {
            return Err(ModelError::Diverged("there are no rows to train on".into()));
        }
        let standard = Standard::of(images, x.rows);
        let data =
            TrainingRows { images, rows: x.rows, classes: y, n_classes, standard: &standard };
        let net = on_own_thread(&self.device, || {
            train(&self.config, &data, stream, &self.device, watch)
        })?;
        Ok(Box::new(FittedResnet { net, standard, n_classes, device: self.device.clone() }))
    }
}

fn images_of(x: Features<'_>) -> Result<&Images, ModelError> {
    match x.store {
        FeatureStore::Images(images) => Ok(images),
        FeatureStore::Table(_) => {
            Err(ModelError::Features { model: "resnet", expected: "images", found: "a table" })
        }
    }
}
