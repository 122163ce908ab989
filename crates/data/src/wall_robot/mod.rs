//! The Wall-Robot data sets of the ActiveLab benchmarks, rebuilt bit for bit
//! from the public table: Goh and Mueller, "ActiveLab: Active Learning with
//! Re-Labeling by Multiple Annotators", 2023.

mod crowd;
mod recipe;
mod sampling;
mod table;

use std::path::Path;

use ndarray::Array2;
use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent, Round};

pub use self::crowd::CrowdKind;
pub use self::recipe::{WallRobotRecipe, WallRobotVariant};
use self::table::{CLASS_NAMES, Table};
use crate::summary::Start;
use crate::{DataError, DataFeatures, Dataset};

/// Reads the table below `data_dir` and makes the data set of this variant.
///
/// # Errors
/// [`DataError`] if the table is missing or is not the published one, or if the
/// level of [`WallRobotVariant::SingleVsMulti`] is not in .5 to 1.
pub fn wall_robot(
    data_dir: &Path,
    variant: WallRobotVariant,
    crowd: CrowdKind,
) -> Result<Dataset, DataError> {
    let table = Table::read(data_dir)?;
    let recipe = WallRobotRecipe::with_crowd(variant, crowd)?;
    let subset = table.subset(&recipe.subset);
    let mut dataset = recipe.dataset(table::matrix(&subset, &recipe.rows()));
    let published = published(variant).filter(|_| crowd == CrowdKind::Identical);
    dataset.summary = Start::of(&dataset).lines(published);
    dataset.summary.extend(table.remark());
    Ok(dataset)
}

fn ids(positions: &[usize]) -> Vec<ExampleId> {
    positions.iter().map(|&position| ExampleId(position as u32)).collect()
}

impl WallRobotRecipe {
    /// The data set with these features, whose rows are those of [`Self::rows`].
    pub fn dataset(&self, features: Array2<f64>) -> Dataset {
        let rows = self.rows();
        Dataset {
            features: DataFeatures::Table(features),
            truth: rows.iter().map(|&row| recipe::subset_class(row)).collect(),
            class_names: CLASS_NAMES.map(String::from).to_vec(),
            labeled: ids(&self.labeled),
            pool: ids(&self.pool),
            test: ids(&(self.train.len()..rows.len()).collect::<Vec<_>>()),
            events: self.events(),
            dense: self.dense(),
            n_annotators: self.annotators.len() as u32,
            summary: Vec::new(),
        }
    }

    /// The rows of the subset in the order of examples: training side, then test side.
    pub fn rows(&self) -> Vec<usize> {
        [self.train.as_slice(), &self.test].concat()
    }

    /// The labels at the start, example by example in the order of `labeled`.
    fn events(&self) -> Vec<LabelEvent> {
        let rows = self.labeled.iter().zip(&self.kept);
        rows.flat_map(|(&example, annotators)| {
            annotators.iter().map(move |&annotator| LabelEvent {
                example: ExampleId(example as u32),
                annotator: AnnotatorId(annotator as u32),
                class: self.annotators[annotator][example],
                round: Round(0),
            })
        })
        .collect()
    }

    /// What can be drawn for each example of the training side.
    fn dense(&self) -> Vec<Vec<(AnnotatorId, Class)>> {
        let of_example = |example: usize| {
            let labels = self.annotators.iter().map(|labels| labels[example]);
            (0..).map(AnnotatorId).zip(labels).collect()
        };
        (0..self.train.len()).map(of_example).collect()
    }
}

/// Labels and majority-vote accuracy at the start, as published.
fn published(variant: WallRobotVariant) -> Option<(usize, f64)> {
    match variant {
        WallRobotVariant::Published => Some((575, 0.882)),
        WallRobotVariant::Notebook => Some((1111, 0.828)),
        WallRobotVariant::Complete => Some((2214, 0.852)),
        WallRobotVariant::SingleLabel => Some((500, 0.614)),
        WallRobotVariant::SingleVsMulti { level } => {
            let levels = [(0.6, 911, 0.71), (0.7, 911, 0.818), (0.8, 911, 0.896)];
            let more = [(0.9, 911, 0.95), (1.0, 937, 1.0)];
            let mut all = levels.into_iter().chain(more);
            all.find(|row| row.0 == level).map(|(_, labels, accuracy)| (labels, accuracy))
        }
    }
}
