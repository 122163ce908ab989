//! The backward pass: from the slopes of a loss in the class scores to those in
//! every trained tensor, by the chain rule over the trace of a forward pass.

use burn::tensor::Tensor;

use super::forward::{HeadTrace, LayerTrace, Pass, PoolTrace, Tensors, Trace, UnitTrace, phi};
use super::rows;
use crate::image::architecture::{Activation, Architecture, Head, KernelStart, Layer, Norm, Unit};

/// Slopes in the trained tensors of `net`, by name, from those in its scores
/// `[members, images, n_classes]`.
pub(super) fn gradients(
    pass: &Pass<'_>,
    net: &Architecture,
    trace: Trace,
    scores: Tensor<3>,
) -> Tensors {
    let mut back = Backward { pass, gradients: Tensors::new() };
    let mut slopes = back.head(&net.head, trace.head, scores);
    let layers = net.layers.iter().zip(trace.layers).enumerate().rev();
    for (at, (layer, trace)) in layers {
        let Some(before) = back.layer(layer, trace, slopes, at > 0) else { break };
        slopes = before;
    }
    back.gradients
}

struct Backward<'a> {
    pass: &'a Pass<'a>,
    gradients: Tensors,
}

impl Backward<'_> {
    /// Slopes in the rows that the head was given.
    fn head(&mut self, head: &Head, trace: HeadTrace, scores: Tensor<3>) -> Tensor<2> {
        let scores = if head.scale == 1.0 { scores } else { scores * head.scale };
        if head.bias {
            self.found("fc", "bias", scores.clone().sum_dim(1));
        }
        let HeadTrace { features, pool, positions } = trace;
        let [members, images, channels] = features.dims();
        self.found("fc", "weight", features.transpose().matmul(scores.clone()));
        let slopes = scores.matmul(self.pass.tensor("fc", "weight").transpose());
        match pool {
            Some(pool) => self.pool(pool, self.pass.flat(slopes)),
            None => {
                let shares = (slopes / positions as f64).reshape([members * images, 1, channels]);
                let shares = shares.expand([members * images, positions, channels]);
                shares.reshape([members * images * positions, channels])
            }
        }
    }

    /// Slopes in the rows that the layer was given, if they are `wanted`.
    fn layer(
        &mut self,
        layer: &Layer,
        trace: LayerTrace,
        slopes: Tensor<2>,
        wanted: bool,
    ) -> Option<Tensor<2>> {
        match (layer, trace) {
            (Layer::Unit(unit), LayerTrace::Unit(trace)) => self.unit(unit, *trace, slopes, wanted),
            (Layer::Pool(_), LayerTrace::Pool(trace)) => Some(self.pool(trace, slopes)),
            (
                Layer::Residual { branch, shortcut },
                LayerTrace::Residual { branch: traces, shortcut: passed, sum },
            ) => {
                let slopes = slopes.mask_fill(sum.lower_equal_elem(0.0), 0.0);
                let mut own = slopes.clone();
                for (unit, trace) in branch.iter().zip(traces).rev() {
                    own = self.unit(unit, trace, own, true)?;
                }
                let passed = match shortcut.as_ref().zip(passed) {
                    Some((unit, trace)) => self.unit(unit, *trace, slopes, true)?,
                    None => slopes,
                };
                Some(own + passed)
            }
            _ => unreachable!("a trace should follow its layers"),
        }
    }

    fn unit(
        &mut self,
        unit: &Unit,
        trace: UnitTrace,
        slopes: Tensor<2>,
        wanted: bool,
    ) -> Option<Tensor<2>> {
        let mut slopes = self.activation(unit, &trace, slopes);
        if let Some(norm) = &unit.norm {
            slopes = self.norm(norm, &trace, slopes);
        }
        if let Some(pool) = trace.pool {
            slopes = self.pool(pool, slopes);
        }
        let members = self.pass.members;
        if unit.conv.bias {
            let nothing = Tensor::zeros([members, 1, slopes.dims()[1]], &slopes.device());
            let [sum, _] = rows::sums(slopes.clone(), slopes.clone(), nothing, false);
            self.found(&unit.conv.name, "bias", sum);
        }
        if unit.conv.start != KernelStart::Whitening {
            let found = rows::weight_gradient(trace.input, &trace.slide, slopes.clone(), members);
            self.found(&unit.conv.name, "weight", found);
        }
        wanted.then(|| {
            let kernel = self.pass.tensor(&unit.conv.name, "weight");
            rows::input_gradient(slopes, &trace.slide, kernel)
        })
    }

    fn activation(&self, unit: &Unit, trace: &UnitTrace, slopes: Tensor<2>) -> Tensor<2> {
        let before = || self.pass.before_activation(unit, &trace.seen, trace.moments.as_ref());
        match unit.activation {
            Activation::None => slopes,
            Activation::Relu => {
                let idle = before().lower_equal_elem(0.0);
                self.pass.flat(self.pass.each(slopes).mask_fill(idle, 0.0))
            }
            Activation::Gelu => {
                let x = before();
                let density = (x.clone() * x.clone() * -0.5).exp() * DENSITY_AT_ZERO;
                let slope = phi(x.clone()) + x * density;
                self.pass.flat(self.pass.each(slopes) * slope)
            }
        }
    }

    fn norm(&mut self, norm: &Norm, trace: &UnitTrace, slopes: Tensor<2>) -> Tensor<2> {
        let moments = trace.moments.as_ref().expect("a norm should leave its moments");
        let (mean, inverse) = (&moments.mean, &moments.inverse);
        let n = (slopes.dims()[0] / self.pass.members) as f64;
        let [sum, product] = rows::sums(slopes.clone(), trace.seen.clone(), mean.clone(), false);
        self.found(&norm.name, "bias", sum.clone());
        if norm.scaled {
            self.found(&norm.name, "weight", product.clone() * inverse.clone());
        }
        let scale = inverse.clone() * self.pass.tensor(&norm.name, "weight");
        let pull = inverse.clone() * inverse.clone() * (product / n);
        let off = self.pass.each(trace.seen.clone()) - mean.clone();
        self.pass.flat((self.pass.each(slopes) - sum / n - off * pull) * scale)
    }

    fn pool(&self, trace: PoolTrace, slopes: Tensor<2>) -> Tensor<2> {
        rows::maxima_gradient(slopes, trace.chosen, &trace.slide)
    }

    fn found(&mut self, name: &str, word: &str, gradient: Tensor<3>) {
        self.gradients.insert(format!("{name}.{word}"), gradient);
    }
}

/// The normal density at zero: 1 over the root of two pi.
const DENSITY_AT_ZERO: f32 = 0.398_942_3;
