//! The forward pass of a stack of networks of one architecture, and the trace of
//! it that the backward pass needs. Activations are rows, one per position of an image.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::activation::relu;
use burn::tensor::{Int, Tensor};

use super::rows::{self, Windows};
use crate::image::architecture::{
    Activation, Architecture, GlobalPool, Head, Layer, NORM_EPSILON, Norm, Pool, Unit,
};
use crate::image::windows::{Geometry, Slide, Slides};

/// The tensors of a stack, `[members, rows, columns]`, by name.
pub(super) type Tensors = BTreeMap<String, Tensor<3>>;

/// The activations of all images: rows `[images * height * width, channels]`.
#[derive(Clone)]
pub(super) struct Map {
    pub(super) rows: Tensor<2>,
    /// Height and width.
    pub(super) side: [usize; 2],
}

/// One pass over the layers.
pub(super) struct Pass<'a> {
    pub(super) tensors: &'a Tensors,
    pub(super) slides: &'a Slides<Windows>,
    pub(super) members: usize,
    /// Whether the batch's own statistics normalise, and not the running ones.
    pub(super) training: bool,
}

/// What happened in a pass.
pub(super) struct Trace {
    pub(super) layers: Vec<LayerTrace>,
    pub(super) head: HeadTrace,
}

impl Trace {
    /// The units in the order of [`Architecture::units`].
    pub(super) fn units(&self) -> impl Iterator<Item = &UnitTrace> {
        self.layers.iter().flat_map(|layer| match layer {
            LayerTrace::Unit(unit) => vec![unit.as_ref()],
            LayerTrace::Pool(_) => Vec::new(),
            LayerTrace::Residual { branch, shortcut, .. } => {
                branch.iter().chain(shortcut.as_deref()).collect()
            }
        })
    }
}

pub(super) enum LayerTrace {
    Unit(Box<UnitTrace>),
    Pool(PoolTrace),
    Residual {
        branch: Vec<UnitTrace>,
        shortcut: Option<Box<UnitTrace>>,
        /// relu of the sum
        sum: Tensor<2>,
    },
}

pub(super) struct UnitTrace {
    pub(super) input: Tensor<2>,
    pub(super) slide: Arc<Slide<Windows>>,
    pub(super) pool: Option<PoolTrace>,
    /// What the normalisation, or else the activation, was given.
    pub(super) seen: Tensor<2>,
    pub(super) moments: Option<Moments>,
}

pub(super) struct PoolTrace {
    pub(super) slide: Arc<Slide<Windows>>,
    /// The tap that won.
    pub(super) chosen: Tensor<2, Int>,
}

pub(super) struct HeadTrace {
    /// `[members, images, channels]`
    pub(super) features: Tensor<3>,
    /// The positions that won, if the greatest are the features.
    pub(super) pool: Option<PoolTrace>,
    /// Positions of an image.
    pub(super) positions: usize,
}

/// The statistics that normalised, each `[members, 1, channels]`.
pub(super) struct Moments {
    pub(super) mean: Tensor<3>,
    /// Of the population that the batch is a sample of, as PyTorch keeps it.
    pub(super) variance: Tensor<3>,
    /// One over the standard deviation of the batch.
    pub(super) inverse: Tensor<3>,
}

impl Pass<'_> {
    /// Class scores `[members, images per member, n_classes]`.
    pub(super) fn scores(&self, net: &Architecture, mut x: Map) -> (Tensor<3>, Trace) {
        let mut layers = Vec::with_capacity(net.layers.len());
        for layer in &net.layers {
            let (next, trace) = self.layer(layer, x);
            layers.push(trace);
            x = next;
        }
        let (scores, head) = self.head(&net.head, x);
        (scores, Trace { layers, head })
    }

    fn layer(&self, layer: &Layer, x: Map) -> (Map, LayerTrace) {
        match layer {
            Layer::Unit(unit) => {
                let (x, trace) = self.unit(unit, x);
                (x, LayerTrace::Unit(Box::new(trace)))
            }
            Layer::Pool(pool) => {
                let (x, trace) = self.pooled(*pool, x);
                (x, LayerTrace::Pool(trace))
            }
            Layer::Residual { branch, shortcut } => {
                let mut own = x.clone();
                let mut traces = Vec::with_capacity(branch.len());
                for unit in branch {
                    let (next, trace) = self.unit(unit, own);
                    traces.push(trace);
                    own = next;
                }
                let (passed, shortcut) = match shortcut {
                    Some(unit) => {
                        let (passed, trace) = self.unit(unit, x);
                        (passed, Some(Box::new(trace)))
                    }
                    None => (x, None),
                };
                let sum = relu(own.rows + passed.rows);
                let trace = LayerTrace::Residual { branch: traces, shortcut, sum: sum.clone() };
                (Map { rows: sum, side: own.side }, trace)
            }
        }
    }

    fn unit(&self, unit: &Unit, x: Map) -> (Map, UnitTrace) {
        let slide = self.slides.of(Geometry::conv(&unit.conv, x.side));
        let kernel = self.tensor(&unit.conv.name, "weight");
        let input = x.rows.clone();
        let mut x = Map { rows: rows::convolve(x.rows, &slide, kernel), side: slide.written };
        if unit.conv.bias {
            let bias = self.tensor(&unit.conv.name, "bias");
            x.rows = self.flat(self.each(x.rows) + bias);
        }
        let pool = unit.pool.map(|pool| {
            let (next, trace) = self.pooled(pool, x.clone());
            x = next;
            trace
        });
        let moments = unit.norm.as_ref().map(|norm| self.moments(norm, &x.rows));
        let seen = x.rows;
        let before = self.before_activation(unit, &seen, moments.as_ref());
        let after = match unit.activation {
            Activation::None => before,
            Activation::Relu => relu(before),
            Activation::Gelu => before.clone() * phi(before),
        };
        let map = Map { rows: self.flat(after), side: x.side };
        (map, UnitTrace { input, slide, pool, seen, moments })
    }

    fn pooled(&self, pool: Pool, x: Map) -> (Map, PoolTrace) {
        let slide = self.slides.of(Geometry::pool(pool, x.side));
        let (rows, chosen) = rows::maxima(x.rows, &slide);
        (Map { rows, side: slide.written }, PoolTrace { slide, chosen })
    }

    fn moments(&self, norm: &Norm, x: &Tensor<2>) -> Moments {
        let inverse = |variance: Tensor<3>| (variance + NORM_EPSILON).sqrt().recip();
        if !self.training {
            let [mean, variance] =
                ["running_mean", "running_var"].map(|word| self.tensor(&norm.name, word));
            return Moments { mean, inverse: inverse(variance.clone()), variance };
        }
        let n = (x.dims()[0] / self.members) as f64;
        // The sums are of distances to one of the rows, so that a mean far from zero costs no digits.
        let centre = self.each(x.clone()).narrow(1, 0, 1);
        let sums = rows::sums(x.clone(), x.clone(), centre.clone(), true);
        let [off, square] = sums.map(|sum| sum / n);
        let variance = (square - off.clone() * off.clone()).clamp_min(0.0);
        let sample = variance.clone() * (n / (n - 1.0).max(1.0));
        Moments { mean: centre + off, variance: sample, inverse: inverse(variance) }
    }

    /// What the activation of `unit` is given, `[members, positions, channels]`.
    pub(super) fn before_activation(
        &self,
        unit: &Unit,
        seen: &Tensor<2>,
        moments: Option<&Moments>,
    ) -> Tensor<3> {
        let x = self.each(seen.clone());
        let Some((norm, moments)) = unit.norm.as_ref().zip(moments) else { return x };
        let scale = moments.inverse.clone() * self.tensor(&norm.name, "weight");
        (x - moments.mean.clone()) * scale + self.tensor(&norm.name, "bias")
    }

    fn head(&self, head: &Head, x: Map) -> (Tensor<3>, HeadTrace) {
        let [rows, channels] = x.rows.dims();
        let positions = x.side[0] * x.side[1];
        let images = rows / positions;
        let (features, pool) = match head.pool {
            GlobalPool::Average => {
                let rows = x.rows.reshape([images, positions, channels]);
                (rows.mean_dim(1).reshape([images, channels]), None)
            }
            GlobalPool::Max => {
                let slide = self.slides.of(Geometry::whole(x.side));
                let (features, chosen) = rows::maxima(x.rows, &slide);
                (features, Some(PoolTrace { slide, chosen }))
            }
        };
        let features = features.reshape([self.members, images / self.members, channels]);
        let scores = features.clone().matmul(self.tensor("fc", "weight"));
        let scores = if head.bias { scores + self.tensor("fc", "bias") } else { scores };
        let scores = if head.scale == 1.0 { scores } else { scores * head.scale };
        (scores, HeadTrace { features, pool, positions })
    }

    pub(super) fn tensor(&self, name: &str, word: &str) -> Tensor<3> {
        let tensor = self.tensors.get(&format!("{name}.{word}"));
        tensor.expect("weights should have been checked against the net").clone()
    }

    /// Rows of each member.
    pub(super) fn each(&self, rows: Tensor<2>) -> Tensor<3> {
        let [n, channels] = rows.dims();
        rows.reshape([self.members, n / self.members, channels])
    }

    /// Rows of all members.
    pub(super) fn flat(&self, x: Tensor<3>) -> Tensor<2> {
        let [members, n, channels] = x.dims();
        x.reshape([members * n, channels])
    }
}

/// The normal distribution function.
pub(super) fn phi(x: Tensor<3>) -> Tensor<3> {
    ((x * std::f32::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5
}
