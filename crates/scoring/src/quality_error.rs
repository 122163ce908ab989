//! What can be wrong with options and input of label quality and ActiveLab.

use crate::Ids;

/// Why label quality cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QualityError {
    /// The options do not go together.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// Labels or probabilities do not fit.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// Why options do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// Nothing to compute.
    #[error("no consensus method is given; name best_quality or majority_vote")]
    NoConsensusMethod,
    /// A name that means nothing here.
    #[error("unknown {what} `{found}`; valid: {valid}")]
    Unknown {
        /// What was to be named.
        what: &'static str,
        /// The name found.
        found: String,
        /// The names there are.
        valid: &'static str,
    },
    /// The entropy score looks at whole rows; the adjustment is not defined for it.
    #[error(
        "adjusted probabilities do not go with the confidence-weighted entropy; \
         drop the adjustment or choose another label score"
    )]
    AdjustedEntropy,
    /// A margin needs a rival.
    #[error(
        "the normalised margin needs two classes but there is one; \
         choose the self-confidence instead"
    )]
    MarginOfOneClass,
    /// cleanlab 2.9 knows no score options for ensembles.
    #[error(
        "cleanlab 2.9 refuses score options for ensembles; \
         drop them or do without the compatibility mode"
    )]
    EnsembleScore,
}

impl OptionError {
    pub(crate) fn unknown(what: &'static str, found: &str, valid: &'static str) -> Self {
        Self::Unknown { what, found: found.to_owned(), valid }
    }
}

/// Why labels or probabilities do not fit. Rows, columns and models count from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    /// Nobody labelled anything.
    #[error("there are no labels; give at least two annotators' labels")]
    NoLabels,
    /// cleanlab wants at least one label per example.
    #[error("examples without labels: {0}; leave them out of labels and probabilities")]
    ExamplesWithoutLabels(Ids),
    /// cleanlab wants at least one label per annotator.
    #[error("annotators without labels: {0}; leave their columns out")]
    AnnotatorsWithoutLabels(Ids),
    /// Nobody to compare with.
    #[error(
        "only one annotator has labels; the quality of labels is judged by comparing annotators"
    )]
    OneAnnotator,
    /// Nothing to compare.
    #[error("no example has two labels; annotators can only be compared on shared examples")]
    NoOverlap,
    /// No probabilities.
    #[error("there are no class probabilities; give one array per model")]
    NoModel,
    /// ActiveLab was given half of the labelled part.
    #[error(
        "there are probabilities of labelled examples but no labels; \
         give the labels, or the probabilities as those of the pool"
    )]
    ProbsWithoutLabels,
    /// The models of the two parts differ in number.
    #[error("{labeled} models describe the labelled examples and {pool} the pool; use the same")]
    PoolModels {
        /// Number of models of the labelled part.
        labeled: usize,
        /// Number of models of the pool.
        pool: usize,
    },
    /// The pool's probabilities do not fit.
    #[error("pool: {0}")]
    Pool(Box<Self>),
    /// An array of the wrong shape.
    #[error(
        "model {model} has probabilities [{rows}, {columns}]; \
         expected [{n_examples}, {n_classes}]: a row per example, a column per class"
    )]
    Shape {
        /// Which model.
        model: usize,
        /// Rows found.
        rows: usize,
        /// Columns found.
        columns: usize,
        /// Rows expected.
        n_examples: usize,
        /// Columns expected.
        n_classes: usize,
    },
    /// A label beyond the columns.
    #[error(
        "the highest label is class {highest} but the probabilities have {n_classes} columns; \
         give a column for every class that was labelled"
    )]
    ClassWithoutColumn {
        /// The highest label.
        highest: u16,
        /// Number of columns.
        n_classes: usize,
    },
    /// A value that is no probability.
    #[error(
        "model {model}, row {row}, column {column}: {value} is no probability; \
         values must lie within 0 to 1"
    )]
    Probability {
        /// Which model.
        model: usize,
        /// Row of the array.
        row: usize,
        /// Column of the array.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// A row that is no distribution.
    #[error("model {model}, row {row}: columns 0 to {last} sum to {sum}; rows must sum to 1")]
    RowSum {
        /// Which model.
        model: usize,
        /// Row of the array.
        row: usize,
        /// The last column.
        last: usize,
        /// The sum found.
        sum: f64,
    },
    /// What follows from the probabilities is no probability.
    #[error(
        "the posterior that follows from labels and probabilities is {value} in row {row}, \
         column {column}, outside 0 to 1; check that the rows of class probabilities sum to 1"
    )]
    Posterior {
        /// Row of the posterior.
        row: usize,
        /// Column of the posterior.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// cleanlab 2.9 fails where every example is tied.
    #[error(
        "all examples are tied, example {example} by every rule, where cleanlab 2.9 fails; \
         do without the compatibility mode"
    )]
    AllTied {
        /// The first such example.
        example: u32,
    },
}
