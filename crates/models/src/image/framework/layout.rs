//! How a tensor lies on the device, for every member of a stack of networks:
//! kernels as `[taps * inputs, outputs]`, the head as `[features, classes]`,
//! vectors as `[1, channels]`. Weights files and the CPU engine have PyTorch's
//! order, `[outputs, inputs, height, width]` and `[classes, features]`.

use crate::image::weights::{TensorSpec, WeightTensor};

/// Where the values of a tensor go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    shape: Vec<usize>,
    /// Inputs of a kernel with the zeros that make it broader.
    depth: usize,
}

impl Layout {
    /// `depth`: input channels that a kernel is given, at least those it has.
    pub(super) fn new(spec: &TensorSpec, depth: usize) -> Self {
        Self { shape: spec.shape.clone(), depth }
    }

    /// Rows and columns on the device.
    pub(super) fn rows_and_columns(&self) -> [usize; 2] {
        match self.shape[..] {
            [to, _, height, width] => [height * width * self.depth, to],
            [classes, features] => [features, classes],
            _ => [1, self.shape.iter().product()],
        }
    }

    /// From PyTorch's order to the device's.
    pub(super) fn pack(&self, tensor: &WeightTensor) -> Vec<f32> {
        let [rows, columns] = self.rows_and_columns();
        let mut packed = vec![0.0; rows * columns];
        for (at, &value) in tensor.values.iter().enumerate() {
            packed[self.place(at)] = value;
        }
        packed
    }

    /// From the device's order to PyTorch's.
    pub(super) fn unpack(&self, packed: &[f32]) -> WeightTensor {
        let n = self.shape.iter().product();
        let values = (0..n).map(|at| packed[self.place(at)]).collect();
        WeightTensor { shape: self.shape.clone(), values }
    }

    /// The place on the device of value `at` in PyTorch's order.
    fn place(&self, at: usize) -> usize {
        match self.shape[..] {
            [to, from, height, width] => {
                let taps = height * width;
                let [out, input, tap] = [at / (from * taps), at / taps % from, at % taps];
                (tap * self.depth + input) * to + out
            }
            [classes, features] => at % features * classes + at / features,
            _ => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::weights::Role;

    #[test]
    fn packing_moves_inputs_below_taps_and_unpacking_undoes_it() {
        let spec = TensorSpec { name: "k".into(), shape: vec![4, 3, 2, 2], role: Role::Kernel };
        let values: Vec<f32> = (1..=48).map(|value| value as f32).collect();
        let tensor = WeightTensor { shape: spec.shape.clone(), values };
        let layout = Layout::new(&spec, 8);
        assert_eq!(layout.rows_and_columns(), [32, 4]);
        let packed = layout.pack(&tensor);
        // output 2, input 1, tap 3
        assert_eq!(packed[(3 * 8 + 1) * 4 + 2], tensor.values[2 * 12 + 4 + 3]);
        assert_eq!(packed.iter().filter(|&&value| value == 0.0).count(), 128 - 48);
        assert_eq!(layout.unpack(&packed), tensor);
    }
}
