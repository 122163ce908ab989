//! Why a call fails: the official library's messages and our errors, by the same names.

use relabel_scoring::format::FormatError;
use relabel_scoring::{InputError, OptionError, QualityError};

/// Fails without a result: the name of the reason, and our own words.
#[derive(Debug)]
pub struct Failure {
    pub reason: &'static str,
    pub text: String,
}

impl Failure {
    /// Without any label, it is a matter of order what is said to be empty.
    pub fn is(&self, reason: &str) -> bool {
        let empty = ["example without labels", "annotator without labels"];
        self.reason == reason || (self.reason == "no labels" && empty.contains(&reason))
    }
}

pub fn failure(reason: &'static str) -> Failure {
    Failure { reason, text: reason.to_owned() }
}

/// Parts of the official library's messages.
const MESSAGES: [(&str, &str); 25] = [
    ("cannot have rows with all NaN", "example without labels"),
    ("cannot have columns with all NaN", "annotator without labels"),
    ("must have more than one column", "one annotator"),
    ("only has one label", "no overlap"),
    ("exactly one label", "no overlap"),
    ("Labels must be positive integers", "no class"),
    ("must be integers", "no class"),
    ("string", "no class"),
    ("must have at least", "class without column"),
    ("must be a 2d array", "dimensions"),
    ("must be a 3d array", "dimensions"),
    ("must have same length", "shape"),
    ("number of classes", "shape"),
    ("between 0 and 1", "no probability"),
    ("interval [0, 1]", "no probability"),
    ("is not a valid", "unknown name"),
    ("only applicable to the crowdlab", "weights of the agreement method"),
    ("not currently supported for confidence_weighted_entropy", "adjusted entropy"),
    ("cannot be None when passing in pred_probs", "probabilities without labels"),
    ("both be None", "nothing to score"),
    ("a cannot be empty", "all tied"),
    ("unexpected keyword argument", "score options of an ensemble"),
    ("cannot access local variable", "no consensus method"),
    ("duplicate entries", "labelled twice"),
    ("reduction operation maximum", "margin of one class"),
];

/// The reason behind a recorded message; `None` if no part of it is known.
pub fn reason_of_message(message: &str) -> Option<&'static str> {
    MESSAGES.iter().find(|(part, _)| message.contains(part)).map(|(_, reason)| *reason)
}

impl From<OptionError> for Failure {
    fn from(error: OptionError) -> Self {
        let reason = match &error {
            OptionError::NoConsensusMethod => "no consensus method",
            OptionError::Unknown { .. } => "unknown name",
            OptionError::AdjustedEntropy => "adjusted entropy",
            OptionError::MarginOfOneClass => "margin of one class",
            OptionError::EnsembleScore => "score options of an ensemble",
        };
        Self { reason, text: error.to_string() }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let reason = match &error {
            InputError::Pool(error) => return (**error).clone().into(),
            InputError::NoLabels => "no labels",
            InputError::AnnotatorsWithoutLabels(_) => "annotator without labels",
            InputError::ExamplesWithoutLabels(_) => "example without labels",
            InputError::OneAnnotator => "one annotator",
            InputError::NoOverlap => "no overlap",
            InputError::NoModel => "nothing to score",
            InputError::ProbsWithoutLabels => "probabilities without labels",
            InputError::PoolModels { .. } | InputError::Shape { .. } => "shape",
            InputError::ClassWithoutColumn { .. } => "class without column",
            InputError::Probability { .. }
            | InputError::RowSum { .. }
            | InputError::Posterior { .. } => "no probability",
            InputError::AllTied { .. } => "all tied",
        };
        Self { reason, text: error.to_string() }
    }
}

impl From<QualityError> for Failure {
    fn from(error: QualityError) -> Self {
        match error {
            QualityError::Options(error) => error.into(),
            QualityError::Input(error) => error.into(),
        }
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        let reason = match &error {
            FormatError::NotAClass { .. } | FormatError::TooManyClasses { .. } => "no class",
            FormatError::Ragged { .. } => "dimensions",
            FormatError::Labels(_) => "labelled twice",
        };
        Self { reason, text: error.to_string() }
    }
}
