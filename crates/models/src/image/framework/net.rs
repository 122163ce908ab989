//! A stack of networks on burn's tensors: steps, scores, averages.

use std::sync::Arc;

use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::backward::gradients;
use super::format;
use super::forward::{Pass, Tensors, Trace};
use super::layout::Layout;
use super::parameter::Parameter;
use super::resident::{Lens, Resident};
use super::rows::Rows;
use super::windows::Slides;
use super::worker::{Worker, is_cpu};
use crate::image::architecture::Architecture;
use crate::image::augment::{Batch, Distortion};
use crate::image::engine::{Net, NetPlan};
use crate::image::recipe::StepSize;
use crate::image::weights::{TensorSpec, Weights};
use crate::{Images, ModelError};

/// Images that are asked about together on a GPU.
const ASKED: usize = 512;
/// The same on a CPU.
const ASKED_OF_CPU: usize = 32;
/// What losses are multiplied with in half precision, so that small slopes stay above zero.
const LOSS_SCALE: f64 = 1024.0;

/// In training or trained.
pub(super) struct BurnNet {
    architecture: Architecture,
    parameters: Vec<Parameter>,
    members: usize,
    resident: Arc<Resident>,
    lens: Lens,
    slides: Slides,
    rows: Rows,
    format: DType,
    device: Device,
    worker: Worker,
    /// The sum of the losses since the means were last read, `[members, 1, 1]`.
    losses: Option<Tensor<3>>,
    steps: usize,
}

impl BurnNet {
    /// `upload` puts the plan's images on the device.
    pub(super) fn new(
        device: &Device,
        rows: Rows,
        plan: &NetPlan<'_>,
        upload: impl FnOnce() -> Arc<Resident> + Send,
    ) -> Result<Self, ModelError> {
        let NetPlan { architecture, members, .. } = *plan;
        let n = architecture.n_parameters();
        let what = match members.len() {
            1 => format!("a network of {n} parameters with batches of {}", plan.batch),
            m => format!("{m} networks of {n} parameters with batches of {}", plan.batch),
        };
        let worker = Worker::new(device, what)?;
        let depth = rows.depth(architecture.channels);
        let first = architecture.units().next().map(|unit| format!("{}.weight", unit.conv.name));
        let build = || {
            let parameter = |spec: TensorSpec| {
                let padded = Some(&spec.name) == first.as_ref();
                let inputs = if padded { depth } else { *spec.shape.get(1).unwrap_or(&1) };
                let layout = Layout::new(&spec, inputs);
                Parameter::new(spec, layout, members.iter().map(|member| member.weights), device)
            };
            let parameters = architecture.tensors().into_iter().map(parameter).collect();
            let lens = Lens::new(members.iter().map(|member| member.input), depth, device);
            (parameters, lens, upload())
        };
        let (parameters, lens, resident) = worker.run(build)?;
        Ok(Self {
            architecture: architecture.clone(),
            parameters,
            members: members.len(),
            resident,
            lens,
            slides: Slides::new(device),
            rows,
            format: format(plan.precision),
            device: device.clone(),
            worker,
            losses: None,
            steps: 0,
        })
    }

    /// Mean loss of each member, gradients of the trained parameters, and what the
    /// running statistics are to drift to.
    fn slopes(&self, batches: &[Batch]) -> (Tensor<3>, Tensors, Tensors) {
        let x = self.resident.seen(batches, &self.lens);
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
        let scale = if self.format == DType::F16 { LOSS_SCALE } else { 1.0 } / images as f64;
        let slopes = (logs.exp() * targets.clone().sum_dim(2) - targets) * scale;
        let statistics = statistics(&self.architecture, &trace);
        (losses, gradients(&pass, &self.architecture, trace, slopes), statistics)
    }

    fn tensors(&self, of: impl Fn(&Parameter) -> Tensor<3>) -> Tensors {
        self.parameters.iter().map(|p| (p.spec.name.clone(), of(p))).collect()
    }

    fn pass<'a>(&'a self, tensors: &'a Tensors, members: usize, training: bool) -> Pass<'a> {
        let (slides, rows, format) = (&self.slides, self.rows, self.format);
        Pass { tensors, slides, rows, format, members, training }
    }

    /// Class scores of all rows by one member.
    fn all_scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, String> {
        let other = (!self.resident.holds(images)).then(|| Resident::new(images, &self.device));
        let resident = other.as_ref().unwrap_or(&self.resident);
        let at_once = if is_cpu(&self.device) { ASKED_OF_CPU } else { ASKED };
        let tensors = self.tensors(|parameter| parameter.value.clone().narrow(0, member, 1));
        let (pass, lens) = (self.pass(&tensors, 1, false), self.lens.member(member));
        let mut scores = Vec::with_capacity(rows.len() * self.architecture.n_classes);
        for rows in rows.chunks(at_once) {
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

/// A gradient without its scale; what half precision could not hold becomes 0,
/// so that one overflow costs a part of a step and not the network.
fn unscaled(gradient: Tensor<3>) -> Tensor<3> {
    let lost = gradient.clone().is_finite().bool_not();
    (gradient / LOSS_SCALE).mask_fill(lost, 0.0)
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = tensor.try_into_data().map_err(|why| why.to_string())?;
    data.try_to_vec::<f32>().map_err(|why| why.to_string())
}

impl Net for BurnNet {
    fn step(&mut self, batches: &[Batch], size: &StepSize) -> Result<(), ModelError> {
        let (losses, mut gradients, mut statistics) = self.worker.run(|| self.slopes(batches))?;
        let half = self.format == DType::F16;
        for parameter in &mut self.parameters {
            let name = &parameter.spec.name;
            if let Some(gradient) = gradients.remove(name) {
                let gradient = if half { unscaled(gradient) } else { gradient };
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
