//! How the published Wall-Robot data sets were made: which rows, which split,
//! which labels are kept at the start. None of it looks at the features, so the
//! recipe needs no file.

use relabel_scoring::Class;

use super::crowd::{Crowd, CrowdKind};
use super::sampling;
use crate::DataError;
use crate::noise::NoiseMatrix;
use crate::numpy_random::{RandomState, train_test_split};

/// Rows of each class in the published table.
pub const TABLE_CLASS_SIZES: [usize; 4] = [2205, 2097, 328, 826];
/// Rows of each class in the subset that all variants use.
pub const SUBSET_CLASS_SIZES: [usize; 4] = [1100, 900, 300, 700];

const TEST_SHARE: f64 = 1.0 / 3.0;
const ANNOTATORS: usize = 30;

/// Which of the published data sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WallRobotVariant {
    /// The data behind the published curves: 500 labelled, 1500 pool.
    Published,
    /// The data of the committed notebook: 1000 labelled, 1000 pool.
    Notebook,
    /// All 2000 examples of the training side are labelled, there is no pool.
    Complete,
    /// One noisy label per example: 500 labelled, 1500 pool.
    SingleLabel,
    /// 30 annotators of a mean accuracy, 500 labelled, 1500 pool.
    SingleVsMulti {
        /// The mean accuracy of an annotator, .6 to 1 in the published runs.
        level: f64,
    },
}

/// The numbers in which the variants differ.
struct Settings {
    subset_seed: u32,
    seed: u32,
    accuracy: f64,
    annotators: usize,
    pool_share: f64,
    start: Start,
}

/// Which of the dense labels are there at the start.
enum Start {
    /// All of them.
    All,
    /// Those that thinning leaves.
    Thinned,
    /// About five per example, then thinned.
    FiveThenThinned,
}

impl WallRobotVariant {
    fn settings(self) -> Settings {
        let published = Settings {
            subset_seed: 111,
            seed: 111,
            accuracy: 0.85,
            annotators: ANNOTATORS,
            pool_share: 0.75,
            start: Start::FiveThenThinned,
        };
        match self {
            Self::Published => published,
            Self::Notebook => {
                Settings { subset_seed: 123, seed: 123, pool_share: 0.5, ..published }
            }
            Self::Complete => Settings { accuracy: 0.8, pool_share: 0.0, ..published },
            Self::SingleLabel => {
                Settings { seed: 0, accuracy: 0.6, annotators: 1, start: Start::All, ..published }
            }
            Self::SingleVsMulti { level } => {
                Settings { seed: 1234, accuracy: level, start: Start::Thinned, ..published }
            }
        }
    }
}

/// A Wall-Robot data set without its features.
#[derive(Clone, Debug)]
pub struct WallRobotRecipe {
    /// The seed of everything but the subset.
    pub seed: u32,
    /// Per class, which of the table's rows of this class make up the subset, in order.
    pub subset: Vec<Vec<usize>>,
    /// Rows of the subset on the training side, in order.
    pub train: Vec<usize>,
    /// Rows of the subset on the test side, in order.
    pub test: Vec<usize>,
    /// Positions in `train` of the examples that are labelled at the start, in order.
    pub labeled: Vec<usize>,
    /// Positions in `train` of the pool, in order.
    pub pool: Vec<usize>,
    /// The noise that all annotators share, or that of each.
    pub noise: Vec<NoiseMatrix>,
    /// What each annotator says about every example of the training side.
    pub annotators: Vec<Vec<Class>>,
    /// For each example of `labeled`, the annotators whose labels are there at the start.
    pub kept: Vec<Vec<usize>>,
    /// How many labels were dropped by each pass of the thinning.
    pub dropped: Vec<usize>,
}

impl WallRobotRecipe {
    /// Draws everything again, in the order of the original.
    ///
    /// # Errors
    /// [`DataError::Shape`] if a level is not in .5 to 1.
    pub fn new(variant: WallRobotVariant) -> Result<Self, DataError> {
        Self::with_crowd(variant, CrowdKind::Identical)
    }

    /// The same rows with another kind of crowd.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_crowd(variant: WallRobotVariant, kind: CrowdKind) -> Result<Self, DataError> {
        let Settings { subset_seed, seed, accuracy, annotators, pool_share, start } =
            variant.settings();
        if !(0.5..=1.0).contains(&accuracy) {
            let found = format!("level {accuracy}");
            return Err(DataError::shape(found, "a mean accuracy from 0.5 to 1"));
        }
        let subset = TABLE_CLASS_SIZES
            .iter()
            .zip(SUBSET_CLASS_SIZES)
            .map(|(&n, size)| RandomState::new(subset_seed).choice(n, size))
            .collect();
        let n_rows = SUBSET_CLASS_SIZES.iter().sum();
        let (train, test) = train_test_split(n_rows, TEST_SHARE, seed);
        let (labeled, pool) = match pool_share {
            0.0 => ((0..train.len()).collect(), Vec::new()),
            share => train_test_split(train.len(), share, seed),
        };
        let truth: Vec<Class> = train.iter().map(|&row| subset_class(row)).collect();

        let shares = class_shares(&truth);
        let draw = |n| {
            let rng = RandomState::new(seed);
            Crowd::new(kind, rng, accuracy, &truth, &shares, n)
        };
        let mut crowd = draw(annotators);
        let mut kept = vec![(0..annotators).collect(); labeled.len()];
        let dropped = match start {
            Start::All => Vec::new(),
            Start::Thinned => {
                // The original last drew a data set with a single annotator.
                let mut rng = draw(1).rng;
                vec![sampling::thin(&mut rng, annotators, &mut kept)]
            }
            Start::FiveThenThinned => vec![
                sampling::keep_five(&mut crowd.rng, annotators, &mut kept),
                sampling::thin(&mut crowd.rng, annotators, &mut kept),
            ],
        };
        let Crowd { noise, annotators, .. } = crowd;
        Ok(Self { seed, subset, train, test, labeled, pool, noise, annotators, kept, dropped })
    }
}

/// The class of a row of the subset, which lists class after class.
pub fn subset_class(row: usize) -> Class {
    let mut end = 0;
    let class = SUBSET_CLASS_SIZES.iter().position(|size| {
        end += size;
        row < end
    });
    Class(class.expect("row should lie in the subset") as u16)
}

fn class_shares(truth: &[Class]) -> Vec<f64> {
    let mut counts = [0_usize; SUBSET_CLASS_SIZES.len()];
    for class in truth {
        counts[class.at()] += 1;
    }
    counts.map(|count| count as f64 / truth.len() as f64).to_vec()
}
