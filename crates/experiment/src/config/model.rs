//! `[model]`: which models, and for networks the recipe. Every key but the kind
//! may be left out; the models' own values are then written in its place, so that
//! the configuration kept with a run says all of it, whatever later versions do.

use relabel_models::image::{Flip, Named, NetKind, NetSpec, Precision, Recipe, Schedule, Stem};
use relabel_models::{ExtraTrees, Mlp};
use serde::{Deserialize, Serialize};

/// `[model]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// The model of single-model strategies.
    pub kind: String,
    /// The models of ensemble strategies, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ensemble: Vec<String>,
    /// Trees of a forest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trees: Option<usize>,
    /// Passes of an MLP over its training rows, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Channels of a network's first stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// "small" (3x3, for images of about 32 pixels) or "large" (7x7 and max-pool, as for ImageNet).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stem: Option<String>,
    /// Whether a fixed layer whitens 2x2 patches first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whitening: Option<bool>,
    /// A weights file of torchvision's (.pth or .safetensors) to start from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<String>,
    /// Height and width to which images are resized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<usize>,
    /// Optimiser steps of a fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Images per step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// "triangular", "cosine" or "one-cycle".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Share of the steps in which the learning rate rises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<f64>,
    /// Highest learning rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Nesterov momentum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Decoupled weight decay of kernels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Share of a batch's statistics that enters the running ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub norm_momentum: Option<f64>,
    /// Probability mass of a target that goes to all classes evenly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_smoothing: Option<f64>,
    /// "never", "random" or "alternating".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip: Option<String>,
    /// Most pixels by which a training image is shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<usize>,
    /// Side of the square that is wiped out of a training image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutout: Option<usize>,
    /// Both parameters of mixup's beta distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixup: Option<f64>,
    /// Share that averaged weights keep per step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub averaging: Option<f64>,
    /// Whether predictions are averaged over the image and its mirror image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<bool>,
    /// "f32", or on GPUs "f16".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
}

impl ModelConfig {
    /// The network called `kind`, with the width, stem and whitening asked for.
    /// None for other models.
    pub fn net(&self, kind: &str) -> Option<NetSpec> {
        let small = NetSpec::small(NetKind::named(kind)?);
        Some(NetSpec {
            width: self.width.unwrap_or(small.width),
            stem: word(&self.stem, small.stem),
            whitening: self.whitening.unwrap_or(small.whitening),
            ..small
        })
    }

    /// How networks are trained.
    pub fn recipe(&self) -> Recipe {
        let usual = Recipe::default();
        Recipe {
            steps: self.steps.unwrap_or(usual.steps),
            batch: self.batch.unwrap_or(usual.batch),
            schedule: word(&self.schedule, usual.schedule),
            warm_up: self.warm_up.unwrap_or(usual.warm_up),
            learning_rate: self.learning_rate.unwrap_or(usual.learning_rate),
            momentum: self.momentum.unwrap_or(usual.momentum),
            weight_decay: self.weight_decay.unwrap_or(usual.weight_decay),
            norm_momentum: self.norm_momentum.unwrap_or(usual.norm_momentum),
            label_smoothing: self.label_smoothing.unwrap_or(usual.label_smoothing),
            flip: word(&self.flip, usual.flip),
            crop: self.crop.unwrap_or(usual.crop),
            cutout: self.cutout.unwrap_or(usual.cutout),
            mixup: self.mixup.unwrap_or(usual.mixup),
            averaging: self.averaging.unwrap_or(usual.averaging),
            mirror: self.mirror.unwrap_or(usual.mirror),
            precision: word(&self.precision, usual.precision),
        }
    }

    /// Writes the models' own values in place of what was left out and is read.
    pub(super) fn complete(&mut self) {
        let kinds: Vec<&String> = std::iter::once(&self.kind).chain(&self.ensemble).collect();
        let holds = |name: &str| kinds.iter().any(|kind| *kind == name);
        if holds("extra-trees") {
            self.trees.get_or_insert(ExtraTrees::default().trees);
        }
        if holds("mlp") {
            self.epochs.get_or_insert(Mlp::default().max_epochs);
        }
        if let Some(net) = self.net(&self.kind) {
            self.complete_net(&net);
            self.complete_recipe(self.recipe());
        }
    }

    /// The members of an ensemble keep a width and a whitening of their own.
    fn complete_net(&mut self, net: &NetSpec) {
        self.stem.get_or_insert(net.stem.name().into());
        if self.ensemble.is_empty() {
            self.width.get_or_insert(net.width);
            self.whitening.get_or_insert(net.whitening);
        }
    }

    fn complete_recipe(&mut self, recipe: Recipe) {
        self.steps = Some(recipe.steps);
        self.batch = Some(recipe.batch);
        self.schedule = Some(recipe.schedule.name().into());
        self.warm_up = Some(recipe.warm_up);
        self.learning_rate = Some(recipe.learning_rate);
        self.momentum = Some(recipe.momentum);
        self.weight_decay = Some(recipe.weight_decay);
        self.norm_momentum = Some(recipe.norm_momentum);
        self.label_smoothing = Some(recipe.label_smoothing);
        self.flip = Some(recipe.flip.name().into());
        self.crop = Some(recipe.crop);
        self.cutout = Some(recipe.cutout);
        self.mixup = Some(recipe.mixup);
        self.averaging = Some(recipe.averaging);
        self.mirror = Some(recipe.mirror);
        self.precision = Some(recipe.precision.name().into());
    }

    /// The words that only some values understand: key, value, valid ones.
    pub(super) fn words(&self) -> [(&'static str, &Option<String>, Vec<&'static str>); 4] {
        [
            ("model.stem", &self.stem, Stem::words()),
            ("model.schedule", &self.schedule, Schedule::words()),
            ("model.flip", &self.flip, Flip::words()),
            ("model.precision", &self.precision, Precision::words()),
        ]
    }
}

/// The value that a checked word stands for.
fn word<T: Named>(word: &Option<String>, usual: T) -> T {
    word.as_deref().and_then(T::named).unwrap_or(usual)
}
