//! The training loop, for every engine: the epochs' shuffled orders joined end
//! to end and cut into batches of one size, so that no row is dropped and no
//! batch is ragged.

use rayon::prelude::*;
use relabel_scoring::stream::shuffle;
use relabel_scoring::{Class, Stream};

use super::augment::{Augmenter, Batch};
use super::engine::Net;
use super::recipe::Recipe;
use crate::{ModelError, Watch};

/// The loss is read this often in a fit: reading waits for the device.
const CHECKS: usize = 20;

/// What a fit needs to know about its rows.
pub(super) struct TrainingRows<'a> {
    pub(super) rows: &'a [u32],
    pub(super) classes: &'a [Class],
    pub(super) n_classes: usize,
    /// `[height, width]` of the images.
    pub(super) size: [usize; 2],
    /// Everything random in the fit.
    pub(super) stream: Stream,
}

/// Takes every member of `net` through all steps of the recipe, each on its own rows.
pub(super) fn train(
    net: &mut dyn Net,
    recipe: &Recipe,
    members: &[TrainingRows<'_>],
    watch: &dyn Watch,
) -> Result<(), ModelError> {
    let length = recipe.steps * recipe.batch;
    let orders: Vec<_> =
        members.iter().map(|of| order(of.rows.len(), length, of.stream.child(1))).collect();
    for step in 0..recipe.steps {
        if watch.stopped() {
            return Err(ModelError::Stopped);
        }
        let rows = step * recipe.batch..(step + 1) * recipe.batch;
        let each = members.par_iter().zip(&orders);
        let batches: Vec<_> =
            each.map(|(of, order)| of.batch(step, &order[rows.clone()], recipe)).collect();
        net.step(&batches, &recipe.step_size(step))?;
        if recipe.averaging > 0.0 {
            net.average(recipe.averaging as f32);
        }
        let done = step + 1;
        if done * CHECKS / recipe.steps > step * CHECKS / recipe.steps {
            net.mean_losses()?.into_iter().try_for_each(|loss| check(loss, done))?;
            watch.step(done, recipe.steps);
        }
    }
    if recipe.averaging > 0.0 {
        net.take_average();
    }
    watch.trained((length * members.len()) as u64);
    Ok(())
}

fn check(loss: f64, step: usize) -> Result<(), ModelError> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(ModelError::Diverged(format!(
        "the loss was {loss} before step {step}; a lower model.learning_rate may help"
    )))
}

/// A position among the training rows and how often it was seen before.
type Seen = (usize, usize);

/// `length` positions in training order.
fn order(n: usize, length: usize, stream: Stream) -> Vec<Seen> {
    let mut order = Vec::with_capacity(length + n);
    for epoch in 0..length.div_ceil(n) {
        let mut rows: Vec<_> = (0..n).collect();
        shuffle(&mut stream.child(epoch as u64).rng(), &mut rows);
        order.extend(rows.into_iter().map(|row| (row, epoch)));
    }
    order.truncate(length);
    order
}

impl TrainingRows<'_> {
    fn batch(&self, step: usize, chosen: &[Seen], recipe: &Recipe) -> Batch {
        let augmenter = Augmenter { recipe, size: self.size, stream: self.stream.child(2) };
        let smoothing = recipe.label_smoothing as f32;
        let mut targets = vec![smoothing / self.n_classes as f32; chosen.len() * self.n_classes];
        for (target, &(row, _)) in targets.chunks_exact_mut(self.n_classes).zip(chosen) {
            target[self.classes[row].at()] += 1.0 - smoothing;
        }
        let mix = augmenter.mix(step, chosen.len());
        if let Some(mix) = &mix {
            let unmixed = targets.clone();
            let rows = unmixed.chunks_exact(self.n_classes);
            for ((target, own), &partner) in
                targets.chunks_exact_mut(self.n_classes).zip(rows).zip(&mix.partners)
            {
                let start = partner as usize * self.n_classes;
                let other = &unmixed[start..start + self.n_classes];
                for ((to, own), other) in target.iter_mut().zip(own).zip(other) {
                    *to = mix.share * own + (1.0 - mix.share) * other;
                }
            }
        }
        Batch {
            rows: chosen.iter().map(|&(row, _)| self.rows[row]).collect(),
            distortions: chosen
                .iter()
                .map(|&(row, seen)| augmenter.distortion(row, seen))
                .collect(),
            targets,
            mix,
        }
    }
}

#[cfg(test)]
mod tests {
    use relabel_scoring::{Round, Seed};

    use super::*;
    use crate::Images;
    use crate::Unwatched;
    use crate::image::recipe::StepSize;
    use crate::image::weights::Weights;

    /// Remembers what it was asked to do; its loss is `loss`.
    struct Diary {
        batches: Vec<Batch>,
        averages: usize,
        averaged: bool,
        loss: f64,
    }

    impl Net for Diary {
        fn step(&mut self, batches: &[Batch], _: &StepSize) -> Result<(), ModelError> {
            self.batches.extend_from_slice(batches);
            Ok(())
        }
        fn mean_losses(&mut self) -> Result<Vec<f64>, ModelError> {
            Ok(vec![self.loss])
        }
        fn average(&mut self, _: f32) {
            self.averages += 1;
        }
        fn take_average(&mut self) {
            self.averaged = true;
        }
        fn scores(&self, _: usize, _: &Images, _: &[u32], _: bool) -> Result<Vec<f32>, ModelError> {
            Ok(Vec::new())
        }
        fn weights(&self, _: usize) -> Result<Weights, ModelError> {
            Ok(Weights::default())
        }
    }

    fn trained(recipe: &Recipe, loss: f64) -> (Diary, Result<(), ModelError>) {
        let mut diary = Diary { batches: Vec::new(), averages: 0, averaged: false, loss };
        let rows: Vec<u32> = (100..110).collect();
        let classes: Vec<_> = (0..10).map(|row| Class(row % 2)).collect();
        let stream = Stream::new(Seed(1), "test", Round(0), 0);
        let size = [8, 8];
        let data = TrainingRows { rows: &rows, classes: &classes, n_classes: 2, size, stream };
        let result = train(&mut diary, recipe, &[data], &Unwatched);
        (diary, result)
    }

    #[test]
    fn every_row_is_seen_equally_often_in_batches_of_one_size() {
        let recipe = Recipe { steps: 15, batch: 4, averaging: 0.9, ..Recipe::default() };
        let (diary, result) = trained(&recipe, 1.0);
        result.expect("the loss is finite");
        assert!(diary.batches.iter().all(|batch| batch.rows.len() == 4));
        let mut seen: Vec<u32> =
            diary.batches.iter().flat_map(|batch| batch.rows.clone()).collect();
        seen.sort_unstable();
        assert!((100..110).all(|row| seen.iter().filter(|&&at| at == row).count() == 6));
        assert_eq!((diary.averages, diary.averaged), (15, true));
    }

    #[test]
    fn targets_are_smoothed_and_follow_their_rows() {
        let recipe = Recipe { steps: 5, batch: 4, label_smoothing: 0.2, ..Recipe::default() };
        for batch in trained(&recipe, 1.0).0.batches {
            for (row, target) in batch.rows.iter().zip(batch.targets.chunks_exact(2)) {
                let own = (row % 2) as usize;
                assert!((target[own] - 0.9).abs() < 1e-6 && (target[1 - own] - 0.1).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn mixed_targets_hold_both_classes_and_sum_to_one() {
        let recipe = Recipe { steps: 30, batch: 4, mixup: 1.0, ..Recipe::default() };
        for batch in trained(&recipe, 1.0).0.batches {
            let mix = batch.mix.expect("the recipe mixes");
            for (at, target) in batch.targets.chunks_exact(2).enumerate() {
                let [own, other] = [at, mix.partners[at] as usize].map(|at| batch.rows[at] % 2);
                let expected = if own == other { 0.95 } else { 0.05 + 0.9 * mix.share };
                assert!((target[own as usize] - expected).abs() < 1e-6);
                assert!((target[0] + target[1] - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_the_fit() {
        let recipe = Recipe { steps: 40, batch: 4, ..Recipe::default() };
        let (diary, result) = trained(&recipe, f64::NAN);
        assert!(matches!(result, Err(ModelError::Diverged(why)) if why.contains("NaN")));
        assert_eq!(diary.batches.len(), 2);
    }
}
