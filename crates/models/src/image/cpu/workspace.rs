//! Everything a step writes, allocated once: feature maps, outputs of
//! convolutions, their gradients, and the partial sums of the chunks.

use super::lanes::{Lanes, Quad};
use super::norm::Norm;
use super::plan::{ConvPlan, MapPlan, Plan};
use super::plane::{Maps, Shape};

/// Pixels that a chunk of images should have: enough to use the weights that are
/// in the first cache several times, few enough for the second cache.
const CHUNK_PIXELS: usize = 256;

/// What the forward pass writes.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) images: usize,
    pub(super) input: Maps<Quad>,
    /// The first, the input, is empty.
    pub(super) maps: Vec<Maps<Lanes>>,
    pub(super) outputs: Vec<Output>,
    /// `[image][block]`
    pub(super) features: Vec<Lanes>,
    /// `[image][class]`, then their gradients
    pub(super) scores: Vec<f32>,
}

/// The output of a convolution.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) dest: Maps<Lanes>,
    /// After the max-pool, if there is one.
    pub(super) pooled: Option<Maps<Lanes>>,
    /// `[chunk][first or second sum][block]`
    pub(super) partial: Vec<Lanes>,
    pub(super) norm: Norm,
}

impl Output {
    /// What the normalisation reads.
    pub(super) fn normalised(&self) -> &Maps<Lanes> {
        self.pooled.as_ref().unwrap_or(&self.dest)
    }
}

/// What the backward pass writes.
#[derive(Clone, Debug)]
pub(super) struct BackwardSpace {
    /// Per map; the first, the input, is empty.
    pub(super) maps: Vec<Maps<Lanes>>,
    /// Per convolution.
    pub(super) convs: Vec<Maps<Lanes>>,
    /// Kernels with inputs and outputs exchanged.
    pub(super) exchanged: Vec<Vec<Lanes>>,
    /// `[image][block]`
    pub(super) features: Vec<Lanes>,
    /// `[group of images]` kernel gradients
    pub(super) partial: Vec<Lanes>,
}

/// Images that are worked on together between two maps.
pub(super) fn chunk(map: &MapPlan) -> usize {
    (CHUNK_PIXELS / map.shape.plane.area()).max(1)
}

fn nothing(shape: Shape) -> Maps<Lanes> {
    Maps::new(shape, 0)
}

impl Workspace {
    pub(super) fn new(plan: &Plan, images: usize, n_classes: usize) -> Self {
        let shapes = plan.maps.iter().map(|map| map.shape);
        let mut maps: Vec<_> = shapes.skip(1).map(|shape| Maps::new(shape, images)).collect();
        maps.insert(0, nothing(plan.maps[0].shape));
        let blocks = plan.last().shape.blocks;
        Self {
            images,
            input: Maps::new(plan.maps[0].shape, images),
            maps,
            outputs: plan.convs.iter().map(|conv| output(plan, conv, images)).collect(),
            features: vec![Lanes::default(); images * blocks],
            scores: vec![0.0; images * n_classes],
        }
    }
}

fn output(plan: &Plan, conv: &ConvPlan, images: usize) -> Output {
    // the forward pass adds up by chunks of the map read, the backward pass by those of the map made
    let made = &plan.maps[plan.joined(conv.at)];
    let chunks = images.div_ceil(chunk(&plan.maps[conv.source])).max(images.div_ceil(chunk(made)));
    Output {
        dest: Maps::new(conv.dest, images),
        pooled: conv.unit.pool.map(|_| Maps::new(conv.pooled, images)),
        partial: vec![Lanes::default(); chunks * 2 * conv.blocks()],
        norm: Norm::new(conv.blocks()),
    }
}

impl BackwardSpace {
    pub(super) fn new(plan: &Plan, images: usize) -> Self {
        let maps = (1..plan.maps.len()).map(|at| Maps::new(plan.gradient_shape(at), images));
        let mut maps: Vec<_> = maps.collect();
        maps.insert(0, nothing(plan.maps[0].shape));
        let exchanged = |conv: &ConvPlan| match conv.backward.is_empty() {
            true => Vec::new(),
            false => vec![Lanes::default(); conv.kernel_len()],
        };
        let partial = plan.convs.iter().map(|conv| groups(conv) * conv.kernel_len());
        Self {
            maps,
            convs: plan.convs.iter().map(|conv| Maps::new(conv.gradient, images)).collect(),
            exchanged: plan.convs.iter().map(exchanged).collect(),
            features: vec![Lanes::default(); images * plan.last().shape.blocks],
            partial: vec![Lanes::default(); partial.max().unwrap_or(0)],
        }
    }
}

/// Groups of images whose kernel gradients are summed apart, so that several
/// threads can work on a small kernel; large ones are divided by outputs.
pub(super) fn groups(conv: &ConvPlan) -> usize {
    const MOST_LANES: usize = 1 << 16;
    (MOST_LANES / conv.kernel_len()).clamp(1, 16)
}
