//! One tensor of the network as the kernels want it, sixteen output channels
//! side by side, with its gradient, its momentum and its running average.

use super::lanes::{LANES, Lanes, blocks};
use crate::image::recipe::StepSize;
use crate::image::weights::{TensorSpec, WeightTensor};

/// Where the values of a tensor lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// `[block of outputs][block of inputs][position][input]`, lanes are outputs.
    Kernel {
        inputs: usize,
        /// Positions of the window.
        area: usize,
        /// Inputs of a block: 4 for images, 16 for feature maps.
        per_block: usize,
    },
    /// `[row][block]`, lanes are columns.
    Rows { columns: usize },
}

/// One tensor.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) spec: TensorSpec,
    layout: Layout,
    pub(super) value: Vec<Lanes>,
    /// Empty if it is not trained, like the velocity.
    pub(super) gradient: Vec<Lanes>,
    velocity: Vec<Lanes>,
    average: Option<Vec<Lanes>>,
}

impl Parameter {
    /// With the values of `tensor`; the inputs of a kernel come `per_block` at a time.
    pub(super) fn new(spec: TensorSpec, per_block: usize, tensor: &WeightTensor) -> Self {
        let layout = match spec.shape[..] {
            [_, inputs, height, width] => {
                Layout::Kernel { inputs, area: height * width, per_block }
            }
            [.., columns] => Layout::Rows { columns },
            [] => Layout::Rows { columns: 1 },
        };
        let mut value = vec![Lanes::default(); layout.len(&spec.shape)];
        for (at, &number) in tensor.values.iter().enumerate() {
            let (lanes, lane) = layout.place(at);
            value[lanes].0[lane] = number;
        }
        let trained = if spec.role.trained() { value.len() } else { 0 };
        let zeros = vec![Lanes::default(); trained];
        Self { spec, layout, value, gradient: zeros.clone(), velocity: zeros, average: None }
    }

    /// The values in PyTorch's order.
    pub(super) fn tensor(&self) -> WeightTensor {
        WeightTensor { shape: self.spec.shape.clone(), values: self.in_order(&self.value) }
    }

    /// The gradient in the same order.
    #[cfg(test)]
    pub(super) fn gradient_values(&self) -> Vec<f32> {
        self.in_order(&self.gradient)
    }

    fn in_order(&self, lanes: &[Lanes]) -> Vec<f32> {
        let numbers = (0..self.spec.shape.iter().product()).map(|at| {
            let (group, lane) = self.layout.place(at);
            lanes[group].0[lane]
        });
        numbers.collect()
    }

    /// One step of stochastic gradient descent with Nesterov momentum and
    /// decoupled weight decay.
    pub(super) fn descend(&mut self, size: &StepSize) {
        let StepSize { learning_rate: rate, momentum, .. } = *size;
        let decay = if self.spec.role.decayed() { size.weight_decay } else { 0.0 };
        let kept = 1.0 - rate * decay;
        let gradients = self.velocity.iter_mut().zip(&self.gradient);
        for (value, (velocity, gradient)) in self.value.iter_mut().zip(gradients) {
            for lane in 0..LANES {
                let slope = gradient.0[lane];
                let moved = momentum * velocity.0[lane] + slope;
                velocity.0[lane] = moved;
                value.0[lane] = kept * value.0[lane] - rate * (slope + momentum * moved);
            }
        }
    }

    /// Moves the average towards the value; the first call copies it.
    pub(super) fn average(&mut self, keep: f32) {
        let Some(average) = &mut self.average else {
            self.average = Some(self.value.clone());
            return;
        };
        for (average, value) in average.iter_mut().zip(&self.value) {
            for lane in 0..LANES {
                average.0[lane] = keep * average.0[lane] + (1.0 - keep) * value.0[lane];
            }
        }
    }

    /// Replaces the value by its average, if there is one.
    pub(super) fn take_average(&mut self) {
        if let Some(average) = self.average.take() {
            self.value = average;
        }
    }
}

impl Layout {
    /// Groups of lanes for a tensor of `shape`.
    fn len(self, shape: &[usize]) -> usize {
        match self {
            Self::Kernel { inputs, area, per_block } => {
                blocks(shape[0]) * inputs.div_ceil(per_block) * area * per_block
            }
            Self::Rows { columns } => shape.iter().product::<usize>() / columns * blocks(columns),
        }
    }

    /// The group of lanes and the lane of the value at position `at` of PyTorch's order.
    fn place(self, at: usize) -> (usize, usize) {
        match self {
            Self::Kernel { inputs, area, per_block } => {
                let (position, input) = (at % area, at / area % inputs);
                let output = at / area / inputs;
                let block = output / LANES * inputs.div_ceil(per_block) + input / per_block;
                ((block * area + position) * per_block + input % per_block, output % LANES)
            }
            Self::Rows { columns } => {
                let (row, column) = (at / columns, at % columns);
                (row * blocks(columns) + column / LANES, column % LANES)
            }
        }
    }
}

/// A kernel with inputs and outputs exchanged, for the gradient of the input:
/// `[block of inputs][block of outputs][position][output]`, lanes are inputs.
pub(super) fn exchange(kernel: &[Lanes], inputs: usize, outputs: usize, exchanged: &mut [Lanes]) {
    let area = kernel.len() / (inputs * outputs * LANES);
    for (at, block) in exchanged.chunks_exact_mut(LANES).enumerate() {
        let (input, output, position) = (at / area / outputs, at / area % outputs, at % area);
        let from = &kernel[((output * inputs + input) * area + position) * LANES..][..LANES];
        for (lane, to) in block.iter_mut().enumerate() {
            *to = Lanes::from_fn(|input| from[input].0[lane]);
        }
    }
}
