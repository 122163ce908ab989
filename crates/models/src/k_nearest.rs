//! Nearest neighbours weighted by inverse distance.

use relabel_scoring::{Class, Stream};

use crate::{Classifier, Features, Fitted, ModelError, Watch};

/// The vote of the nearest neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KNearest {
    /// Number of neighbours.
    pub neighbors: usize,
}

impl Default for KNearest {
    fn default() -> Self {
        Self { neighbors: 5 }
    }
}

impl Classifier for KNearest {
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
