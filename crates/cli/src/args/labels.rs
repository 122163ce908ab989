//! Arguments of the commands that work on a practitioner's own labels.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use relabel_scoring::{ConsensusMethod, LabelScore, QualityMethod};

/// Whose results are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatMode {
    /// The official library 2.9 with its label-count defect.
    #[value(name = "cleanlab-2.9")]
    Cleanlab29,
}

/// Probabilities, names and where results go.
#[derive(Args)]
pub struct LabelArgs {
    /// Class probabilities: npy [examples, classes] or [models, examples, classes]; repeat for an ensemble.
    #[arg(long, value_name = "P.npy")]
    pub pred_probs: Vec<PathBuf>,
    /// Example ids, one per line, in the order of the rows of probabilities.
    #[arg(long, value_name = "IDS.txt")]
    pub examples: Option<PathBuf>,
    /// Class names in the order of the columns of probabilities.
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    pub classes: Option<Vec<String>>,
    /// Results of another implementation, defects included.
    #[arg(long, value_enum)]
    pub compat: Option<CompatMode>,
    /// Decides ties that nothing else decides.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Folder for the results.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// How the consensus label is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConsensusChoice {
    /// The class of highest posterior.
    #[value(alias = "best_quality")]
    BestQuality,
    /// The most frequent label.
    #[value(alias = "majority_vote")]
    MajorityVote,
}

/// Where quality comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QualityChoice {
    /// Annotators and models, weighted by what they have earned.
    Crowdlab,
    /// The share of annotators who agree.
    Agreement,
}

/// What labels are scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScoreChoice {
    /// The posterior of the label.
    #[value(alias = "self_confidence")]
    SelfConfidence,
    /// The label's lead over the best other class.
    #[value(alias = "normalized_margin")]
    NormalizedMargin,
    /// Entropy divided by the label's posterior.
    #[value(alias = "confidence_weighted_entropy")]
    ConfidenceWeightedEntropy,
}

#[derive(Args)]
pub struct ScoreArgs {
    /// Labels: long or wide CSV (also .gz), npy, or a Label Studio JSON export.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    #[command(flatten)]
    pub input: LabelArgs,
    /// Consensus method; a list adds columns for the further ones.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "best-quality")]
    pub consensus: Vec<ConsensusChoice>,
    /// Quality method.
    #[arg(long, value_enum, default_value = "crowdlab")]
    pub quality: QualityChoice,
    /// Label score.
    #[arg(long, value_enum, default_value = "self-confidence")]
    pub label_score: ScoreChoice,
    /// Adjust probabilities by each class's usual confidence before scoring.
    #[arg(long)]
    pub adjust_pred_probs: bool,
    /// Fit a temperature per model to the labels first.
    #[arg(long)]
    pub calibrate: bool,
}

#[derive(Args)]
pub struct QueryArgs {
    /// Labels: long or wide CSV (also .gz), npy, or a Label Studio JSON export.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    #[command(flatten)]
    pub input: LabelArgs,
    /// Probabilities of examples without labels, one file per model as in --pred-probs.
    #[arg(long, value_name = "U.npy")]
    pub unlabeled_pred_probs: Vec<PathBuf>,
    /// Ids of the examples without labels, one per line [default: row numbers from 0].
    #[arg(long, value_name = "IDS.txt")]
    pub unlabeled_examples: Option<PathBuf>,
    /// Query strategy, one of those below.
    #[arg(long, default_value = "activelab")]
    pub strategy: String,
    /// How many examples to choose; all, if there are fewer.
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
}

impl From<ConsensusChoice> for ConsensusMethod {
    fn from(choice: ConsensusChoice) -> Self {
        match choice {
            ConsensusChoice::BestQuality => Self::BestQuality,
            ConsensusChoice::MajorityVote => Self::MajorityVote,
        }
    }
}

impl From<QualityChoice> for QualityMethod {
    fn from(choice: QualityChoice) -> Self {
        match choice {
            QualityChoice::Crowdlab => Self::Crowdlab,
            QualityChoice::Agreement => Self::Agreement,
        }
    }
}

impl From<ScoreChoice> for LabelScore {
    fn from(choice: ScoreChoice) -> Self {
        match choice {
            ScoreChoice::SelfConfidence => Self::SelfConfidence,
            ScoreChoice::NormalizedMargin => Self::NormalizedMargin,
            ScoreChoice::ConfidenceWeightedEntropy => Self::ConfidenceWeightedEntropy,
        }
    }
}
