//! Stochastic gradient descent with Nesterov momentum; weight decay on matrices
//! and kernels only. Learning rate: linear warm-up, then linear to zero.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{ModuleOptimizer, Optimizer, Sgd, SgdConfig, SgdState};
use burn::tensor::{Device, Tensor};

const MOMENTUM: f64 = 0.9;
/// Share of the steps in which the learning rate rises.
const WARM_UP: f64 = 0.2;

/// The optimiser of one fit.
pub(super) fn optimizer(weight_decay: f64) -> ModuleOptimizer {
    let momentum = MomentumConfig { momentum: MOMENTUM, dampening: 0.0, nesterov: true };
    let plain = SgdConfig::new().with_momentum(Some(momentum));
    let penalty = WeightDecayConfig { penalty: weight_decay as f32 };
    let decayed = plain.clone().with_weight_decay(Some(penalty));
    ModuleOptimizer::from(SplitDecay { decayed: decayed.build(), plain: plain.build() })
}

/// The learning rate of step `step` out of `steps`.
pub(super) fn learning_rate(peak: f64, step: usize, steps: usize) -> f64 {
    let done = (step as f64 + 0.5) / steps as f64;
    peak * if done < WARM_UP { done / WARM_UP } else { (1.0 - done) / (1.0 - WARM_UP) }
}

/// Biases and the scales of normalisation layers are vectors: they are not decayed.
#[derive(Clone)]
struct SplitDecay {
    decayed: Sgd,
    plain: Sgd,
}

impl Optimizer for SplitDecay {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        rate: f64,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<SgdState<D>>,
    ) -> (Tensor<D>, Option<SgdState<D>>) {
        let sgd = if D > 1 { &self.decayed } else { &self.plain };
        sgd.step(rate, tensor, grad, state)
    }

    fn to_device<const D: usize>(state: SgdState<D>, device: &Device) -> SgdState<D> {
        Sgd::to_device(state, device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_nothing() {
        let rates: Vec<_> = (0..100).map(|step| learning_rate(0.5, step, 100)).collect();
        assert!(rates[..20].is_sorted() && rates[20..].is_sorted_by(|a, b| a > b));
        assert!(rates[19] > 0.48 && rates[0] < 0.02 && rates[99] < 0.005, "{rates:?}");
        assert!(learning_rate(0.5, 0, 1) > 0.0);
    }
}
