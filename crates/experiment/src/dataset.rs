//! The data set of a run in the form that the loop reads: one feature store for
//! all examples, and for each crowd the start of its cells and every label that
//! can be drawn.

use std::{path::Path, sync::Arc};

use relabel_data::{
    CrowdKind, DataError, DataFeatures, Dataset, WallRobotVariant, blobs, cifar10h, demo,
    wall_robot,
};
use relabel_models::{FeatureStore, Images};
use relabel_scoring::{AnnotatorId, Class};

use crate::{Config, Pool, level};

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
    /// Who labels the examples: one crowd, or one for each level of annotator accuracy.
    pub crowds: Vec<Crowd>,
    /// Sizes and statistics to print, the published ones beside ours where known.
    pub summary: Vec<String>,
}

/// The annotators of some cells.
pub struct Crowd {
    /// The level of annotator accuracy that a cell's strategy names after '@'.
    pub level: Option<f64>,
    /// Where a cell starts.
    pub start: Pool,
    /// Per training-side example, every label that can be drawn.
    pub dense: Arc<Vec<Vec<(AnnotatorId, Class)>>>,
    /// Number of annotators.
    pub n_annotators: u32,
}

/// Loads the data set that `config` names from the folder `data`.
///
/// # Errors
/// [`DataError`] names the file, what was found there and what was expected.
pub fn load_dataset(config: &Config, data: &Path) -> Result<Prepared, DataError> {
    let crowd = config.data.crowd.into();
    let variant = match config.data.name.as_str() {
        "demo" => return Ok(demo().into()),
        "blobs" => return Ok(blobs().into()),
        "cifar10h" => {
            return Ok(cifar10h(data, config.data.limit, config.data.test_limit)?.into());
        }
        "single-vs-multi" => return load_levels(config, data, crowd),
        "single-label" => WallRobotVariant::SingleLabel,
        "wall-robot-complete" => WallRobotVariant::Complete,
        _ if config.data.variant.as_deref() == Some("notebook") => WallRobotVariant::Notebook,
        _ => WallRobotVariant::Published,
    };
    Ok(wall_robot(data, variant, crowd)?.into())
}

/// The same examples with one crowd per level that a strategy names.
fn load_levels(config: &Config, data: &Path, kind: CrowdKind) -> Result<Prepared, DataError> {
    let mut all: Option<Prepared> = None;
    for level in level::distinct(&config.grid.strategies) {
        let variant = WallRobotVariant::SingleVsMulti { level };
        let mut one = Prepared::from(wall_robot(data, variant, kind)?);
        one.crowds.iter_mut().for_each(|crowd| crowd.level = Some(level));
        one.summary.insert(0, format!("annotators of mean accuracy {level}:"));
        match &mut all {
            None => all = Some(one),
            Some(all) => {
                all.crowds.append(&mut one.crowds);
                all.summary.append(&mut one.summary);
            }
        }
    }
    Ok(all.expect("the configuration should name at least one level"))
}

impl Prepared {
    /// The crowd of this level.
    pub fn crowd(&self, level: Option<f64>) -> &Crowd {
        let crowd = self.crowds.iter().find(|crowd| crowd.level == level);
        crowd.expect("there should be a crowd for every level of the grid")
    }
}

impl From<Dataset> for Prepared {
    fn from(dataset: Dataset) -> Self {
        let n_classes = dataset.n_classes();
        let store = match dataset.features {
            DataFeatures::Table(table) => FeatureStore::Table(table),
            DataFeatures::Images { pixels, channels, height, width } => {
                FeatureStore::Images(Images { pixels: pixels.into(), channels, height, width })
            }
        };
        Self {
            store,
            test: dataset.test.iter().map(|example| example.0).collect(),
            test_truth: dataset.test.iter().map(|example| dataset.truth[example.at()]).collect(),
            n_classes,
            truth: dataset.truth,
            crowds: vec![Crowd {
                level: None,
                start: Pool {
                    labeled: dataset.labeled,
                    pool: dataset.pool,
                    events: dataset.events,
                },
                dense: Arc::new(dataset.dense),
                n_annotators: dataset.n_annotators,
            }],
            summary: dataset.summary,
        }
    }
}
