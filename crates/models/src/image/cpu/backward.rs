//! The backward pass, map by map from the last to the first. Between two
//! barriers (the sums of a normalisation) the gradient of a chunk of images goes
//! through normalisation, convolutions, shortcut and activation while it is in
//! the cache; the gradients of the kernels follow.

use pulp::Arch;
use rayon::prelude::*;

use super::correlation::Correlation;
use super::head::spread;
use super::join::Unactivate;
use super::lanes::{LANES, Lanes};
use super::model::Model;
use super::norm::{Summed, Sums, Unnorm};
use super::parameter::exchange;
use super::plan::{ConvPlan, Origin, Shortcut};
use super::plane::Maps;
use super::pool::unpool;
use super::wide::run;
use super::workspace::{BackwardSpace, Output, Workspace, chunk};

/// One chunk on its way back.
struct Piece<'a> {
    /// First image.
    first: usize,
    /// The gradient of the map; empty for the input.
    map: &'a mut [Lanes],
    /// The gradients of the convolutions that read it.
    convs: Vec<&'a mut [Lanes]>,
    /// The sums of the convolutions that made it.
    sums: Vec<&'a mut [Lanes]>,
}

/// What is known when map `at` has its turn.
#[derive(Clone, Copy)]
struct Known<'a> {
    at: usize,
    maps: &'a [Maps<Lanes>],
    outputs: &'a [Output],
    /// Gradients of the maps from `at + 1` on.
    later: &'a [Maps<Lanes>],
    exchanged: &'a [Vec<Lanes>],
    features: &'a [Lanes],
}

impl Model {
    /// Gradients of all parameters, from those of the scores on.
    pub(super) fn backward(&mut self, arch: Arch, space: &mut Workspace, back: &mut BackwardSpace) {
        self.exchange_kernels(back);
        for at in (0..self.plan.maps.len()).rev() {
            let mut partial = self.take_partial(at, space);
            self.step_back(arch, at, space, back, &mut partial);
            self.settle_back(at, space, partial);
            for conv in self.plan.maps[at].readers.clone() {
                self.kernel_gradient(arch, conv, space, back);
            }
        }
    }

    fn exchange_kernels(&self, back: &mut BackwardSpace) {
        let kernels = self.plan.convs.par_iter().zip(&mut back.exchanged);
        kernels.filter(|(conv, _)| !conv.backward.is_empty()).for_each(|(conv, exchanged)| {
            let kernel = &self.parameters[self.layers[conv.at].kernel].value;
            exchange(kernel, conv.forward.source.blocks, conv.blocks(), exchanged);
        });
    }

    /// The convolutions that made map `at`.
    fn makers(&self, at: usize) -> Vec<usize> {
        match self.plan.maps[at].origin {
            Origin::Join { main, shortcut: Shortcut::Conv(conv), .. } => vec![main, conv],
            Origin::Join { main, .. } => vec![main],
            _ => Vec::new(),
        }
    }

    /// The space for their sums, out of their outputs.
    fn take_partial(&self, at: usize, space: &mut Workspace) -> Vec<Vec<Lanes>> {
        let makers = self.makers(at).into_iter();
        makers.map(|conv| std::mem::take(&mut space.outputs[conv].partial)).collect()
    }

    fn step_back(
        &self,
        arch: Arch,
        at: usize,
        space: &Workspace,
        back: &mut BackwardSpace,
        partial: &mut [Vec<Lanes>],
    ) {
        let map = &self.plan.maps[at];
        let images = chunk(map);
        let (now, later) = back.maps.split_at_mut(at + 1);
        let known = Known {
            at,
            maps: &space.maps,
            outputs: &space.outputs,
            later,
            exchanged: &back.exchanged,
            features: &back.features,
        };
        let mut maps = now[at].chunks_mut(images);
        let mut convs: Vec<_> = back.convs[map.readers.clone()]
            .iter_mut()
            .map(|maps| maps.chunks_mut(images))
            .collect();
        let mut sums: Vec<_> = self
            .makers(at)
            .into_iter()
            .zip(partial)
            .map(|(conv, sums)| sums.chunks_exact_mut(2 * self.plan.convs[conv].blocks()))
            .collect();
        let pieces = (0..space.images).step_by(images).map(|first| Piece {
            first,
            map: maps.next().unwrap_or_default(),
            convs: convs.iter_mut().filter_map(Iterator::next).collect(),
            sums: sums.iter_mut().filter_map(Iterator::next).collect(),
        });
        let pieces: Vec<_> = pieces.collect();
        pieces.into_par_iter().for_each(|piece| self.piece_back(arch, known, piece, space.images));
    }

    fn piece_back(&self, arch: Arch, known: Known<'_>, piece: Piece<'_>, all: usize) {
        let map = &self.plan.maps[known.at];
        let span = Span { first: piece.first, images: chunk(map).min(all - piece.first) };
        let Piece { map: gradient, mut convs, sums, .. } = piece;
        let readers = &self.plan.convs[map.readers.clone()];
        for (conv, slope) in readers.iter().zip(&mut convs) {
            self.unnorm(arch, known, conv, span, slope);
        }
        if map.origin == Origin::Input {
            return;
        }
        let mut fresh = !self.arrive(known, span, gradient);
        for (conv, source) in readers.iter().zip(&convs) {
            let weights = &known.exchanged[conv.at];
            for slide in conv.backward.iter().filter(|slide| fresh || !slide.taps.is_empty()) {
                run(arch, Correlation { slide, source, weights, dest: gradient, fresh });
            }
            fresh = false;
        }
        self.leave(arch, known, span, gradient, sums);
    }

    /// From the gradient of the map that `conv` leads to to that of its output.
    fn unnorm(
        &self,
        arch: Arch,
        known: Known<'_>,
        conv: &ConvPlan,
        span: Span,
        result: &mut [Lanes],
    ) {
        let output = &known.outputs[conv.at];
        let gradient = span.of(known.gradient(self.plan.joined(conv.at)));
        let (norm, pixels) = (&output.norm, span.of(output.normalised()));
        let Some(how) = conv.unit.pool else {
            run(arch, Unnorm { norm, pixels, gradient, shape: conv.gradient, result });
            return;
        };
        let shape = conv.pooled;
        let mut pooled = vec![Lanes::default(); span.images * shape.len()];
        run(arch, Unnorm { norm, pixels, gradient, shape, result: &mut pooled });
        result.fill(Lanes::default());
        let from = (span.of(&output.dest), conv.dest);
        unpool(how, from, (&pooled, shape.plane), (result, conv.gradient));
    }

    /// Writes what reaches the map by other ways than convolutions; whether there is any.
    fn arrive(&self, known: Known<'_>, span: Span, gradient: &mut [Lanes]) -> bool {
        let here = &known.maps[known.at];
        let (shape, pixels) = (here.shape, span.of(here));
        let bare = self.plan.gradient_shape(known.at);
        let after = (known.at + 1..).zip(&self.plan.maps[known.at + 1..]);
        for (later, map) in after {
            match map.origin {
                Origin::Join { shortcut: Shortcut::Map(of), .. } if of == known.at => {
                    gradient.copy_from_slice(span.of(known.gradient(later)));
                    return true;
                }
                Origin::Pooled { of, pool } if of == known.at => {
                    gradient.fill(Lanes::default());
                    let from = known.gradient(later);
                    let pooled = (span.of(from), from.shape.plane);
                    unpool(pool, (pixels, shape), pooled, (gradient, bare));
                    return true;
                }
                _ => {}
            }
        }
        let last = known.later.is_empty();
        if last {
            let features = known.features.chunks_exact(shape.blocks).skip(span.first);
            let maps = pixels.chunks_exact(shape.len()).zip(gradient.chunks_exact_mut(bare.len()));
            for ((map, gradient), slopes) in maps.zip(features) {
                spread(self.head.pool, slopes, (map, shape), gradient);
            }
        }
        last
    }

    /// Takes the gradient through the activation and sums it for the norms before.
    fn leave(
        &self,
        arch: Arch,
        known: Known<'_>,
        span: Span,
        gradient: &mut [Lanes],
        sums: Vec<&mut [Lanes]>,
    ) {
        let map = &self.plan.maps[known.at];
        let Origin::Join { main, activation, .. } = map.origin else { return };
        let output = &known.outputs[main];
        let main = output.norm.normed(span.of(output.normalised()));
        let (shape, pixels) = (map.shape, span.of(&known.maps[known.at]));
        run(arch, Unactivate { main, activation, shape, map: pixels, gradient });
        for (conv, sums) in self.makers(known.at).into_iter().zip(sums) {
            let output = &known.outputs[conv];
            let (plain, times_deviation) = sums.split_at_mut(sums.len() / 2);
            let sums = Sums {
                pixels: span.of(output.normalised()),
                gradient,
                area: shape.plane.area(),
                mean: &output.norm.mean,
                plain,
                times_deviation,
            };
            run(arch, sums);
        }
    }

    /// Gradients of the norms that made map `at`, and the numbers of their way back.
    fn settle_back(&mut self, at: usize, space: &mut Workspace, partial: Vec<Vec<Lanes>>) {
        let images = chunk(&self.plan.maps[at]);
        for (conv, partial) in self.makers(at).into_iter().zip(partial) {
            let output = &mut space.outputs[conv];
            let blocks = output.dest.shape.blocks;
            let count = space.images * self.plan.maps[at].shape.plane.area();
            for block in 0..blocks {
                let mut sums = [Summed::default(); LANES];
                let chunks = partial.chunks_exact(2 * blocks);
                for chunk in chunks.take(space.images.div_ceil(images)) {
                    for (lane, sum) in sums.iter_mut().enumerate() {
                        sum.plain += f64::from(chunk[block].0[lane]);
                        sum.times_deviation += f64::from(chunk[blocks + block].0[lane]);
                    }
                }
                let layer = self.layers[conv];
                if let Some(norm) = layer.norm {
                    let [scale, shift] = output.norm.settle_backward(block, count, &sums);
                    self.set_gradient(norm.scale, block, scale);
                    self.set_gradient(norm.shift, block, shift);
                } else if let Some(bias) = layer.bias {
                    self.set_gradient(bias, block, Lanes::from_fn(|lane| sums[lane].plain as f32));
                }
            }
            output.partial = partial;
        }
    }

    fn set_gradient(&mut self, parameter: usize, block: usize, gradient: Lanes) {
        // a fixed tensor keeps no gradient
        if let Some(place) = self.parameters[parameter].gradient.get_mut(block) {
            *place = gradient;
        }
    }
}

/// Some images of a batch.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    images: usize,
}

impl Span {
    fn of(self, maps: &Maps<Lanes>) -> &[Lanes] {
        maps.some(self.first, self.images)
    }
}

impl<'a> Known<'a> {
    /// The gradient of a later map.
    fn gradient(&self, map: usize) -> &'a Maps<Lanes> {
        &self.later[map - self.at - 1]
    }
}
