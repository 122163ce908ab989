//! One tensor of a stack of networks on the device, with its velocity and its average.

use burn::tensor::{Device, Tensor, TensorData};

use crate::image::layout::Layout;
use crate::image::recipe::StepSize;
use crate::image::weights::{TensorSpec, WeightTensor, Weights};

/// One tensor of every member, in single precision whatever the activations are in.
pub(super) struct Parameter {
    pub(super) spec: TensorSpec,
    layout: Layout,
    /// `[members, rows, columns]`
    pub(super) value: Tensor<3>,
    velocity: Option<Tensor<3>>,
    average: Option<Tensor<3>>,
}

impl Parameter {
    /// The tensor of each member's weights.
    pub(super) fn new<'a>(
        spec: TensorSpec,
        layout: Layout,
        members: impl ExactSizeIterator<Item = &'a Weights>,
        device: &Device,
    ) -> Self {
        let [rows, columns] = layout.rows_and_columns();
        let shape = [members.len(), rows, columns];
        let tensor = |weights: &'a Weights| {
            let tensor = weights.get(&spec.name);
            layout.pack(tensor.expect("weights should have been checked against the net"))
        };
        let values: Vec<f32> = members.flat_map(tensor).collect();
        let value = Tensor::from_data(TensorData::new(values, shape), device);
        Self { spec, layout, value, velocity: None, average: None }
    }

    /// One member's part of `values`, the tensor read back.
    pub(super) fn unpack(&self, values: &[f32], member: usize) -> WeightTensor {
        let [rows, columns] = self.layout.rows_and_columns();
        self.layout.unpack(&values[member * rows * columns..][..rows * columns])
    }

    /// One step of stochastic gradient descent with Nesterov momentum and
    /// decoupled weight decay.
    pub(super) fn descend(&mut self, gradient: Tensor<3>, size: &StepSize) {
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
    pub(super) fn drift(&mut self, seen: Tensor<3>, share: f32) {
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
