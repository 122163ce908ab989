//! Perceptron with one hidden layer, trained as scikit-learn's
//! `MLPClassifier` trains its default: ReLU, softmax log loss, weight decay
//! 1e-4, Adam with step 1e-3, shuffled batches of 200, and an end after 10
//! epochs in a row without an improvement of 1e-4 in the training loss.
//! Features are not scaled. Two classes have two outputs here, not one.

mod adam;
mod batch;
mod kernels;
mod network;
#[cfg(test)]
mod tests;

use ndarray::Array2;
use pulp::Arch;
use relabel_scoring::{Class, Stream, stream};

use crate::table::flat_rows;
use crate::{Classifier, Features, Fitted, ModelError, Watch};
use adam::Adam;
use batch::{Batch, Predict, Step, Workspace};
use kernels::ROWS;
use network::Network;

const NAME: &str = "mlp";
const BATCH: usize = 200;
const TOLERANCE: f64 = 1e-4;
const PATIENCE: usize = 10;

/// A perceptron with one hidden layer, in single precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mlp {
    /// Number of hidden units, 100 in the benchmarks.
    pub hidden: usize,
    /// Training ends after this many passes over the rows if not earlier, 500 in the benchmarks.
    pub max_epochs: usize,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { hidden: 100, max_epochs: 500 }
    }
}

impl Classifier for Mlp {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let (rows, n_features) = flat_rows(x, NAME)?;
        let classes: Vec<usize> =
            (0..n_classes).filter(|&class| y.iter().any(|label| label.at() == class)).collect();
        let output = |label: &Class| classes.iter().position(|&class| class == label.at());
        let outputs: Vec<usize> =
            y.iter().map(|label| output(label).expect("every label should be listed")).collect();
        let network = Network::new(n_features, self.hidden, classes.len(), stream.child(0));
        let rows = padded(&rows, n_features, network.shape.features);
        let network = self.train(network, &rows, &outputs, stream.child(1), watch)?;
        Ok(Box::new(Perceptron { network, classes, n_classes }))
    }
}

impl Mlp {
    fn train(
        &self,
        mut network: Network,
        rows: &[f32],
        outputs: &[usize],
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Network, ModelError> {
        let Network { shape, parameters } = &mut network;
        let mut adam = Adam::new(parameters.len());
        let mut space = Workspace::new(*shape);
        let arch = Arch::new();
        let mut order: Vec<usize> = (0..outputs.len()).collect();
        let mut progress = Progress { best: f64::INFINITY, stale: 0 };
        for epoch in 0..self.max_epochs {
            if watch.stopped() {
                return Err(ModelError::Stopped);
            }
            stream::shuffle(&mut stream.child(epoch as u64).rng(), &mut order);
            let mut loss = 0.0;
            for chosen in order.chunks(BATCH) {
                let mean = arch.dispatch(Step {
                    shape: *shape,
                    parameters,
                    batch: Batch { rows, targets: outputs, chosen },
                    space: &mut space,
                    adam: &mut adam,
                });
                loss += mean * chosen.len() as f64;
            }
            let loss = loss / outputs.len() as f64;
            if !loss.is_finite() {
                let epoch = epoch + 1;
                return Err(ModelError::Diverged(format!(
                    "the MLP's loss in epoch {epoch} is {loss}"
                )));
            }
            watch.step(epoch + 1, self.max_epochs);
            if progress.is_over(loss) {
                break;
            }
        }
        Ok(network)
    }
}

/// When to stop: more than [`PATIENCE`] epochs in a row without improvement.
struct Progress {
    best: f64,
    stale: usize,
}

impl Progress {
    fn is_over(&mut self, loss: f64) -> bool {
        self.stale = if loss > self.best - TOLERANCE { self.stale + 1 } else { 0 };
        self.best = self.best.min(loss);
        self.stale > PATIENCE
    }
}

struct Perceptron {
    network: Network,
    /// The class of each output: those that the training rows have.
    classes: Vec<usize>,
    n_classes: usize,
}

impl Fitted for Perceptron {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        let (rows, n_features) = flat_rows(x, NAME)?;
        let Network { shape, parameters } = &self.network;
        let rows = padded(&rows, n_features, shape.features);
        let rows: Vec<&[f32]> = rows.chunks_exact(shape.features).collect();
        let mut space = Workspace::new(*shape);
        let mut probs = Array2::zeros((x.rows.len(), self.n_classes));
        for (first, rows) in (0..).step_by(ROWS).zip(rows.chunks(ROWS)) {
            let predict = Predict { shape: *shape, parameters, rows, space: &mut space };
            let outputs = Arch::new().dispatch(predict);
            for (&class, output) in self.classes.iter().zip(outputs) {
                for (row, &prob) in output[..rows.len()].iter().enumerate() {
                    probs[(first + row, class)] = f64::from(prob);
                }
            }
        }
        // single precision leaves the sums off by 1e-7
        for mut row in probs.rows_mut() {
            row /= row.sum();
        }
        Ok(probs)
    }
}

/// Rows of `length` values: `n_features` of their own, then zeros.
fn padded(rows: &[f32], n_features: usize, length: usize) -> Vec<f32> {
    let mut padded = vec![0.0; rows.len() / n_features * length];
    for (row, place) in rows.chunks_exact(n_features).zip(padded.chunks_exact_mut(length)) {
        place[..n_features].copy_from_slice(row);
    }
    padded
}
