//! The forward pass of a stack of networks of one architecture, and the trace of
//! it that the backward pass needs. Activations are rows, one per position of an
//! image, in the format of the fit; sums, head and loss are in single precision.

use std::sync::Arc;

use relabel_kernels as kernels;
use relabel_kernels::{Array, Client, Lines, Moments, Multiplier, SINGLE, Windows};

use super::store::Store;
use crate::image::architecture::{
    Activation, Architecture, GlobalPool, Head, Layer, NORM_EPSILON, Norm, Pool, Unit,
};
use crate::image::windows::{Geometry, Slide, Slides};

/// The activations of all images: rows `[images * height * width, channels]`.
#[derive(Clone)]
pub(super) struct Map {
    pub(super) rows: Array,
    /// Height and width.
    pub(super) side: [usize; 2],
}

/// One pass over the layers.
pub(super) struct Pass<'a> {
    pub(super) client: &'a Client,
    /// For the rows of maps.
    pub(super) multiplier: Multiplier,
    pub(super) store: &'a Store,
    pub(super) slides: &'a Slides<Windows>,
    /// Where slopes, and the statistics of this batch, are left; without it the
    /// running statistics normalise.
    pub(super) slopes: Option<&'a Array>,
}

/// What happened in a pass. Without slopes no layer is remembered, and its arrays are free
/// for the next.
pub(super) struct Trace {
    pub(super) layers: Vec<LayerTrace>,
    pub(super) head: HeadTrace,
}

pub(super) enum LayerTrace {
    Unit(UnitTrace),
    Pool(PoolTrace),
    Residual {
        branch: Vec<UnitTrace>,
        shortcut: Option<UnitTrace>,
        /// relu of the sum
        sum: Array,
    },
}

impl LayerTrace {
    /// Where the layer's slopes pass: what its rectifier let through, if it ends with one of its own.
    pub(super) fn gate(&self) -> Option<&Array> {
        match self {
            Self::Residual { sum, .. } => Some(sum),
            Self::Unit(_) | Self::Pool(_) => None,
        }
    }
}

pub(super) struct UnitTrace {
    pub(super) input: Array,
    pub(super) slide: Arc<Slide<Windows>>,
    pub(super) pool: Option<PoolTrace>,
    /// What the lines were given.
    pub(super) rows: Array,
    pub(super) lines: Array,
}

impl UnitTrace {
    /// A normalisation, or else a bias.
    pub(super) fn lines(&self, unit: &Unit) -> Lines<'_> {
        if unit.norm.is_some() { Lines::Norm(&self.lines) } else { Lines::Shift(&self.lines) }
    }
}

pub(super) struct PoolTrace {
    pub(super) slide: Arc<Slide<Windows>>,
    /// The tap that won.
    pub(super) winner: Array,
}

pub(super) struct HeadTrace {
    /// `[images, channels]`
    pub(super) features: Array,
    /// The positions that won, if the greatest are the features.
    pub(super) pool: Option<PoolTrace>,
    /// Positions of an image of which the features are the means.
    pub(super) positions: usize,
    /// What gave the scores.
    pub(super) slide: Arc<Slide<Windows>>,
    /// Scores before the bias.
    pub(super) product: Array,
}

impl Pass<'_> {
    /// Class scores `[images, classes in multiples of the grain]`, before the head's scale.
    pub(super) fn scores(&self, net: &Architecture, mut x: Map) -> (Array, Trace) {
        let mut layers = Vec::with_capacity(net.layers.len());
        for layer in &net.layers {
            let (next, trace) = self.layer(layer, x);
            layers.extend(self.slopes.map(|_| trace));
            x = next;
        }
        let (scores, head) = self.head(&net.head, &x);
        (scores, Trace { layers, head })
    }

    fn layer(&self, layer: &Layer, x: Map) -> (Map, LayerTrace) {
        match layer {
            Layer::Unit(unit) => {
                let (x, trace) = self.unit(unit, x, None);
                (x, LayerTrace::Unit(trace))
            }
            Layer::Pool(pool) => {
                let (x, trace) = self.pooled(*pool, &x);
                (x, LayerTrace::Pool(trace))
            }
            Layer::Residual { branch, shortcut } => {
                let (passed, shortcut) = match shortcut {
                    Some(unit) => {
                        let (passed, trace) = self.unit(unit, x.clone(), None);
                        (passed, Some(trace))
                    }
                    None => (x.clone(), None),
                };
                let mut x = x;
                let mut traces = Vec::with_capacity(branch.len());
                for (unit, at) in branch.iter().zip(1..) {
                    let other = (at == branch.len()).then_some(&passed.rows);
                    let (next, trace) = self.unit(unit, x, other);
                    traces.push(trace);
                    x = next;
                }
                let sum = x.rows.clone();
                (x, LayerTrace::Residual { branch: traces, shortcut, sum })
            }
        }
    }

    /// A unit; the last of a branch is added to `other` and rectified.
    fn unit(&self, unit: &Unit, x: Map, other: Option<&Array>) -> (Map, UnitTrace) {
        let slide = self.slides.of(Geometry::conv(&unit.conv, x.side));
        let weights = self.store.weights(&unit.conv.name, "weight");
        let rows =
            kernels::product(self.client, self.multiplier, &x.rows, &slide.forward, &weights);
        let mut map = Map { rows, side: slide.written };
        let pool = unit.pool.map(|pool| {
            let (next, trace) = self.pooled(pool, &map);
            map = next;
            trace
        });
        let lines = match &unit.norm {
            Some(norm) => self.normalised(norm, &map.rows),
            None => self.store.single(&unit.conv.name, "bias"),
        };
        let trace = UnitTrace { input: x.rows, slide, pool, rows: map.rows, lines };
        let by = if other.is_some() { kernels::Activation::Relu } else { activation(unit) };
        let rows = kernels::line(self.client, &trace.rows, trace.lines(unit), other, by);
        (Map { rows, side: map.side }, trace)
    }

    fn pooled(&self, pool: Pool, x: &Map) -> (Map, PoolTrace) {
        let slide = self.slides.of(Geometry::pool(pool, x.side));
        let (rows, winner) = kernels::maxima(self.client, &x.rows, &slide.forward);
        (Map { rows, side: slide.written }, PoolTrace { slide, winner })
    }

    fn normalised(&self, norm: &Norm, rows: &Array) -> Array {
        let [scale, shift] = ["weight", "bias"].map(|word| self.store.single(&norm.name, word));
        let by = kernels::Norm { scale: &scale, shift: &shift, epsilon: NORM_EPSILON };
        let moments = |of: &Array| {
            ["running_mean", "running_var"].map(|word| self.store.slot(of, &norm.name, word))
        };
        match self.slopes {
            Some(slopes) => {
                let [mean, variance] = &moments(slopes);
                kernels::normalised(self.client, rows, by, Moments { mean, variance })
            }
            None => {
                let [mean, variance] = &moments(&self.store.values);
                kernels::normalised_by(self.client, by, Moments { mean, variance })
            }
        }
    }

    /// For the head, which is in single precision whatever the maps are in.
    pub(super) fn head_multiplier(&self) -> Multiplier {
        Multiplier::plain(self.client, SINGLE)
    }

    fn head(&self, head: &Head, x: &Map) -> (Array, HeadTrace) {
        let (features, pool, positions) = match head.pool {
            GlobalPool::Average => {
                let positions = x.side[0] * x.side[1];
                (kernels::means(self.client, &x.rows, positions), None, positions)
            }
            GlobalPool::Max => {
                let slide = self.slides.of(Geometry::whole(x.side));
                let (most, winner) = kernels::maxima(self.client, &x.rows, &slide.forward);
                let features = kernels::means(self.client, &most, 1);
                (features, Some(PoolTrace { slide, winner }), 1)
            }
        };
        let slide = self.slides.of(Geometry::whole([1, 1]));
        let weights = self.store.single("fc", "weight");
        let by = self.head_multiplier();
        let product = kernels::product(self.client, by, &features, &slide.forward, &weights);
        let scores = if head.bias {
            let bias = self.store.single("fc", "bias");
            let none = kernels::Activation::None;
            kernels::line(self.client, &product, Lines::Shift(&bias), None, none)
        } else {
            product.clone()
        };
        (scores, HeadTrace { features, pool, positions, slide, product })
    }
}

pub(super) fn activation(unit: &Unit) -> kernels::Activation {
    match unit.activation {
        Activation::None => kernels::Activation::None,
        Activation::Relu => kernels::Activation::Relu,
        Activation::Gelu => kernels::Activation::Gelu,
    }
}
