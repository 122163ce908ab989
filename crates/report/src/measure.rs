//! The measures that a report shows, and the words for them.

/// A measure of a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measure {
    /// Its name in `summary.csv`.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The same in a narrow column of accuracies.
    pub short: &'static str,
    /// Title of the vertical axis, with the unit.
    pub axis: &'static str,
}

/// Share of test examples that the model gets right.
pub(crate) const MODEL: Measure = Measure {
    key: "model_accuracy",
    title: "Model accuracy",
    short: "model",
    axis: "Model accuracy (fraction of test examples)",
};

/// Share of labelled examples whose consensus label is right.
pub(crate) const CONSENSUS: Measure = Measure {
    key: "consensus_accuracy",
    title: "Consensus accuracy",
    short: "consensus",
    axis: "Consensus accuracy (fraction of labelled examples)",
};

/// The same over all examples, the model's class standing in where there is no label.
pub(crate) const ALL_EXAMPLES: Measure = Measure {
    key: "accuracy_all",
    title: "Accuracy over all examples",
    short: "all examples",
    axis: "Accuracy (fraction of all training examples)",
};

/// Examples with at least one label.
pub(crate) const SIZE: Measure = Measure {
    key: "n_examples",
    title: "Labelled-set size",
    short: "labelled examples",
    axis: "Labelled examples (number)",
};

/// In the order of the tables.
pub(crate) const ACCURACIES: [Measure; 3] = [MODEL, CONSENSUS, ALL_EXAMPLES];

impl Measure {
    /// The name of the area under its curve so far.
    pub fn area(self) -> String {
        format!("{}_area", self.key)
    }
}
