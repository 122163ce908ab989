//! Multilayer perceptron.

use relabel_scoring::{Class, Stream};

use crate::{Classifier, Features, Fitted, ModelError, Watch};

/// A perceptron with one hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mlp {
    /// Number of hidden units.
    pub hidden: usize,
    /// Training ends after this many passes over the rows, if not earlier.
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
        _x: Features<'_>,
        _y: &[Class],
        _n_classes: usize,
        _stream: Stream,
        _watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        todo!()
    }
}
