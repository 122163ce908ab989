//! The training loop: the epochs' shuffled orders joined end to end and cut
//! into batches of one size, so that no row is dropped and no batch is ragged.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use relabel_scoring::stream::shuffle;
use relabel_scoring::{Class, Stream};

use super::ResnetConfig;
use super::augment::{Distortion, Standard};
use super::init::initialised;
use super::net::ResidualNet;
use super::optimizer::{learning_rate, optimizer};
use crate::{Images, ModelError, Watch};

/// Probability mass that a training target gives to all classes evenly.
const LABEL_SMOOTHING: f32 = 0.1;

/// What a fit needs to know about its rows.
pub(super) struct TrainingRows<'a> {
    pub(super) images: &'a Images,
    pub(super) rows: &'a [u32],
    pub(super) classes: &'a [Class],
    pub(super) n_classes: usize,
    pub(super) standard: &'a Standard,
}

/// Trains a network from scratch. The result holds no autodiff graph.
pub(super) fn train(
    config: &ResnetConfig,
    data: &TrainingRows<'_>,
    stream: Stream,
    device: &Device,
    watch: &dyn Watch,
) -> Result<ResidualNet, ModelError> {
    let device = device.clone().autodiff();
    let shape = [data.images.channels, data.n_classes];
    let net = ResidualNet::new(config.blocks, config.width, shape, &device);
    let mut net = initialised(net, stream.child(0));
    let mut optimizer = optimizer(config.weight_decay);

    let batch = config.batch.min(data.rows.len()).max(2);
    let order = order(data.rows.len(), config.epochs, batch, stream.child(1));
    let steps = order.len() / batch;
    let mut epochs_done = 0;
    let mut loss_sum = Tensor::<1>::zeros([1], &device.clone().inner());
    for (step, chosen) in order.chunks_exact(batch).enumerate() {
        if watch.stopped() {
            return Err(ModelError::Stopped);
        }
        let (images, targets) = data.batch(chosen, stream.child(2).child(step as u64), &device);
        let loss = -(log_softmax(net.forward(images), 1) * targets).sum_dim(1).mean();
        loss_sum = loss_sum + loss.clone().inner();
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(learning_rate(config.learning_rate, step, steps), net, grads);
        let epochs = (step + 1) * config.epochs / steps;
        if epochs > epochs_done {
            check(&loss_sum, epochs)?;
            epochs_done = epochs;
            watch.step(epochs, config.epochs);
        }
    }
    Ok(net.valid())
}

/// Reading the loss waits for the device: once an epoch is enough, since a loss
/// that was not finite keeps the sum so.
fn check(loss_sum: &Tensor<1>, epoch: usize) -> Result<(), ModelError> {
    let sum = loss_sum.clone().into_scalar::<f32>();
    if sum.is_finite() {
        return Ok(());
    }
    Err(ModelError::Diverged(format!(
        "the loss was {sum} in epoch {epoch}; a lower learning rate may help"
    )))
}

/// Positions of the rows in training order: at least one batch of them.
fn order(n: usize, epochs: usize, batch: usize, stream: Stream) -> Vec<usize> {
    let mut order = Vec::with_capacity(n * epochs);
    for epoch in 0..epochs.max(batch.div_ceil(n)) {
        let mut rows: Vec<_> = (0..n).collect();
        shuffle(&mut stream.child(epoch as u64).rng(), &mut rows);
        order.extend(rows);
    }
    order
}

impl TrainingRows<'_> {
    /// Distorted images `[batch, channels, height, width]` and smoothed targets
    /// `[batch, n_classes]`.
    fn batch(&self, chosen: &[usize], stream: Stream, device: &Device) -> (Tensor<4>, Tensor<2>) {
        let Images { channels, height, width, .. } = *self.images;
        let mut pixels = Vec::with_capacity(chosen.len() * channels * height * width);
        let even = LABEL_SMOOTHING / self.n_classes as f32;
        let mut targets = vec![even; chosen.len() * self.n_classes];
        for (at, &row) in chosen.iter().enumerate() {
            let how = Distortion::draw(stream.child(at as u64), self.images);
            self.standard.append(self.images, self.rows[row], how, &mut pixels);
            targets[at * self.n_classes + self.classes[row].at()] += 1.0 - LABEL_SMOOTHING;
        }
        let pixels = TensorData::new(pixels, [chosen.len(), channels, height, width]);
        let targets = TensorData::new(targets, [chosen.len(), self.n_classes]);
        (Tensor::from_data(pixels, device), Tensor::from_data(targets, device))
    }
}
