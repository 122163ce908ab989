//! Named arrays of a network: the common currency of both engines, of weights
//! files and of fixtures. Names, shapes and layout are PyTorch's: kernels
//! `[out, in, height, width]`, the head `[n_classes, features]`.

use std::collections::BTreeMap;

use super::architecture::{Architecture, Conv, KernelStart, Norm};

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A kernel or matrix, trained and decayed.
    Kernel,
    /// A kernel that keeps its first values.
    FixedKernel,
    /// A shift, trained and not decayed.
    Bias,
    /// The scale of a normalisation, trained and not decayed.
    Scale,
    /// A scale that stays 1.
    FixedScale,
    /// The running mean of a normalisation.
    RunningMean,
    /// The running variance of a normalisation.
    RunningVariance,
}

impl Role {
    /// Whether gradients change it.
    pub fn trained(self) -> bool {
        matches!(self, Self::Kernel | Self::Bias | Self::Scale)
    }

    /// Whether weight decay applies.
    pub fn decayed(self) -> bool {
        self == Self::Kernel
    }

    /// Whether it is a parameter, as opposed to a running statistic.
    pub fn is_parameter(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }
}

/// A tensor that an architecture has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its full name, such as "layer1.0.bn1.weight".
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: Role,
    /// Step between the outputs of a kernel; 1 of any other tensor.
    pub stride: usize,
}

impl TensorSpec {
    fn new(name: String, shape: Vec<usize>, role: Role) -> Self {
        Self { name, shape, role, stride: 1 }
    }
}

/// Values with a shape, last index fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightTensor {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many as the product of the axes.
    pub values: Vec<f32>,
}

impl WeightTensor {
    /// Every value the same.
    pub fn filled(shape: &[usize], value: f32) -> Self {
        Self { shape: shape.into(), values: vec![value; shape.iter().product()] }
    }
}

/// All tensors of a network by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(pub BTreeMap<String, WeightTensor>);

/// Weights that do not fit an architecture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A tensor is not there.
    #[error("there is no tensor '{name}', expected with shape {expected:?}")]
    Missing {
        /// Its name.
        name: String,
        /// The shape the architecture has.
        expected: Vec<usize>,
    },
    /// A tensor has another shape.
    #[error("tensor '{name}' has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape that was found.
        found: Vec<usize>,
        /// The shape the architecture has.
        expected: Vec<usize>,
    },
}

impl Weights {
    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&WeightTensor> {
        self.0.get(name)
    }

    /// Its values; engines call this after [`Weights::check`].
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn values(&self, name: &str) -> &[f32] {
        &self.0.get(name).expect("weights should have been checked against the net").values
    }

    /// Whether every tensor of `architecture` is here with its shape; others do no harm.
    ///
    /// # Errors
    /// The first tensor, in the order of execution, that is missing or has another shape.
    pub fn check(&self, architecture: &Architecture) -> Result<(), Mismatch> {
        for TensorSpec { name, shape, .. } in architecture.tensors() {
            match self.0.get(&name) {
                None => return Err(Mismatch::Missing { name, expected: shape }),
                Some(tensor) if tensor.shape != shape => {
                    let found = tensor.shape.clone();
                    return Err(Mismatch::Shape { name, found, expected: shape });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Architecture {
    /// Every tensor in the order of execution, a shortcut after its branch, the head last.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        let mut specs = Vec::new();
        for unit in self.units() {
            conv_tensors(&unit.conv, &mut specs);
            if let Some(norm) = &unit.norm {
                norm_tensors(norm, &mut specs);
            }
        }
        let mut push = |name: &str, shape: Vec<usize>, role| {
            specs.push(TensorSpec::new(name.into(), shape, role));
        };
        push("fc.weight", vec![self.n_classes, self.head.from], Role::Kernel);
        if self.head.bias {
            push("fc.bias", vec![self.n_classes], Role::Bias);
        }
        specs
    }

    /// Number of parameters, running statistics not counted.
    pub fn n_parameters(&self) -> usize {
        let parameters = self.tensors().into_iter().filter(|spec| spec.role.is_parameter());
        parameters.map(|spec| spec.shape.iter().product::<usize>()).sum()
    }
}

fn conv_tensors(conv: &Conv, specs: &mut Vec<TensorSpec>) {
    let fixed = conv.start == KernelStart::Whitening;
    let role = if fixed { Role::FixedKernel } else { Role::Kernel };
    let shape = vec![conv.to, conv.from, conv.size, conv.size];
    let stride = conv.stride;
    specs.push(TensorSpec { name: format!("{}.weight", conv.name), shape, role, stride });
    if conv.bias {
        let name = format!("{}.bias", conv.name);
        specs.push(TensorSpec::new(name, vec![conv.to], Role::Bias));
    }
}

fn norm_tensors(norm: &Norm, specs: &mut Vec<TensorSpec>) {
    let scale = if norm.scaled { Role::Scale } else { Role::FixedScale };
    for (word, role) in [
        ("weight", scale),
        ("bias", Role::Bias),
        ("running_mean", Role::RunningMean),
        ("running_var", Role::RunningVariance),
    ] {
        let name = format!("{}.{word}", norm.name);
        specs.push(TensorSpec::new(name, vec![norm.channels], role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::net_kind::{NetKind, NetSpec};

    fn count(spec: &NetSpec, n_classes: usize) -> usize {
        Architecture::new(spec, 3, n_classes).n_parameters()
    }

    #[test]
    fn parameter_counts_are_the_known_ones() {
        // CIFAR form, 10 classes; ImageNet form with 1000 classes as torchvision documents them
        assert_eq!(count(&NetSpec::small(NetKind::Resnet18), 10), 11_173_962);
        assert_eq!(count(&NetSpec::small(NetKind::Resnet34), 10), 21_282_122);
        assert_eq!(count(&NetSpec::small(NetKind::Resnet50), 10), 23_520_842);
        assert_eq!(count(&NetSpec::imagenet(NetKind::Resnet18), 1000), 11_689_512);
        assert_eq!(count(&NetSpec::imagenet(NetKind::Resnet34), 1000), 21_797_672);
        assert_eq!(count(&NetSpec::imagenet(NetKind::Resnet50), 1000), 25_557_032);
    }

    #[test]
    fn names_and_order_are_those_of_torchvision() {
        let net = Architecture::new(&NetSpec::small(NetKind::Resnet18), 3, 10);
        let names: Vec<_> = net.tensors().into_iter().map(|spec| spec.name).collect();
        assert_eq!(names[0], "conv1.weight");
        assert_eq!(names[5], "layer1.0.conv1.weight");
        assert!(names.contains(&"layer2.0.downsample.1.running_var".to_owned()));
        assert!(!names.iter().any(|name| name.starts_with("layer1.0.downsample")));
        assert_eq!(names[names.len() - 2..], ["fc.weight", "fc.bias"]);
    }

    #[test]
    fn the_first_tensor_that_does_not_fit_is_named_with_both_shapes() {
        let net = Architecture::new(&NetSpec::small(NetKind::Resnet8), 3, 10);
        let tensors = net.tensors().into_iter();
        let all = tensors.map(|spec| (spec.name, WeightTensor::filled(&spec.shape, 0.0)));
        let mut weights = Weights(all.collect());
        assert_eq!(weights.check(&net), Ok(()));
        weights.0.insert("layer2.0.bn1.bias".into(), WeightTensor::filled(&[7], 0.0));
        weights.0.remove("fc.weight");
        let text = weights.check(&net).expect_err("two tensors are wrong").to_string();
        assert_eq!(text, "tensor 'layer2.0.bn1.bias' has shape [7], expected [32]");
    }
}
