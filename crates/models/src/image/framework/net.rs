//! A stack of networks on burn's tensors: steps, scores, averages.

use std::sync::Arc;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::backward::gradients;
use super::forward::{Pass, Tensors, Trace};
use super::parameter::Parameter;
use super::resident::{Lens, Resident};
use super::rows::Windows;
use crate::image::architecture::Architecture;
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Net, NetPlan};
use crate::image::layout::Layout;
use crate::image::recipe::StepSize;
use crate::image::uploads::{Upload, Uploads};
use crate::image::weights::{TensorSpec, Weights};
use crate::image::windows::Slides;
use crate::image::worker::Worker;
use crate::{Images, ModelError};

/// Images that are asked about together.
const ASKED: usize = 32;

/// In training or trained.
pub(super) struct BurnNet {
    architecture: Architecture,
    parameters: Vec<Parameter>,
    members: usize,
    images: Arc<Upload<Resident>>,
    lens: Lens,
    slides: Slides<Windows>,
    device: Device,
    worker: Worker,
    /// The sum of the losses since the means were last read, `[members, 1, 1]`.
    losses: Option<Tensor<3>>,
    steps: usize,
}

impl BurnNet {
    pub(super) fn new(
        device: &Device,
        plan: &NetPlan<'_>,
        uploads: &Uploads<Resident>,
    ) -> Result<Self, ModelError> {
        let NetPlan { architecture, members, images, .. } = *plan;
        let worker = Worker::on_host(plan.words())?;
        let build = || {
            let parameter = |spec: TensorSpec| {
                let layout = Layout::new(&spec, 1);
                Parameter::new(spec, layout, members.iter().map(|member| member.weights), device)
            };
            let parameters = architecture.tensors().into_iter().map(parameter).collect();
            let inputs = members.iter().map(|member| member.input);
            let lens = Lens::new(inputs, architecture.channels, device);
            let put = |words: &[i32], shape| Resident::new(images, words, shape, device);
            (parameters, lens, uploads.of(images, put))
        };
        let (parameters, lens, images) = worker.run(build)?;
        let on = device.clone();
        Ok(Self {
            architecture: architecture.clone(),
            parameters,
            members: members.len(),
            images,
            lens,
            slides: Slides::new(move |table| Windows::new(table, &on)),
            device: device.clone(),
            worker,
            losses: None,
            steps: 0,
        })
    }

    /// Mean loss of each member, gradients of the trained parameters, and what the
    /// running statistics are to drift to.
    fn slopes(&self, batches: &[Batch]) -> (Tensor<3>, Tensors, Tensors) {
        let x = self.images.on_device.seen(batches, &self.lens);
        let tensors = self.tensors(|parameter| parameter.value.clone());
        let pass = self.pass(&tensors, self.members, true);
        let (scores, trace) = pass.scores(&self.architecture, x);
        let [members, images, classes] = scores.dims();
        let targets: Vec<f32> =
            batches.iter().flat_map(|batch| batch.targets.iter().copied()).collect();
        let targets = TensorData::new(targets, [members, images, classes]);
        let targets = Tensor::<3>::from_data(targets, &self.device);
        let logs = log_softmax(scores, 2);
        let losses = (logs.clone() * targets.clone()).sum_dim(2).mean_dim(1).neg();
        let slopes = (logs.exp() * targets.clone().sum_dim(2) - targets) / images as f64;
        let statistics = statistics(&self.architecture, &trace);
        (losses, gradients(&pass, &self.architecture, trace, slopes), statistics)
    }

    fn tensors(&self, of: impl Fn(&Parameter) -> Tensor<3>) -> Tensors {
        self.parameters.iter().map(|p| (p.spec.name.clone(), of(p))).collect()
    }

    fn pass<'a>(&'a self, tensors: &'a Tensors, members: usize, training: bool) -> Pass<'a> {
        Pass { tensors, slides: &self.slides, members, training }
    }

    /// Class scores of all rows by one member.
    fn all_scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, String> {
        let put = |words: &[i32], shape| Resident::new(images, words, shape, &self.device);
        let other = (!self.images.holds(images)).then(|| Upload::new(images, put));
        let resident = &other.as_ref().unwrap_or(&self.images).on_device;
        let tensors = self.tensors(|parameter| parameter.value.clone().narrow(0, member, 1));
        let (pass, lens) = (self.pass(&tensors, 1, false), self.lens.member(member));
        let mut scores = Vec::with_capacity(rows.len() * self.architecture.n_classes);
        for rows in rows.chunks(ASKED) {
            let distortions = vec![Distortion::view(mirrored); rows.len()];
            let batch = Batch { rows: rows.into(), distortions, targets: Vec::new(), mix: None };
            let x = resident.seen(&[batch], &lens);
            scores.extend(read(pass.scores(&self.architecture, x).0)?);
        }
        Ok(scores)
    }
}

/// What the norms saw, by the names of their running statistics.
fn statistics(net: &Architecture, trace: &Trace) -> Tensors {
    let mut seen = Tensors::new();
    for (unit, trace) in net.units().zip(trace.units()) {
        if let Some((norm, moments)) = unit.norm.as_ref().zip(trace.moments.as_ref()) {
            seen.insert(format!("{}.running_mean", norm.name), moments.mean.clone());
            seen.insert(format!("{}.running_var", norm.name), moments.variance.clone());
        }
    }
    seen
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = tensor.try_into_data().map_err(|why| why.to_string())?;
    data.try_to_vec::<f32>().map_err(|why| why.to_string())
}

impl Net for BurnNet {
    fn step(&mut self, batches: &[Batch], size: &StepSize) -> Result<(), ModelError> {
        let (losses, mut gradients, mut statistics) = self.worker.run(|| self.slopes(batches))?;
        for parameter in &mut self.parameters {
            let name = &parameter.spec.name;
            if let Some(gradient) = gradients.remove(name) {
                parameter.descend(gradient, size);
            } else if let Some(seen) = statistics.remove(name) {
                parameter.drift(seen, size.norm_momentum);
            }
        }
        self.losses = Some(match self.losses.take() {
            Some(sum) => sum + losses,
            None => losses,
        });
        self.steps += 1;
        Ok(())
    }

    fn mean_losses(&mut self) -> Result<Vec<f64>, ModelError> {
        let Some(losses) = self.losses.take() else { return Ok(vec![0.0; self.members]) };
        let losses = self.worker.run(|| read(losses))?.map_err(|why| self.worker.failure(&why))?;
        let steps = std::mem::take(&mut self.steps);
        Ok(losses.into_iter().map(|loss| f64::from(loss) / steps as f64).collect())
    }

    fn average(&mut self, keep: f32) {
        self.parameters.iter_mut().for_each(|parameter| parameter.average(keep));
    }

    fn take_average(&mut self) {
        self.parameters.iter_mut().for_each(Parameter::take_average);
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
        let tensor = |parameter: &Parameter| {
            let values = read(parameter.value.clone())?;
            Ok((parameter.spec.name.clone(), parameter.unpack(&values, member)))
        };
        let tensors = || self.parameters.iter().map(tensor).collect::<Result<_, _>>();
        let tensors = self.worker.run(tensors)?;
        tensors.map(Weights).map_err(|why: String| self.worker.failure(&why))
    }
}
