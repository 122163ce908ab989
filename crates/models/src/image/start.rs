//! First weights of a network, drawn on the host from a stream: the same for
//! every engine and device.

use std::f64::consts::TAU;

use relabel_scoring::Stream;
use relabel_scoring::stream::uniform;

use super::architecture::{Architecture, KernelStart};
use super::weights::{Role, TensorSpec, WeightTensor, Weights};

/// Kernels normal with variance 2 / fan-in (He et al., 2015), the head uniform
/// as PyTorch draws it, scales and variances 1, shifts and means 0. Fixed
/// kernels are those of `whitening`.
pub fn first_weights(
    architecture: &Architecture,
    stream: Stream,
    whitening: Option<&WeightTensor>,
) -> Weights {
    let copying: Vec<String> = architecture
        .units()
        .filter(|unit| unit.conv.start == KernelStart::Copying)
        .map(|unit| format!("{}.weight", unit.conv.name))
        .collect();
    let specs = architecture.tensors().into_iter().zip(0..);
    let tensor = |(spec, place): (TensorSpec, u64)| {
        let TensorSpec { name, shape, role, .. } = spec;
        let fan_in: usize = shape[1..].iter().product();
        let mut tensor = match role {
            Role::FixedKernel => {
                whitening.expect("a network that whitens should be given the kernel").clone()
            }
            Role::Kernel if name == "fc.weight" => {
                evenly(&shape, stream.child(place), 1.0 / (fan_in as f64).sqrt())
            }
            Role::Kernel => normals(&shape, stream.child(place), (2.0 / fan_in as f64).sqrt()),
            Role::Scale | Role::FixedScale | Role::RunningVariance => {
                WeightTensor::filled(&shape, 1.0)
            }
            Role::Bias | Role::RunningMean => WeightTensor::filled(&shape, 0.0),
        };
        if copying.contains(&name) {
            copy_inputs(&mut tensor);
        }
        (name, tensor)
    };
    Weights(specs.map(tensor).collect())
}

/// The first outputs of a kernel become the inputs, unchanged.
fn copy_inputs(kernel: &mut WeightTensor) {
    let [to, from, size] = [kernel.shape[0], kernel.shape[1], kernel.shape[2]];
    let area = size * size;
    for channel in 0..to.min(from) {
        let start = channel * from * area;
        kernel.values[start..start + from * area].fill(0.0);
        kernel.values[start + channel * area + area / 2] = 1.0;
    }
}

/// Uniform on `-reach..reach`.
fn evenly(shape: &[usize], stream: Stream, reach: f64) -> WeightTensor {
    let mut rng = stream.rng();
    let n = shape.iter().product();
    let values = (0..n).map(|_| ((2.0 * uniform(&mut rng) - 1.0) * reach) as f32).collect();
    WeightTensor { shape: shape.into(), values }
}

/// Normal deviates by the method of Box and Muller.
fn normals(shape: &[usize], stream: Stream, scale: f64) -> WeightTensor {
    let mut rng = stream.rng();
    let n = shape.iter().product();
    let mut values = Vec::with_capacity(n + 1);
    while values.len() < n {
        let above_zero: f64 = 1.0 - uniform(&mut rng);
        let radius = (-2.0 * above_zero.ln()).sqrt() * scale;
        let (sin, cos) = (TAU * uniform(&mut rng)).sin_cos();
        values.extend([(radius * cos) as f32, (radius * sin) as f32]);
    }
    values.truncate(n);
    WeightTensor { shape: shape.into(), values }
}

#[cfg(test)]
mod tests {
    use relabel_scoring::{Round, Seed};

    use super::*;
    use crate::image::net_kind::{NetKind, NetSpec};

    fn stream() -> Stream {
        Stream::new(Seed(1), "test", Round(0), 0)
    }

    #[test]
    fn deviates_have_the_scale_asked_for() {
        let values = normals(&[20_001], stream(), 0.5).values;
        assert_eq!(values.len(), 20_001);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 20_001.0;
        let square = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 20_001.0;
        // standard errors: 0.0035 of the mean, 0.0025 of the mean square
        assert!(mean.abs() < 0.015 && (square - 0.25).abs() < 0.012, "{mean} {square}");
    }

    #[test]
    fn first_weights_fit_their_architecture_and_differ_between_layers() {
        let net = Architecture::new(&NetSpec::small(NetKind::Resnet8), 3, 10);
        let weights = first_weights(&net, stream(), None);
        assert_eq!(weights.check(&net), Ok(()));
        let kernels = ["layer1.0.conv1.weight", "layer1.0.conv2.weight"];
        assert_ne!(weights.values(kernels[0]), weights.values(kernels[1]));
        assert!(weights.values("layer2.0.bn1.running_var").iter().all(|&v| v == 1.0));
    }

    #[test]
    fn copying_kernels_pass_their_first_channels_on() {
        let spec = NetSpec { width: 32, whitening: false, ..NetSpec::small(NetKind::Fast) };
        let net = Architecture::new(&spec, 3, 10);
        let weights = first_weights(&net, stream(), None);
        let kernel = weights.values("group1.conv1.weight"); // [32, 24, 3, 3]
        let (copies, random) = kernel.split_at(24 * 24 * 9);
        assert_eq!(copies.iter().filter(|&&v| v != 0.0).count(), 24);
        assert!(random.iter().all(|&v| v != 0.0));
    }
}
