//! The data set of a run in the form that the loop reads: one feature store for
//! all examples, the start of every cell, and every label that can be drawn.

use std::{path::Path, sync::Arc};

use relabel_data::{
    DataError, DataFeatures, Dataset, WallRobotVariant, blobs, cifar10h, demo, wall_robot,
};
use relabel_models::{FeatureStore, Images};
use relabel_scoring::{AnnotatorId, Class};

use crate::{Config, Pool};

/// A loaded data set; example ids are rows of the feature store.
pub struct Prepared {
    /// Features of all examples.
    pub store: FeatureStore,
    /// Rows of the test examples.
    pub test: Vec<u32>,
    /// Their true classes.
    pub test_truth: Vec<Class>,
    /// Number of classes K.
    pub n_classes: usize,
    /// True class of every example.
    pub truth: Vec<Class>,
    /// Where every cell starts.
    pub start: Pool,
    /// Per training-side example, every label that can be drawn.
    pub dense: Arc<Vec<Vec<(AnnotatorId, Class)>>>,
    /// Number of annotators.
    pub n_annotators: u32,
    /// Sizes and statistics to print, the published ones beside ours where known.
    pub summary: Vec<String>,
}

/// Loads the data set that `config` names from the folder `data`.
///
/// # Errors
/// [`DataError`] names the file, what was found there and what was expected.
pub fn load_dataset(config: &Config, data: &Path) -> Result<Prepared, DataError> {
    let variant = config.data.variant.as_deref();
    let dataset = match config.data.name.as_str() {
        "demo" => demo(),
        "blobs" => blobs(),
        "cifar10h" => cifar10h(data, config.data.limit, config.data.test_limit)?,
        "single-label" => wall_robot(data, WallRobotVariant::SingleLabel)?,
        "wall-robot-complete" => wall_robot(data, WallRobotVariant::Complete)?,
        _ if variant == Some("notebook") => wall_robot(data, WallRobotVariant::Notebook)?,
        _ => wall_robot(data, WallRobotVariant::Published)?,
    };
    Ok(Prepared::from(dataset))
}

impl From<Dataset> for Prepared {
    fn from(dataset: Dataset) -> Self {
        let n_classes = dataset.n_classes();
        let store = match dataset.features {
            DataFeatures::Table(table) => FeatureStore::Table(table),
            DataFeatures::Images { pixels, channels, height, width } => {
                FeatureStore::Images(Images { pixels, channels, height, width })
            }
        };
        Self {
            store,
            test: dataset.test.iter().map(|example| example.0).collect(),
            test_truth: dataset.test.iter().map(|example| dataset.truth[example.at()]).collect(),
            n_classes,
            truth: dataset.truth,
            start: Pool { labeled: dataset.labeled, pool: dataset.pool, events: dataset.events },
            dense: Arc::new(dataset.dense),
            n_annotators: dataset.n_annotators,
            summary: dataset.summary,
        }
    }
}
