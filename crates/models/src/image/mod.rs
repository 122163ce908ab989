//! Networks for images, trained in every fit: one description of a network, one
//! recipe, one training loop, and engines that compute it.
//!
//! The order of reading is that of a fit: [`architecture`] and [`start`] make a
//! network, [`augment`] distorts its images, [`recipe`] says how it is trained,
//! `train` does it, [`engine`] is what computes.

pub mod architecture;
pub mod augment;
mod cost;
mod cpu;
pub mod engine;
mod fitted;
#[cfg(feature = "framework")]
mod framework;
mod input;
mod named;
pub mod net_kind;
#[cfg(feature = "resnet")]
mod pretrained;
pub mod recipe;
pub mod start;
mod train;
pub mod weights;
mod whitening;

use std::sync::Arc;

use relabel_scoring::{Class, Stream};

pub use architecture::Architecture;
pub use augment::{Batch, Distortion, Flip};
pub use cpu::CpuEngine;
pub use engine::{Engine, Input, Net, NetPlan};
#[cfg(feature = "framework")]
pub use framework::BurnEngine;
pub use named::Named;
pub use net_kind::{NetKind, NetSpec, Stem};
#[cfg(feature = "resnet")]
pub use pretrained::{PretrainedError, pretrained};
pub use recipe::{Precision, Recipe, Schedule, StepSize};
pub use start::first_weights;
pub use weights::{WeightTensor, Weights};
pub use whitening::whitening_kernel;

use self::architecture::KernelStart;
use self::fitted::FittedNet;
use self::train::{TrainingRows, train};
use crate::{Classifier, FeatureStore, Features, Fitted, Images, ModelError, Watch};

/// A network that is trained by a recipe in every fit.
#[derive(Clone, Debug)]
pub struct ImageClassifier {
    /// Which network.
    pub spec: NetSpec,
    /// How it is trained and asked.
    pub recipe: Recipe,
    /// Weights to start from instead of random ones. Tensors whose names they
    /// lack, such as a head for other classes, start at random.
    pub pretrained: Option<Arc<Weights>>,
    /// Height and width to which images are resized.
    pub side: Option<usize>,
    /// What computes.
    pub engine: Arc<dyn Engine>,
}

impl Classifier for ImageClassifier {
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
        let input = Input::of(images, x.rows, self.side);
        let architecture = Architecture::new(&self.spec, images.channels, n_classes);
        let weights = self.start(&architecture, images, x.rows, &input, stream);
        let plan = NetPlan {
            architecture: &architecture,
            weights: &weights,
            images,
            input: &input,
            batch: self.recipe.batch,
            precision: self.recipe.precision,
        };
        let mut net = self.engine.build(&plan)?;
        let data = TrainingRows {
            rows: x.rows,
            classes: y,
            n_classes,
            size: [images.height, images.width],
        };
        train(net.as_mut(), &self.recipe, &data, stream, watch)?;
        Ok(Box::new(FittedNet { net, n_classes, mirror: self.recipe.mirror }))
    }
}

impl ImageClassifier {
    fn start(
        &self,
        architecture: &Architecture,
        images: &Images,
        rows: &[u32],
        input: &Input,
        stream: Stream,
    ) -> Weights {
        let whitens = |unit: &architecture::Unit| unit.conv.start == KernelStart::Whitening;
        let kernel = architecture.units().any(whitens);
        let kernel = kernel.then(|| whitening_kernel(images, rows, input));
        let mut weights = first_weights(architecture, stream.child(0), kernel.as_ref());
        if let Some(given) = &self.pretrained {
            for (name, tensor) in &mut weights.0 {
                if let Some(found) = given.get(name).filter(|found| found.shape == tensor.shape) {
                    tensor.clone_from(found);
                }
            }
        }
        weights
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
