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
#[cfg(feature = "resnet")]
mod framework;
#[cfg(feature = "gpu")]
mod gpu;
mod input;
#[cfg(feature = "gpu")]
mod layout;
mod named;
pub mod net_kind;
#[cfg(feature = "resnet")]
mod pretrained;
pub mod recipe;
pub mod start;
mod train;
#[cfg(feature = "gpu")]
mod uploads;
pub mod weights;
mod whitening;
#[cfg(feature = "gpu")]
mod windows;
#[cfg(feature = "gpu")]
mod worker;

use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use relabel_scoring::{Class, Stream};

pub use architecture::Architecture;
pub use augment::{Batch, Distortion, Flip};
pub use cpu::CpuEngine;
pub use engine::{Engine, Input, KernelTime, Member, Multiplication, Net, NetPlan, Profile};
#[cfg(feature = "resnet")]
pub use framework::BurnEngine;
#[cfg(feature = "gpu")]
pub use gpu::GpuEngine;
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
use crate::{Classifier, FeatureStore, Features, Fit, Fitted, Images, ModelError, Watch};

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
        let fit = Fit { rows: x.rows, y, stream };
        let fitted = self.fit_together(x.store, &[fit], n_classes, watch)?;
        Ok(fitted.into_iter().next().expect("one fit should give one model"))
    }

    fn note(&self) -> Result<Option<String>, ModelError> {
        let found = self.engine.multiplication(self.recipe.precision)?;
        Ok(found.and_then(|multiplication| multiplication.note()))
    }

    fn at_once(&self) -> usize {
        self.engine.at_once(self.recipe.batch)
    }

    fn fit_together(
        &self,
        store: &FeatureStore,
        fits: &[Fit<'_>],
        n_classes: usize,
        watch: &dyn Watch,
    ) -> Result<Vec<Box<dyn Fitted>>, ModelError> {
        let images = images_of(store)?;
        if fits.iter().any(|fit| fit.rows.is_empty()) {
            return Err(ModelError::Diverged("there are no rows to train on".into()));
        }
        let architecture = Architecture::new(&self.spec, images.channels, n_classes);
        let start = |fit: &Fit<'_>| {
            let input = Input::of(images, fit.rows, self.side);
            (self.start(&architecture, images, fit.rows, &input, fit.stream), input)
        };
        let starts: Vec<_> = fits.par_iter().map(start).collect();
        let members: Vec<_> =
            starts.iter().map(|(weights, input)| Member { weights, input }).collect();
        let plan = NetPlan {
            architecture: &architecture,
            members: &members,
            images,
            batch: self.recipe.batch,
            precision: self.recipe.precision,
        };
        let mut net = self.engine.build(&plan)?;
        let size = [images.height, images.width];
        let data = fits.iter().map(|&Fit { rows, y: classes, stream }| TrainingRows {
            rows,
            classes,
            n_classes,
            size,
            stream,
        });
        train(net.as_mut(), &self.recipe, &data.collect::<Vec<_>>(), watch)?;
        let (stack, mirror) = (Arc::new(Mutex::new(net)), self.recipe.mirror);
        let fitted = |member| -> Box<dyn Fitted> {
            Box::new(FittedNet { stack: Arc::clone(&stack), member, n_classes, mirror })
        };
        Ok((0..fits.len()).map(fitted).collect())
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

fn images_of(store: &FeatureStore) -> Result<&Images, ModelError> {
    match store {
        FeatureStore::Images(images) => Ok(images),
        FeatureStore::Table(_) => {
            Err(ModelError::Features { model: "resnet", expected: "images", found: "a table" })
        }
    }
}
