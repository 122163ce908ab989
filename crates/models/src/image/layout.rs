//! How a tensor lies on a device, for every member of a stack of networks:
//! kernels as `[taps * inputs, outputs]` in the order of [`taps`], the head as `[features, classes]`,
//! vectors as `[1, channels]`, with zeros where a device wants more channels than
//! there are. Weights files and the CPU engine have PyTorch's order, `[outputs,
//! inputs, height, width]` and `[classes, features]`.

use super::weights::{TensorSpec, WeightTensor};
use super::windows::taps;

/// Where the values of a tensor go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    shape: Vec<usize>,
    /// Channels come in multiples of it.
    grain: usize,
    /// Where each tap of a kernel goes, by its place in PyTorch's order.
    taps: Vec<usize>,
}

impl Layout {
    pub(super) fn new(spec: &TensorSpec, grain: usize) -> Self {
        let mut places = Vec::new();
        if let [.., height, width] = spec.shape[..]
            && spec.shape.len() == 4
        {
            places = vec![0; height * width];
            for (at, [down, right]) in taps([height, width], spec.stride).into_iter().enumerate() {
                places[down * width + right] = at;
            }
        }
        Self { shape: spec.shape.clone(), grain, taps: places }
    }

    /// Matrices, and the rows and columns of each.
    pub(super) fn matrices(&self) -> [usize; 3] {
        let broad = |channels: usize| channels.next_multiple_of(self.grain);
        match self.shape[..] {
            [to, from, height, width] => [height * width, broad(from), broad(to)],
            [classes, features] => [1, broad(features), broad(classes)],
            _ => [1, 1, broad(self.shape.iter().product())],
        }
    }

    /// Rows and columns with all matrices below each other.
    pub(super) fn rows_and_columns(&self) -> [usize; 2] {
        let [matrices, rows, columns] = self.matrices();
        [matrices * rows, columns]
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
        let [_, rows, columns] = self.matrices();
        match self.shape[..] {
            [_, from, height, width] => {
                let taps = height * width;
                let [out, input, tap] =
                    [at / (from * taps), at / taps % from, self.taps[at % taps]];
                (tap * rows + input) * columns + out
            }
            [_, features] => at % features * columns + at / features,
            _ => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::weights::Role;

    #[test]
    fn taps_of_a_strided_kernel_are_ordered_by_what_they_read() {
        let shape = vec![1, 1, 3, 3];
        let spec =
            TensorSpec { name: "k".into(), shape: shape.clone(), role: Role::Kernel, stride: 2 };
        let tensor = WeightTensor { shape, values: (0..9).map(|tap| tap as f32).collect() };
        let layout = Layout::new(&spec, 1);
        assert_eq!(layout.pack(&tensor), [0.0, 2.0, 6.0, 8.0, 1.0, 7.0, 3.0, 5.0, 4.0]);
        assert_eq!(layout.unpack(&layout.pack(&tensor)), tensor);
    }

    #[test]
    fn packing_moves_inputs_below_taps_and_unpacking_undoes_it() {
        let spec =
            TensorSpec { name: "k".into(), shape: vec![4, 3, 2, 2], role: Role::Kernel, stride: 1 };
        let values: Vec<f32> = (1..=48).map(|value| value as f32).collect();
        let tensor = WeightTensor { shape: spec.shape.clone(), values };
        let layout = Layout::new(&spec, 8);
        assert_eq!(layout.rows_and_columns(), [32, 8]);
        let packed = layout.pack(&tensor);
        // output 2, input 1, tap 3
        assert_eq!(packed[(3 * 8 + 1) * 8 + 2], tensor.values[2 * 12 + 4 + 3]);
        assert_eq!(packed.iter().filter(|&&value| value == 0.0).count(), 256 - 48);
        assert_eq!(layout.unpack(&packed), tensor);
        assert_eq!(Layout::new(&spec, 1).rows_and_columns(), [12, 4]);
    }
}
