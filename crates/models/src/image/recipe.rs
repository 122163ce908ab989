//! The training recipe, all of it: every number of a fit that a configuration
//! can set. The unit of length is the step, not the epoch, so that a fit on few
//! labels is trained as long as one on many.
//!
//! One step, with momentum buffer v, gradient g of the mean loss, momentum m,
//! learning rate r, weight decay d (kernels only, decoupled from v):
//! v <- m v + g;  w <- (1 - r d) w - r (g + m v).

use super::augment::Flip;
use super::named::Named;

/// How a network is trained and asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Optimiser steps of a fit.
    pub steps: usize,
    /// Rows per step.
    pub batch: usize,
    /// How the learning rate runs.
    pub schedule: Schedule,
    /// Share of the steps in which the learning rate rises.
    pub warm_up: f64,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Nesterov momentum.
    pub momentum: f64,
    /// Decoupled weight decay of kernels.
    pub weight_decay: f64,
    /// Share of a batch's statistics that enters the running ones, per step.
    pub norm_momentum: f64,
    /// Probability mass that a training target gives to all classes evenly.
    pub label_smoothing: f64,
    /// How training images are mirrored.
    pub flip: Flip,
    /// Most pixels that a training image is shifted, its border reflected.
    pub crop: usize,
    /// Side of the square that is wiped out of every training image; 0 for none.
    pub cutout: usize,
    /// Both parameters of mixup's beta distribution; 0 for no mixup.
    pub mixup: f64,
    /// Share that the averaged weights keep per step; 0 for no averaging.
    pub averaging: f64,
    /// Whether predictions are averaged over the image and its mirror image.
    pub mirror: bool,
    /// Number format of activations.
    pub precision: Precision,
}

/// Number format of activations and gradients; master weights are always f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Single.
    F32,
    /// Half, with loss scaling; on GPUs only.
    F16,
}

/// How the learning rate runs after its linear rise to the peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Linearly to zero.
    Triangular,
    /// Along half a cosine to zero.
    Cosine,
    /// As PyTorch's OneCycleLR: along cosines from a 25th up and to about zero.
    OneCycle,
}

impl Named for Precision {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::F32, "f32"), (Self::F16, "f16")];
}

impl Named for Schedule {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Triangular, "triangular"),
        (Self::Cosine, "cosine"),
        (Self::OneCycle, "one-cycle"),
    ];
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            steps: 1500,
            batch: 64,
            schedule: Schedule::OneCycle,
            warm_up: 0.3,
            learning_rate: 0.2,
            momentum: 0.9,
            weight_decay: 5e-3,
            norm_momentum: 0.1,
            label_smoothing: 0.1,
            flip: Flip::Alternating,
            crop: 4,
            cutout: 8,
            mixup: 0.0,
            averaging: 0.0,
            mirror: true,
            precision: Precision::F32,
        }
    }
}

/// The numbers of one optimiser step (see the head of this file).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSize {
    /// r
    pub learning_rate: f32,
    /// m
    pub momentum: f32,
    /// d
    pub weight_decay: f32,
    /// Share of this batch's statistics that enters the running ones.
    pub norm_momentum: f32,
}

impl Recipe {
    /// The numbers of step `step`.
    pub fn step_size(&self, step: usize) -> StepSize {
        StepSize {
            learning_rate: self.learning_rate_at(step) as f32,
            momentum: self.momentum as f32,
            weight_decay: self.weight_decay as f32,
            norm_momentum: self.norm_momentum as f32,
        }
    }

    /// The learning rate of step `step`, in the middle of the step.
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        let done = (step as f64 + 0.5) / self.steps as f64;
        let rises = done < self.warm_up;
        let part = match rises {
            true => done / self.warm_up,
            false => (done - self.warm_up) / (1.0 - self.warm_up),
        };
        let cosine = |part: f64| 0.5 - 0.5 * (part * std::f64::consts::PI).cos();
        let share = match (self.schedule, rises) {
            (Schedule::Triangular | Schedule::Cosine, true) => part,
            (Schedule::Triangular, false) => 1.0 - part,
            (Schedule::Cosine | Schedule::OneCycle, false) => 1.0 - cosine(part),
            (Schedule::OneCycle, true) => 0.04 + 0.96 * cosine(part),
        };
        self.learning_rate * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_rises_to_its_peak_and_falls_to_nothing() {
        for schedule in [Schedule::Triangular, Schedule::Cosine, Schedule::OneCycle] {
            let recipe = Recipe { schedule, warm_up: 0.2, steps: 100, ..Recipe::default() };
            let rates: Vec<_> = (0..100).map(|step| recipe.learning_rate_at(step)).collect();
            assert!(rates[..20].is_sorted() && rates[20..].is_sorted_by(|a, b| a > b));
            assert!(rates[19] > 0.19 && rates[99] < 0.002, "{schedule:?} {rates:?}");
            assert!(rates[0] > 0.0 && rates[0] < 0.01, "{schedule:?} {rates:?}");
        }
    }

    #[test]
    fn a_single_step_still_moves_the_weights() {
        let recipe = Recipe { steps: 1, ..Recipe::default() };
        assert!(recipe.learning_rate_at(0) > 0.0);
    }
}
