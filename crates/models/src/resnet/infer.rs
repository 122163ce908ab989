//! Class probabilities of a trained network.

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;

use super::augment::{Distortion, Standard};
use super::images_of;
use super::net::ResidualNet;
use super::own_thread::{is_cpu, on_own_thread};
use crate::{Features, Fitted, Images, ModelError};

/// Rows per forward pass.
const BATCH: usize = 256;

/// A trained network and how its inputs are standardised.
pub(super) struct FittedResnet {
    pub(super) net: ResidualNet,
    pub(super) standard: Standard,
    pub(super) n_classes: usize,
    pub(super) device: Device,
}

impl Fitted for FittedResnet {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        let images = images_of(x)?;
        on_own_thread(&self.device, || self.predict(images, x.rows))
    }
}

impl FittedResnet {
    fn predict(&self, images: &Images, rows: &[u32]) -> Result<Array2<f64>, ModelError> {
        let mut probs = Vec::with_capacity(rows.len() * self.n_classes);
        for batch in rows.chunks(BATCH) {
            let scores = self.net.forward(self.pixels(images, batch));
            let data = softmax(scores, 1).into_data();
            let values = data.try_to_vec::<f32>();
            let values = values.map_err(|why| ModelError::Device(format!("reading: {why}")))?;
            for row in values.chunks_exact(self.n_classes).take(batch.len()) {
                probs.extend(normalised(row)?);
            }
        }
        let shape = (rows.len(), self.n_classes);
        Ok(Array2::from_shape_vec(shape, probs).expect("every row should have all classes"))
    }

    /// `[batch, channels, height, width]`. A GPU tunes its kernels for every new
    /// shape, so there a short batch is filled up with copies of its first row.
    fn pixels(&self, images: &Images, rows: &[u32]) -> Tensor<4> {
        let Images { channels, height, width, .. } = *images;
        let n = if is_cpu(&self.device) { rows.len() } else { BATCH };
        let mut pixels = Vec::with_capacity(n * channels * height * width);
        for at in 0..n {
            let row = rows.get(at).copied().unwrap_or(rows[0]);
            self.standard.append(images, row, Distortion::NONE, &mut pixels);
        }
        Tensor::from_data(TensorData::new(pixels, [n, channels, height, width]), &self.device)
    }
}

/// In double precision, so that the sum is 1 to double precision too.
fn normalised(row: &[f32]) -> Result<impl Iterator<Item = f64> + '_, ModelError> {
    let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
    if !sum.is_finite() {
        return Err(ModelError::Diverged(
            "the network gives probabilities that are not finite".into(),
        ));
    }
    Ok(row.iter().map(move |&p| f64::from(p) / sum))
}
