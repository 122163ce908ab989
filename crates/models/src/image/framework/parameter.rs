//! One tensor of a network on the device, flat, with its velocity and its average.

use burn::tensor::{Device, Tensor, TensorData};

use crate::image::recipe::StepSize;
use crate::image::weights::{TensorSpec, WeightTensor};

/// One tensor, in single precision whatever the activations are in.
pub(super) struct Parameter {
    pub(super) spec: TensorSpec,
    pub(super) value: Tensor<1>,
    velocity: Option<Tensor<1>>,
    average: Option<Tensor<1>>,
}

impl Parameter {
    pub(super) fn new(spec: TensorSpec, tensor: &WeightTensor, device: &Device) -> Self {
        let data = TensorData::new(tensor.values.clone(), [tensor.values.len()]);
        let value = Tensor::from_data(data, device);
        Self { spec, value, velocity: None, average: None }
    }

    /// A leaf for a forward pass: of the gradient's graph if it is trained.
    pub(super) fn leaf(&self) -> Tensor<1> {
        let value = self.value.clone();
        if self.spec.role.trained() { value.autodiff().require_grad() } else { value }
    }

    /// One step of stochastic gradient descent with Nesterov momentum and
    /// decoupled weight decay.
    pub(super) fn descend(&mut self, gradient: Tensor<1>, size: &StepSize) {
        let StepSize { learning_rate: rate, momentum, .. } = *size;
        let decay = if self.spec.role.decayed() { size.weight_decay } else { 0.0 };
        let velocity = match self.velocity.take() {
            Some(velocity) => velocity * momentum + gradient.clone(),
            None => gradient.clone(),
        };
        let slope = gradient + velocity.clone() * momentum;
        self.value = self.value.clone() * (1.0 - rate * decay) - slope * rate;
        self.velocity = Some(velocity);
    }

    /// Moves a running statistic towards that of a batch.
    pub(super) fn drift(&mut self, seen: Tensor<1>, share: f32) {
        self.value = self.value.clone() * (1.0 - share) + seen * share;
    }

    /// Moves the average towards the value; the first call copies it.
    pub(super) fn average(&mut self, keep: f32) {
        let value = self.value.clone();
        self.average = Some(match self.average.take() {
            Some(average) => average * keep + value * (1.0 - keep),
            None => value,
        });
    }

    /// Replaces the value by its average, if there is one.
    pub(super) fn take_average(&mut self) {
        if let Some(average) = self.average.take() {
            self.value = average;
        }
    }
}
