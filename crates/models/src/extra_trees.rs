//! Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63,
//! 2006) with the settings that `sklearn.ensemble.ExtraTreesClassifier` has by
//! default: Gini impurity, floor(sqrt(d)) features per node, one uniform
//! threshold per feature, every row in every tree, leaves grown until pure, and
//! probabilities that are the mean over the trees of the classes' leaf shares.

mod grow;
mod tally;
mod tree;

use ndarray::Array2;
use relabel_scoring::{Class, Stream};

use crate::table::flat_rows;
use crate::{Classifier, Features, Fitted, ModelError, Watch};
use grow::{Grower, Training};
use tally::{Packed, Small, Tally, Wide};
use tree::Tree;

const NAME: &str = "extra-trees";

/// Rows that pass through one tree after another while they are in the cache.
const BLOCK: usize = 1024;

/// A forest of extremely randomised trees; features count in single precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraTrees {
    /// Number of trees, 100 in the benchmarks.
    pub trees: usize,
}

impl Default for ExtraTrees {
    fn default() -> Self {
        Self { trees: 100 }
    }
}

impl Classifier for ExtraTrees {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let (rows, n_features) = finite_rows(x)?;
        let training = Training::new(&rows, n_features, y, n_classes);
        let trees = if Packed::holds(y.len(), n_classes) {
            self.grow::<Packed>(&training, stream, watch)
        } else if Small::holds(y.len(), n_classes) {
            self.grow::<Small>(&training, stream, watch)
        } else {
            self.grow::<Wide>(&training, stream, watch)
        }?;
        Ok(Box::new(Forest { trees, n_classes }))
    }
}

impl ExtraTrees {
    fn grow<T: Tally>(
        &self,
        training: &Training,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Vec<Tree>, ModelError> {
        let mut grower = Grower::<T>::new(training);
        let mut trees = Vec::with_capacity(self.trees);
        for tree in 0..self.trees {
            if watch.stopped() {
                return Err(ModelError::Stopped);
            }
            trees.push(grower.grow(stream.child(tree as u64)));
            watch.step(tree + 1, self.trees);
        }
        Ok(trees)
    }
}

struct Forest {
    trees: Vec<Tree>,
    n_classes: usize,
}

impl Fitted for Forest {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        let (rows, n_features) = finite_rows(x)?;
        let mut sums = vec![0.0; x.rows.len() * self.n_classes];
        let blocks = rows.chunks(BLOCK * n_features).zip(sums.chunks_mut(BLOCK * self.n_classes));
        for (rows, sums) in blocks {
            for tree in &self.trees {
                tree.add_shares(rows, n_features, sums);
            }
        }
        let n_trees = self.trees.len() as f64;
        sums.iter_mut().for_each(|sum| *sum /= n_trees);
        let shape = (x.rows.len(), self.n_classes);
        Ok(Array2::from_shape_vec(shape, sums).expect("one sum per row and class should exist"))
    }
}

/// Rows in single precision; what is not a number counts as larger than every number.
fn finite_rows(x: Features<'_>) -> Result<(Vec<f32>, usize), ModelError> {
    let (mut rows, n_features) = flat_rows(x, NAME)?;
    for value in &mut rows {
        *value = if value.is_nan() { f32::INFINITY } else { *value };
    }
    Ok((rows, n_features))
}
