//! The network as the engine runs it: feature maps and the convolutions that
//! lead from one to the next, numbered so that everything that reads a map comes
//! after everything that makes it.

use std::ops::Range;

use super::correlation::Slide;
use super::geometry::Window;
use super::lanes::{LANES, Pixel, Quad, blocks};
use super::plane::{Plane, Shape};
use super::weight_gradient::Products;
use crate::image::architecture::{Activation, Architecture, KernelStart, Layer, Pool, Unit};

/// The whole network for images of one size.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The first is the input.
    pub(super) maps: Vec<MapPlan>,
    /// In the order of the maps they read.
    pub(super) convs: Vec<ConvPlan>,
}

/// A feature map after its activation.
#[derive(Clone, Debug)]
pub(super) struct MapPlan {
    pub(super) shape: Shape,
    pub(super) origin: Origin,
    /// The convolutions that read it.
    pub(super) readers: Range<usize>,
}

/// How a feature map comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is the image.
    Input,
    /// Max-pool of another map.
    Pooled { of: usize, pool: Pool },
    /// Activation of a normalised convolution, perhaps with a shortcut added.
    Join { main: usize, shortcut: Shortcut, activation: Activation },
}

/// What is added before the activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortcut {
    None,
    Map(usize),
    Conv(usize),
}

/// A convolution, with the max-pool and the normalisation that follow it.
#[derive(Clone, Debug)]
pub(super) struct ConvPlan {
    /// Its number.
    pub(super) at: usize,
    pub(super) unit: Unit,
    /// The map it reads.
    pub(super) source: usize,
    /// What it writes.
    pub(super) dest: Shape,
    /// The same after the pool, if there is one.
    pub(super) pooled: Shape,
    /// The gradient of what it writes.
    pub(super) gradient: Shape,
    pub(super) forward: Slide,
    /// Empty if the gradient of its input is not asked for.
    pub(super) backward: Vec<Slide>,
    pub(super) products: Products,
}

impl ConvPlan {
    fn new(at: usize, unit: &Unit, source: usize, input: Shape) -> Self {
        let conv = &unit.conv;
        let window = Window { size: conv.size, stride: conv.stride, pad: conv.pad };
        let dest = Shape { blocks: blocks(conv.to), plane: window.output(input.plane) };
        let asked = source > 0;
        let border = if asked { window.gradient_border(input.plane) } else { 0 };
        let gradient = Shape { plane: Plane { border, ..dest.plane }, ..dest };
        Self {
            at,
            unit: unit.clone(),
            source,
            dest,
            pooled: pooled(dest, unit.pool),
            gradient,
            forward: window.forward(input, dest),
            backward: if asked { window.backward(gradient, bare(input)) } else { Vec::new() },
            products: window.products(input, gradient),
        }
    }

    /// Whether its kernel keeps its first values.
    pub(super) fn fixed(&self) -> bool {
        self.unit.conv.start == KernelStart::Whitening
    }

    /// Blocks of its output channels.
    pub(super) fn blocks(&self) -> usize {
        self.dest.blocks
    }

    /// Inputs of a block of the kernel.
    pub(super) fn per_block(&self) -> usize {
        if self.source == 0 { Quad::CHANNELS } else { LANES }
    }

    /// Groups of lanes of its kernel.
    pub(super) fn kernel_len(&self) -> usize {
        self.blocks() * self.forward.source.blocks * self.forward.kernel_area * self.per_block()
    }
}

/// A map before the shapes are known.
struct Sketch<'a> {
    origins: Vec<Origin>,
    /// The units and the maps they read.
    units: Vec<(&'a Unit, usize)>,
}

impl<'a> Sketch<'a> {
    fn of(architecture: &'a Architecture) -> Self {
        let mut sketch = Self { origins: vec![Origin::Input], units: Vec::new() };
        for layer in &architecture.layers {
            match layer {
                Layer::Unit(unit) => sketch.unit(unit),
                Layer::Pool(pool) => {
                    let of = sketch.last();
                    sketch.origins.push(Origin::Pooled { of, pool: *pool });
                }
                Layer::Residual { branch, shortcut } => sketch.residual(branch, shortcut.as_ref()),
            }
        }
        sketch
    }

    fn last(&self) -> usize {
        self.origins.len() - 1
    }

    fn conv(&mut self, unit: &'a Unit) -> usize {
        self.units.push((unit, self.last()));
        self.units.len() - 1
    }

    fn unit(&mut self, unit: &'a Unit) {
        let (main, activation) = (self.conv(unit), unit.activation);
        self.origins.push(Origin::Join { main, shortcut: Shortcut::None, activation });
    }

    fn residual(&mut self, branch: &'a [Unit], shortcut: Option<&'a Unit>) {
        let shortcut = match shortcut {
            Some(unit) => Shortcut::Conv(self.conv(unit)),
            None => Shortcut::Map(self.last()),
        };
        let (last, inner) = branch.split_last().expect("a branch should have a unit");
        for unit in inner {
            self.unit(unit);
        }
        let main = self.conv(last);
        self.origins.push(Origin::Join { main, shortcut, activation: Activation::Relu });
    }
}

impl Plan {
    /// For images of `height` x `width`.
    pub(super) fn new(architecture: &Architecture, height: usize, width: usize) -> Self {
        let sketch = Sketch::of(architecture);
        let mut plan = Self { maps: Vec::new(), convs: Vec::new() };
        for (at, &origin) in sketch.origins.iter().enumerate() {
            let readers = || sketch.units.iter().filter(|(_, source)| *source == at);
            let border = readers().map(|(unit, _)| unit.conv.pad).max().unwrap_or(0);
            let shape = match origin {
                Origin::Input => {
                    let blocks = architecture.channels.div_ceil(Quad::CHANNELS);
                    Shape { blocks, plane: Plane { height, width, border: 0 } }
                }
                Origin::Pooled { of, pool } => pooled(plan.maps[of].shape, Some(pool)),
                Origin::Join { main, .. } => plan.convs[main].pooled,
            };
            let shape = Shape { plane: Plane { border, ..shape.plane }, ..shape };
            let first = plan.convs.len();
            for (&(unit, source), at) in readers().zip(first..) {
                plan.convs.push(ConvPlan::new(at, unit, source, shape));
            }
            plan.maps.push(MapPlan { shape, origin, readers: first..plan.convs.len() });
        }
        plan
    }

    /// The map that the head reads.
    pub(super) fn last(&self) -> &MapPlan {
        self.maps.last().expect("a plan should have an input")
    }

    /// The map that `conv` leads to.
    pub(super) fn joined(&self, conv: usize) -> usize {
        let leads = |map: &MapPlan| match map.origin {
            Origin::Join { main, shortcut, .. } => main == conv || shortcut == Shortcut::Conv(conv),
            _ => false,
        };
        self.maps.iter().position(leads).expect("every convolution should lead to a map")
    }

    /// The shape of the gradient of map `at`.
    pub(super) fn gradient_shape(&self, at: usize) -> Shape {
        bare(self.maps[at].shape)
    }
}

fn bare(shape: Shape) -> Shape {
    Shape { plane: Plane { border: 0, ..shape.plane }, ..shape }
}

fn pooled(shape: Shape, pool: Option<Pool>) -> Shape {
    let side = |n: usize| pool.map_or(n, |pool| pool.side(n));
    let [height, width] = [shape.plane.height, shape.plane.width].map(side);
    Shape { plane: Plane { height, width, border: 0 }, ..shape }
}
