//! A stack of networks on a GPU: steps, scores, averages.

use std::sync::Arc;

use relabel_kernels as kernels;
use relabel_kernels::{
    Album, Array, Client, Descent, ElemType, Glass, HALF, Multiplier, SINGLE, Scales, Windows,
};

use super::backward::gradients;
use super::forward::Pass;
use super::store::Store;
use super::view::{album, glass, view};
use crate::image::architecture::Architecture;
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Input, Net, NetPlan};
use crate::image::recipe::{Precision, StepSize};
use crate::image::uploads::{Upload, Uploads};
use crate::image::weights::Weights;
use crate::image::windows::{self, Slides, Table};
use crate::image::worker::Worker;
use crate::{Images, ModelError};

/// Pixels that are asked about together: 512 images of 32 x 32.
const ASKED: usize = 512 * 32 * 32;
/// What the slopes of one image's loss are multiplied with in half precision, so that
/// small ones stay above zero.
const SLOPE_SCALE: f32 = 128.0;

/// What activations are in.
pub(super) fn format(precision: Precision) -> ElemType {
    match precision {
        Precision::F32 => SINGLE,
        Precision::F16 => HALF,
    }
}

/// Tables on the device.
pub(super) fn slides(client: &Client) -> Slides<Windows> {
    let client = client.clone();
    Slides::new(move |Table { values, ins, outs, phases }| {
        let taps = values.len() / outs.max(1);
        let phases = phases.map(|found| {
            let windows::Phases { number, outs, .. } = *found;
            let most = found.table.len() / found.places.len().max(1);
            let integers =
                |values: &[i32], shape: &[usize]| kernels::integers(&client, values, shape);
            kernels::Phases {
                table: integers(&found.table, &[number, outs, most]),
                places: integers(&found.places, &[number, outs]),
                taps: integers(&found.taps, &[number, 2]),
            }
        });
        let table = kernels::integers(&client, values, &[outs, taps]);
        Windows { table, ins, outs, taps, phases }
    })
}

/// In training or trained.
pub(super) struct GpuNet {
    architecture: Architecture,
    client: Client,
    worker: Worker,
    slides: Slides<Windows>,
    images: Arc<Upload<Album>>,
    inputs: Vec<Input>,
    glass: Glass,
    format: ElemType,
    multiplier: Multiplier,
    store: Store,
    training: Option<Training>,
    average: Option<Array>,
    /// Per image of a batch the sum of its losses since the means were last read, and
    /// the steps that were.
    losses: Option<(Array, usize)>,
}

/// Arrays like that of the values, from the first step on.
struct Training {
    velocity: Array,
    slopes: Array,
}

impl GpuNet {
    pub(super) fn new(
        client: &Client,
        multiplier: Multiplier,
        plan: &NetPlan<'_>,
        uploads: &Uploads<Album>,
    ) -> Result<Self, ModelError> {
        let NetPlan { architecture, members, images, .. } = *plan;
        let worker = Worker::on_gpu(client, plan.words());
        let format = format(plan.precision);
        let build = || {
            let weights = members.iter().map(|member| member.weights);
            let store = Store::new(client, architecture, weights, format);
            let inputs = members.iter().map(|member| member.input);
            let glass = glass(client, inputs, architecture.channels);
            let images = uploads.of(images, |words, shape| album(client, images, words, shape));
            (store, glass, images)
        };
        let (store, glass, images) = worker.run(build)?;
        Ok(Self {
            architecture: architecture.clone(),
            client: client.clone(),
            worker,
            slides: slides(client),
            images,
            inputs: members.iter().map(|member| member.input.clone()).collect(),
            glass,
            format,
            multiplier,
            store,
            training: None,
            average: None,
            losses: None,
        })
    }

    fn pass<'a>(&'a self, store: &'a Store, slopes: Option<&'a Array>) -> Pass<'a> {
        let Self { client, multiplier, slides, .. } = self;
        Pass { client, multiplier: *multiplier, store, slides, slopes }
    }

    fn descend(&self, batches: &[Batch], size: &StepSize, training: &Training, losses: &Array) {
        let Self { client, store, architecture, .. } = self;
        let slopes = &training.slopes;
        let x = view(client, &self.images.on_device, &self.glass, batches, self.format);
        let pass = self.pass(store, Some(slopes));
        let (scores, trace) = pass.scores(architecture, x);
        let targets: Vec<f32> =
            batches.iter().flat_map(|batch| batch.targets.iter().copied()).collect();
        let images = targets.len() / architecture.n_classes;
        let targets = kernels::singles(client, &targets, &[images, architecture.n_classes]);
        let share = batches.len() as f32 / images as f32;
        let per_image = if self.format == HALF { SLOPE_SCALE } else { share };
        let scale = architecture.head.scale;
        let scales = Scales { scores: scale, slopes: scale * per_image };
        let found = kernels::cross_entropy(client, &scores, &targets, losses, scales);
        gradients(&pass, architecture, trace, &found, slopes);
        let by = Descent {
            rate: size.learning_rate,
            momentum: size.momentum,
            decay: size.weight_decay,
            share: size.norm_momentum,
            unscale: share / per_image,
        };
        kernels::descend(client, &store.values, &training.velocity, slopes, &store.table, by);
        store.spread_out();
    }

    /// Class scores of all rows by one member.
    fn all_scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, String> {
        let Self { client, architecture, .. } = self;
        let other = (!self.images.holds(images))
            .then(|| Upload::new(images, |words, shape| album(client, images, words, shape)));
        let images = other.as_ref().unwrap_or(&self.images);
        let alone = (self.inputs.len() > 1).then(|| self.store.member(architecture, member));
        let store = alone.as_ref().unwrap_or(&self.store);
        let glass = glass(client, std::iter::once(&self.inputs[member]), architecture.channels);
        let pass = self.pass(store, None);
        let mut scores = Vec::with_capacity(rows.len() * architecture.n_classes);
        let [_, height, width] = images.on_device.shape;
        let [height, width] = glass.side.unwrap_or([height, width]);
        for rows in rows.chunks((ASKED / (height * width)).max(1)) {
            let distortions = vec![Distortion::view(mirrored); rows.len()];
            let batch = Batch { rows: rows.into(), distortions, targets: Vec::new(), mix: None };
            let x = view(client, &images.on_device, &glass, &[batch], self.format);
            let found = pass.scores(architecture, x).0;
            let width = found.shape()[1];
            let found = kernels::read(client, &found)?;
            let found = found.chunks_exact(width).flat_map(|row| &row[..architecture.n_classes]);
            scores.extend(found.map(|score| score * architecture.head.scale));
        }
        Ok(scores)
    }
}

impl Net for GpuNet {
    fn step(&mut self, batches: &[Batch], size: &StepSize) -> Result<(), ModelError> {
        let images = batches.iter().map(|batch| batch.rows.len()).sum();
        let (training, losses) = (self.training.take(), self.losses.take());
        let net = &*self;
        let (training, losses, steps) = self.worker.run(move || {
            let training = training.unwrap_or_else(|| Training {
                velocity: net.store.zeros(),
                slopes: net.store.zeros(),
            });
            let (losses, steps) =
                losses.unwrap_or_else(|| (kernels::zeros(&net.client, &[images]), 0));
            net.descend(batches, size, &training, &losses);
            (training, losses, steps + 1)
        })?;
        self.training = Some(training);
        self.losses = Some((losses, steps));
        Ok(())
    }

    fn mean_losses(&mut self) -> Result<Vec<f64>, ModelError> {
        let members = self.inputs.len();
        let Some((losses, steps)) = self.losses.take() else { return Ok(vec![0.0; members]) };
        let losses = self.worker.run(|| kernels::read(&self.client, &losses))?;
        let losses = losses.map_err(|why| self.worker.failure(&why))?;
        let each = losses.len() / members;
        let mean = |losses: &[f32]| {
            let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
            sum / (each * steps) as f64
        };
        Ok(losses.chunks_exact(each).map(mean).collect())
    }

    fn average(&mut self, keep: f32) {
        let (average, keep) = match self.average.take() {
            Some(average) => (average, keep),
            None => (self.store.zeros(), 0.0),
        };
        kernels::average(&self.client, &average, &self.store.values, keep);
        self.average = Some(average);
    }

    fn take_average(&mut self) {
        if let Some(average) = self.average.take() {
            self.store.values = average;
            self.store.spread_out();
        }
    }

    fn scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, ModelError> {
        let scores = self.worker.run(|| self.all_scores(member, images, rows, mirrored))?;
        scores.map_err(|why| self.worker.failure(&why))
    }

    fn weights(&self, member: usize) -> Result<Weights, ModelError> {
        let weights = self.worker.run(|| self.store.read(member))?;
        weights.map_err(|why| self.worker.failure(&why))
    }
}
