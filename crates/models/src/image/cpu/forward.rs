//! The forward pass. Between two barriers (the batch statistics of a
//! normalisation) a chunk of images is normalised, activated and convolved
//! while it is in the cache; chunks are shared between the threads of rayon's
//! present pool.

use pulp::Arch;
use rayon::prelude::*;

use super::correlation::Correlation;
use super::join::{Added, Join};
use super::lanes::{LANES, Lanes, Pixel};
use super::model::Model;
use super::moments::{Merged, Moments};
use super::norm::{drift, running};
use super::plan::{ConvPlan, MapPlan, Origin, Shortcut};
use super::plane::Maps;
use super::pool::pool;
use super::wide::run;
use super::workspace::{Output, Workspace, chunk};

/// Where the statistics of normalisations come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistics {
    /// From the batch; the running ones move this share towards them.
    Batch(f32),
    /// The running ones, set beforehand.
    Running,
}

/// One chunk of the output of a convolution.
struct Piece<'a> {
    dest: &'a mut [Lanes],
    pooled: Option<&'a mut [Lanes]>,
    partial: &'a mut [Lanes],
}

impl Output {
    fn pieces(&mut self, chunk: usize) -> impl Iterator<Item = Piece<'_>> {
        let blocks = self.dest.shape.blocks;
        let dests = self.dest.chunks_mut(chunk).zip(self.partial.chunks_exact_mut(2 * blocks));
        let mut pooled = self.pooled.as_mut().map(|maps| maps.chunks_mut(chunk));
        dests.map(move |(dest, partial)| {
            let pooled = pooled.as_mut().and_then(Iterator::next);
            Piece { dest, pooled, partial }
        })
    }
}

impl Model {
    /// Fills the feature maps from the input on.
    pub(super) fn forward(&mut self, arch: Arch, space: &mut Workspace, statistics: Statistics) {
        for at in 0..self.plan.maps.len() {
            let map = &self.plan.maps[at];
            let (made, reading) = space.outputs.split_at_mut(map.readers.start);
            let reading = &mut reading[..map.readers.len()];
            if at == 0 {
                self.step(arch, map, &mut space.input, reading, |_, _: &mut [_]| {});
            } else {
                let (before, now) = space.maps.split_at_mut(at);
                let make = |first: usize, pixels: &mut [Lanes]| {
                    self.make(arch, map, (before, made), first, pixels);
                };
                self.step(arch, map, &mut now[0], reading, make);
            }
            if let Statistics::Batch(share) = statistics {
                for conv in map.readers.clone() {
                    let images = chunk(&self.plan.maps[at]);
                    self.settle(conv, &mut space.outputs[conv], images, share);
                }
            }
        }
    }

    /// Makes a map and all convolutions that read it.
    fn step<P: Pixel>(
        &self,
        arch: Arch,
        map: &MapPlan,
        maps: &mut Maps<P>,
        outputs: &mut [Output],
        make: impl Fn(usize, &mut [P]) + Sync,
    ) {
        let images = chunk(map);
        let mut pieces: Vec<_> = outputs.iter_mut().map(|output| output.pieces(images)).collect();
        let tasks: Vec<_> = maps
            .chunks_mut(images)
            .map(|pixels| (pixels, pieces.iter_mut().filter_map(Iterator::next).collect()))
            .collect();
        tasks.into_par_iter().enumerate().for_each(|(at, (pixels, pieces)): (_, (_, Vec<_>))| {
            make(at * images, pixels);
            for (conv, piece) in self.plan.convs[map.readers.clone()].iter().zip(pieces) {
                self.convolve(arch, conv, pixels, piece);
            }
        });
    }

    fn convolve<P: Pixel>(&self, arch: Arch, conv: &ConvPlan, source: &[P], piece: Piece<'_>) {
        let weights = &self.parameters[self.layers[conv.at].kernel].value;
        let slide = &conv.forward;
        run(arch, Correlation { slide, source, weights, dest: piece.dest, fresh: true });
        let mut pixels = &*piece.dest;
        if let (Some(pooled), Some(how)) = (piece.pooled, conv.unit.pool) {
            pool(how, (pixels, conv.dest), (pooled, conv.pooled));
            pixels = pooled;
        }
        if conv.unit.norm.is_some() {
            let (means, squares) = piece.partial.split_at_mut(conv.blocks());
            run(arch, Moments { pixels, area: conv.pooled.plane.area(), means, squares });
        }
    }

    /// Makes a chunk of a map, from image `first` on.
    fn make(
        &self,
        arch: Arch,
        map: &MapPlan,
        (maps, outputs): (&[Maps<Lanes>], &[Output]),
        first: usize,
        pixels: &mut [Lanes],
    ) {
        let images = pixels.len() / map.shape.len();
        let normed = |conv: usize| {
            let output: &Output = &outputs[conv];
            output.norm.normed(output.normalised().some(first, images))
        };
        match map.origin {
            Origin::Input => {}
            Origin::Pooled { of, pool: how } => {
                let from = &maps[of];
                pool(how, (from.some(first, images), from.shape), (pixels, map.shape));
            }
            Origin::Join { main, shortcut, activation } => {
                let added = match shortcut {
                    Shortcut::None => Added::Nothing,
                    Shortcut::Map(of) => Added::Map(maps[of].some(first, images), maps[of].shape),
                    Shortcut::Conv(conv) => Added::Normed(normed(conv)),
                };
                let main = normed(main);
                run(arch, Join { main, added, activation, shape: map.shape, map: pixels });
            }
        }
    }

    /// The normalisation of a convolution from the moments of its chunks of `images`.
    fn settle(&mut self, conv: usize, output: &mut Output, images: usize, share: f32) {
        let Some(norm) = self.layers[conv].norm else {
            if let Some(bias) = self.layers[conv].bias {
                output.norm.shift_by(&self.parameters[bias].value);
            }
            return;
        };
        let blocks = output.dest.shape.blocks;
        let maps = output.normalised();
        let (area, all) = (maps.shape.plane.area(), maps.images());
        for block in 0..blocks {
            let chunks = output.partial.chunks_exact(2 * blocks).take(all.div_ceil(images));
            let merged = chunks.enumerate().fold(Merged::default(), |merged, (at, chunk)| {
                let count = area * images.min(all - at * images);
                merged.and(count, &chunk[block], &chunk[blocks + block])
            });
            let [mean, variance] = running(&merged);
            drift(&mut self.parameters[norm.mean].value[block], mean, share);
            drift(&mut self.parameters[norm.variance].value[block], variance, share);
            let trained = self.trained(norm);
            output.norm.settle(block, &merged.mean, &merged.variance(), trained);
        }
    }

    /// Sets all normalisations from the running statistics.
    pub(super) fn settle_running(&self, space: &mut Workspace) {
        let wide = |lanes: &Lanes| -> [f64; LANES] { lanes.0.map(f64::from) };
        for (layer, output) in self.layers.iter().zip(&mut space.outputs) {
            if let Some(bias) = layer.bias {
                output.norm.shift_by(&self.parameters[bias].value);
            }
            let Some(norm) = layer.norm else { continue };
            for block in 0..output.dest.shape.blocks {
                let [mean, variance] =
                    [norm.mean, norm.variance].map(|at| wide(&self.parameters[at].value[block]));
                output.norm.settle(block, &mean, &variance, self.trained(norm));
            }
        }
    }
}
