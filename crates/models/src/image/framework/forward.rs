//! The forward pass of an architecture. Convolutions and activations may run in
//! half precision; normalisation, head and loss are always in single.

use std::collections::BTreeMap;

use burn::tensor::activation::relu;
use burn::tensor::module::{batch_norm, batch_norm_train, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Tensor};

use crate::image::architecture::{
    Activation, Architecture, Conv, GlobalPool, Head, Layer, NORM_EPSILON, Norm, Pool, Unit,
};

/// The tensors of a network, flat, by name.
pub(super) type Tensors = BTreeMap<String, Tensor<1>>;

/// One pass over the layers.
pub(super) struct Pass<'a> {
    pub(super) tensors: &'a Tensors,
    /// Number format of convolutions and activations.
    pub(super) format: DType,
    /// Where the batch's own statistics are collected, if they are to normalise
    /// and not the running ones.
    pub(super) moments: Option<Vec<Moments>>,
}

/// What a normalisation saw in a batch.
pub(super) struct Moments {
    /// Its name.
    pub(super) name: String,
    pub(super) mean: Tensor<1>,
    /// Of the population that the batch is a sample of, as PyTorch keeps it.
    pub(super) variance: Tensor<1>,
}

impl Pass<'_> {
    /// Class scores `[n, n_classes]` of inputs `[n, channels, height, width]`.
    pub(super) fn scores(&mut self, net: &Architecture, x: Tensor<4>) -> Tensor<2> {
        let x = net.layers.iter().fold(x.cast(self.format), |x, layer| self.layer(layer, x));
        self.head(&net.head, net.n_classes, x.cast(DType::F32))
    }

    fn layer(&mut self, layer: &Layer, x: Tensor<4>) -> Tensor<4> {
        match layer {
            Layer::Unit(unit) => self.unit(unit, x),
            Layer::Pool(pool) => pooled(*pool, x),
            Layer::Residual { branch, shortcut } => {
                let own = branch.iter().fold(x.clone(), |x, unit| self.unit(unit, x));
                let passed = match shortcut {
                    Some(unit) => self.unit(unit, x),
                    None => x,
                };
                relu(own + passed)
            }
        }
    }

    fn unit(&mut self, unit: &Unit, x: Tensor<4>) -> Tensor<4> {
        let mut x = self.convolved(&unit.conv, x);
        if let Some(pool) = unit.pool {
            x = pooled(pool, x);
        }
        if let Some(norm) = &unit.norm {
            x = self.normalised(norm, x.cast(DType::F32)).cast(self.format);
        }
        match unit.activation {
            Activation::None => x,
            Activation::Relu => relu(x),
            Activation::Gelu => gelu(x),
        }
    }

    fn convolved(&self, conv: &Conv, x: Tensor<4>) -> Tensor<4> {
        let kernel = self.tensor(&conv.name, "weight");
        let kernel = kernel.reshape([conv.to, conv.from, conv.size, conv.size]);
        let bias = conv.bias.then(|| self.tensor(&conv.name, "bias").cast(self.format));
        let options = ConvOptions::new([conv.stride; 2], [conv.pad; 2], [1; 2], 1);
        conv2d(x, kernel.cast(self.format), bias, options)
    }

    fn normalised(&mut self, norm: &Norm, x: Tensor<4>) -> Tensor<4> {
        let tensor = |word| self.tensor(&norm.name, word);
        let (scale, shift) = (tensor("weight"), tensor("bias"));
        let epsilon = f64::from(NORM_EPSILON);
        let running = [tensor("running_mean"), tensor("running_var")];
        let Some(seen) = &mut self.moments else {
            let [mean, variance] = running;
            return batch_norm(x, scale, shift, mean, variance, epsilon);
        };
        let [images, _, height, width] = x.dims();
        let n = (images * height * width) as f64;
        let normalised = batch_norm_train(x, scale, shift, epsilon);
        let variance = normalised.variance.inner() * (n / (n - 1.0).max(1.0));
        seen.push(Moments { name: norm.name.clone(), mean: normalised.mean.inner(), variance });
        normalised.output
    }

    fn head(&self, head: &Head, n_classes: usize, x: Tensor<4>) -> Tensor<2> {
        let [n, channels, height, width] = x.dims();
        let x = x.reshape([n, channels, height * width]);
        let features = match head.pool {
            GlobalPool::Average => x.mean_dim(2),
            GlobalPool::Max => x.max_dim(2),
        };
        let weight = self.tensor("fc", "weight").reshape([n_classes, channels]);
        let scores = features.reshape([n, channels]).matmul(weight.transpose());
        let scores = match head.bias {
            true => scores + self.tensor("fc", "bias").reshape([1, n_classes]),
            false => scores,
        };
        if head.scale == 1.0 { scores } else { scores * head.scale }
    }

    fn tensor(&self, name: &str, word: &str) -> Tensor<1> {
        let tensor = self.tensors.get(&format!("{name}.{word}"));
        tensor.expect("weights should have been checked against the net").clone()
    }
}

fn pooled(pool: Pool, x: Tensor<4>) -> Tensor<4> {
    let window = MaxPoolOptions::new([pool.size; 2]);
    max_pool2d(x, window.with_stride([pool.stride; 2]).with_padding([pool.pad; 2]))
}

/// x Phi(x). burn's own takes the slope of an approximation in the backward pass.
fn gelu(x: Tensor<4>) -> Tensor<4> {
    let phi = ((x.clone() * std::f32::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5;
    x * phi
}
