//! A network on the CPU: steps, scores, averages.

use pulp::Arch;
use rayon::prelude::*;

use super::forward::Statistics;
use super::head::{Linear, cross_entropy, features, linear_slopes};
use super::input::Reader;
use super::lanes::Quad;
use super::model::Model;
use super::workspace::{BackwardSpace, Workspace};
use crate::Images;
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Member, NetPlan};
use crate::image::recipe::StepSize;
use crate::image::weights::Weights;

/// Images that are asked about together: their maps stay in the cache.
const ASKED: usize = 8;

/// In training or trained.
pub(super) struct CpuNet {
    arch: Arch,
    model: Model,
    images: Images,
    reader: Reader,
    space: Workspace,
    back: BackwardSpace,
    losses: f64,
    steps: usize,
}

impl CpuNet {
    pub(super) fn new(arch: Arch, plan: &NetPlan<'_>, member: &Member<'_>) -> Self {
        let size = member.input.side.map_or([plan.images.height, plan.images.width], |n| [n; 2]);
        let model = Model::new(plan.architecture, member.weights, size);
        Self {
            arch,
            images: plan.images.clone(),
            reader: Reader::new(member.input),
            space: Workspace::new(&model.plan, plan.batch, model.n_classes),
            back: BackwardSpace::new(&model.plan, plan.batch),
            model,
            losses: 0.0,
            steps: 0,
        }
    }

    /// Puts the batch into the first map.
    fn read(&mut self, batch: &Batch) {
        let (reader, images) = (&self.reader, &self.images);
        let input = &mut self.space.input;
        let shape = input.shape;
        input.pixels.par_chunks_mut(shape.len()).enumerate().for_each(|(at, map)| {
            clear(map);
            let mut add = |at: usize, share: f32| {
                let (row, how) = (batch.rows[at], &batch.distortions[at]);
                reader.add(images, row, how, share, (&mut *map, shape));
            };
            match &batch.mix {
                None => add(at, 1.0),
                Some(mix) => {
                    add(at, mix.share);
                    add(mix.partners[at] as usize, 1.0 - mix.share);
                }
            }
        });
    }

    /// For tests: the loss of a batch and the gradients of what is trained, in PyTorch's order.
    #[cfg(test)]
    pub(super) fn loss_and_gradients(&mut self, batch: &Batch) -> (f64, Vec<(String, Vec<f32>)>) {
        self.read(batch);
        self.model.forward(self.arch, &mut self.space, Statistics::Batch(0.1));
        self.model.score(&mut self.space);
        let loss = self.backward(&batch.targets);
        let trained = self.model.parameters.iter().filter(|p| p.spec.role.trained());
        (loss, trained.map(|p| (p.spec.name.clone(), p.gradient_values())).collect())
    }

    /// From the scores and targets to the gradients of all parameters; the mean loss.
    fn backward(&mut self, targets: &[f32]) -> f64 {
        let (model, space, back) = (&mut self.model, &mut self.space, &mut self.back);
        let n = model.n_classes;
        let share = 1.0 / space.images as f32;
        let rows = space.scores.chunks_exact_mut(n).zip(targets.chunks_exact(n));
        let losses: f64 = rows.map(|(scores, row)| cross_entropy(scores, row, share)).sum();
        let mut weight = std::mem::take(&mut model.parameters[model.weight].gradient);
        let bias = model.bias.map(|bias| std::mem::take(&mut model.parameters[bias].gradient));
        let mut bias = bias;
        let scale = model.head.scale;
        linear_slopes(scale, &space.features, &space.scores, &mut weight, bias.as_deref_mut(), n);
        model.parameters[model.weight].gradient = weight;
        if let (Some(at), Some(bias)) = (model.bias, bias) {
            model.parameters[at].gradient = bias;
        }
        let blocks = space.features.len() / space.images;
        let linear = model.linear();
        let rows = space.scores.chunks_exact(n).zip(back.features.chunks_exact_mut(blocks));
        rows.for_each(|(scores, slopes)| linear.feature_slopes(scores, slopes));
        model.backward(self.arch, space, back);
        losses / space.images as f64
    }
}

fn clear(map: &mut [Quad]) {
    map.fill(Quad::default());
}

impl Model {
    fn linear(&self) -> Linear<'_> {
        let bias = self.bias.map(|bias| &self.parameters[bias].value[..]);
        Linear::new(&self.head, &self.parameters[self.weight].value, bias)
    }

    /// Features and class scores of every image from the last map.
    fn score(&self, space: &mut Workspace) {
        let last = space.maps.last().expect("a plan should have an input");
        let blocks = last.shape.blocks;
        let maps = last.pixels.chunks_exact(last.shape.len());
        let rows = space.features.chunks_exact_mut(blocks);
        let rows = rows.zip(space.scores.chunks_exact_mut(self.n_classes));
        for (map, (row, scores)) in maps.zip(rows) {
            features(self.head.pool, map, last.shape, row);
            self.linear().scores(row, scores);
        }
    }
}

impl CpuNet {
    pub(super) fn step(&mut self, batch: &Batch, size: &StepSize) {
        self.read(batch);
        let statistics = Statistics::Batch(size.norm_momentum);
        self.model.forward(self.arch, &mut self.space, statistics);
        self.model.score(&mut self.space);
        self.losses += self.backward(&batch.targets);
        self.steps += 1;
        let trained = self.model.parameters.par_iter_mut();
        trained.filter(|parameter| parameter.spec.role.trained()).for_each(|p| p.descend(size));
    }

    pub(super) fn mean_loss(&mut self) -> f64 {
        let mean = self.losses / self.steps.max(1) as f64;
        (self.losses, self.steps) = (0.0, 0);
        mean
    }

    pub(super) fn average(&mut self, keep: f32) {
        self.model.parameters.iter_mut().for_each(|parameter| parameter.average(keep));
    }

    pub(super) fn take_average(&mut self) {
        self.model.parameters.iter_mut().for_each(|parameter| parameter.take_average());
    }

    pub(super) fn scores(&self, images: &Images, rows: &[u32], mirrored: bool) -> Vec<f32> {
        let how = Distortion::view(mirrored);
        let n = self.model.n_classes;
        let mut scores = vec![0.0; rows.len() * n];
        let tasks = rows.par_chunks(ASKED).zip(scores.par_chunks_mut(ASKED * n));
        let space = || {
            let mut space = Workspace::new(&self.model.plan, ASKED, n);
            self.model.settle_running(&mut space);
            (self.model.clone(), space)
        };
        tasks.for_each_init(space, |(model, space), (rows, scores)| {
            let shape = space.input.shape;
            for (map, &row) in space.input.pixels.chunks_mut(shape.len()).zip(rows) {
                clear(map);
                self.reader.add(images, row, &how, 1.0, (map, shape));
            }
            model.forward(self.arch, space, Statistics::Running);
            model.score(space);
            scores.copy_from_slice(&space.scores[..scores.len()]);
        });
        scores
    }

    pub(super) fn weights(&self) -> Weights {
        self.model.weights()
    }
}
