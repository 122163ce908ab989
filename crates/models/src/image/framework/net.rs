//! A network on burn's tensors: steps, scores, averages.

use std::sync::Arc;

use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::forward::{Moments, Pass, Tensors};
use super::parameter::Parameter;
use super::resident::Resident;
use super::worker::{Worker, is_cpu};
use crate::image::architecture::Architecture;
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Input, Net, NetPlan};
use crate::image::recipe::{Precision, StepSize};
use crate::image::weights::{WeightTensor, Weights};
use crate::{Images, ModelError};

/// Images that are asked about together on a GPU, at least.
const ASKED: usize = 256;
/// The same on a CPU, where no shape has to be tuned.
const ASKED_OF_CPU: usize = 32;
/// What losses are multiplied with in half precision, so that small slopes stay above zero.
const LOSS_SCALE: f32 = 1024.0;

/// In training or trained.
pub(super) struct BurnNet {
    architecture: Architecture,
    parameters: Vec<Parameter>,
    resident: Arc<Resident>,
    input: Input,
    format: DType,
    batch: usize,
    device: Device,
    worker: Worker,
    /// The sum of the losses since the mean was last read.
    losses: Option<Tensor<1>>,
    steps: usize,
}

impl BurnNet {
    /// `upload` puts the plan's images on the device.
    pub(super) fn new(
        device: &Device,
        plan: &NetPlan<'_>,
        upload: impl FnOnce() -> Arc<Resident> + Send,
    ) -> Result<Self, ModelError> {
        let n = plan.architecture.n_parameters();
        let what = format!("a network of {n} parameters with batches of {}", plan.batch);
        let worker = Worker::new(device, what)?;
        let build = || {
            let specs = plan.architecture.tensors().into_iter();
            let parameters = specs.map(|spec| {
                let tensor = plan.weights.get(&spec.name);
                Parameter::new(spec, tensor.expect("weights should have been checked"), device)
            });
            (parameters.collect(), upload())
        };
        let (parameters, resident) = worker.run(build)?;
        Ok(Self {
            architecture: plan.architecture.clone(),
            parameters,
            resident,
            input: plan.input.clone(),
            format: if plan.precision == Precision::F16 { DType::F16 } else { DType::F32 },
            batch: plan.batch,
            device: device.clone(),
            worker,
            losses: None,
            steps: 0,
        })
    }

    /// Mean loss, gradients of the trained parameters, moments of the norms.
    fn slopes(&self, batch: &Batch) -> (Tensor<1>, Vec<Option<Tensor<1>>>, Vec<Moments>) {
        let mix = batch.mix.as_ref();
        let x = self.resident.batch(&batch.rows, &batch.distortions, mix, &self.input);
        let leaves = self.tensors(Parameter::leaf);
        let moments = Some(Vec::new());
        let mut pass = Pass { tensors: &leaves, format: self.format, moments };
        let scores = pass.scores(&self.architecture, x);
        let shape = [batch.rows.len(), self.architecture.n_classes];
        let targets = TensorData::new(batch.targets.clone(), shape);
        let targets = Tensor::<2>::from_data(targets, &self.device);
        let loss = (log_softmax(scores, 1) * targets).sum_dim(1).mean().neg();
        let half = self.format == DType::F16;
        let mut grads = match half {
            true => (loss.clone() * LOSS_SCALE).backward(),
            false => loss.backward(),
        };
        let gradients = self.parameters.iter().map(|parameter| {
            let gradient = leaves[&parameter.spec.name].grad_remove(&mut grads)?;
            Some(if half { unscaled(gradient) } else { gradient })
        });
        (loss.inner(), gradients.collect(), pass.moments.unwrap_or_default())
    }

    fn tensors(&self, of: impl Fn(&Parameter) -> Tensor<1>) -> Tensors {
        self.parameters.iter().map(|p| (p.spec.name.clone(), of(p))).collect()
    }

    /// Class scores of some rows, on the device.
    fn asked(&self, resident: &Resident, rows: &[u32], mirrored: bool) -> Tensor<2> {
        let views = vec![Distortion::view(mirrored); rows.len()];
        let x = resident.batch(rows, &views, None, &self.input);
        let tensors = self.tensors(|parameter| parameter.value.clone());
        let mut pass = Pass { tensors: &tensors, format: self.format, moments: None };
        pass.scores(&self.architecture, x)
    }

    /// Class scores of all rows. A GPU tunes its kernels for every new shape, so
    /// there a short batch is filled up with copies of its first row.
    fn all_scores(
        &self,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, String> {
        let other = (!self.resident.holds(images)).then(|| Resident::new(images, &self.device));
        let resident = other.as_ref().unwrap_or(&self.resident);
        let fixed = !is_cpu(&self.device);
        let at_once = if fixed { self.batch.max(ASKED) } else { ASKED_OF_CPU };
        let mut scores = Vec::with_capacity(rows.len() * self.architecture.n_classes);
        for rows in rows.chunks(at_once) {
            let mut filled = rows.to_vec();
            if fixed {
                filled.resize(at_once, rows[0]);
            }
            let batch = read(self.asked(resident, &filled, mirrored))?;
            scores.extend(&batch[..rows.len() * self.architecture.n_classes]);
        }
        Ok(scores)
    }
}

/// A gradient without its scale; what half precision could not hold becomes 0,
/// so that one overflow costs a part of a step and not the network.
fn unscaled(gradient: Tensor<1>) -> Tensor<1> {
    let lost = gradient.clone().is_finite().bool_not();
    (gradient / LOSS_SCALE).mask_fill(lost, 0.0)
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = tensor.try_into_data().map_err(|why| why.to_string())?;
    data.try_to_vec::<f32>().map_err(|why| why.to_string())
}

impl Net for BurnNet {
    fn step(&mut self, batch: &Batch, size: &StepSize) -> Result<(), ModelError> {
        let (loss, gradients, moments) = self.worker.run(|| self.slopes(batch))?;
        for (parameter, gradient) in self.parameters.iter_mut().zip(gradients) {
            if let Some(gradient) = gradient {
                parameter.descend(gradient, size);
            }
        }
        for Moments { name, mean, variance } in moments {
            let seen = [("running_mean", mean), ("running_var", variance)];
            for (word, seen) in seen.map(|(word, seen)| (format!("{name}.{word}"), seen)) {
                let running = self.parameters.iter_mut().find(|p| p.spec.name == word);
                running.expect("a norm should have its statistics").drift(seen, size.norm_momentum);
            }
        }
        self.losses = Some(match self.losses.take() {
            Some(losses) => losses + loss,
            None => loss,
        });
        self.steps += 1;
        Ok(())
    }

    fn mean_loss(&mut self) -> Result<f64, ModelError> {
        let Some(losses) = self.losses.take() else { return Ok(0.0) };
        let losses = self.worker.run(|| read(losses))?.map_err(|why| self.worker.failure(&why))?;
        let steps = std::mem::take(&mut self.steps);
        Ok(f64::from(losses[0]) / steps as f64)
    }

    fn average(&mut self, keep: f32) {
        self.parameters.iter_mut().for_each(|parameter| parameter.average(keep));
    }

    fn take_average(&mut self) {
        self.parameters.iter_mut().for_each(Parameter::take_average);
    }

    fn scores(
        &self,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, ModelError> {
        let scores = self.worker.run(|| self.all_scores(images, rows, mirrored))?;
        scores.map_err(|why| self.worker.failure(&why))
    }

    fn weights(&self) -> Result<Weights, ModelError> {
        let tensor = |parameter: &Parameter| {
            let values = read(parameter.value.clone())?;
            let shape = parameter.spec.shape.clone();
            Ok((parameter.spec.name.clone(), WeightTensor { shape, values }))
        };
        let tensors = || self.parameters.iter().map(tensor).collect::<Result<_, _>>();
        let tensors = self.worker.run(tensors)?;
        tensors.map(Weights).map_err(|why: String| self.worker.failure(&why))
    }
}
