//! What to compute for labels of several annotators, and whose formulas hold.

use std::str::FromStr;

use ndarray::ArrayView2;

use crate::{FrequencyTie, LabelScore, OptionError, label_score::Scorer};

/// How the consensus label of an example is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsensusMethod {
    /// The class of highest posterior, the majority vote where two are level.
    BestQuality,
    /// The majority vote.
    MajorityVote,
}

/// Where posterior probabilities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityMethod {
    /// Annotators and models, weighted by what they have earned.
    Crowdlab,
    /// The shares of an example's labels alone.
    Agreement,
}

/// Whose results are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// The formulas as documented; strict about probabilities, tolerant of missing labels.
    Corrected,
    /// cleanlab 2.9 with its label-count defect and its demands on the input.
    Cleanlab29,
}

/// What to compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityOptions {
    /// The first one is the main one; each further one adds columns.
    pub consensus_methods: Vec<ConsensusMethod>,
    /// Where posterior probabilities come from.
    pub quality_method: QualityMethod,
    /// What labels are scored by.
    pub label_score: LabelScore,
    /// Whether to score under probabilities adjusted by each class's usual confidence.
    pub adjust_pred_probs: bool,
    /// Whether to fit a temperature per model to the labels first.
    pub calibrate: bool,
    /// Whose results are wanted.
    pub compat: Compat,
    /// Which class wins a majority tie by its frequency.
    pub ties: FrequencyTie,
}

impl Default for QualityOptions {
    fn default() -> Self {
        Self {
            consensus_methods: vec![ConsensusMethod::BestQuality],
            quality_method: QualityMethod::Crowdlab,
            label_score: LabelScore::SelfConfidence,
            adjust_pred_probs: false,
            calibrate: false,
            compat: Compat::Corrected,
            ties: FrequencyTie::Rarest,
        }
    }
}

impl QualityOptions {
    pub(crate) fn scorer(&self) -> Scorer {
        Scorer { score: self.label_score, adjust: self.adjust_pred_probs, compat: self.compat }
    }

    pub(crate) fn check(&self, probs: &[ArrayView2<'_, f64>]) -> Result<(), OptionError> {
        let plain = self.label_score == LabelScore::SelfConfidence && !self.adjust_pred_probs;
        if self.consensus_methods.is_empty() {
            Err(OptionError::NoConsensusMethod)
        } else if self.adjust_pred_probs
            && self.label_score == LabelScore::ConfidenceWeightedEntropy
        {
            Err(OptionError::AdjustedEntropy)
        } else if self.label_score == LabelScore::NormalizedMargin
            && probs.iter().any(|model| model.ncols() == 1)
        {
            Err(OptionError::MarginOfOneClass)
        } else if self.compat == Compat::Cleanlab29 && probs.len() > 1 && !plain {
            Err(OptionError::EnsembleScore)
        } else {
            Ok(())
        }
    }
}

impl FromStr for ConsensusMethod {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, OptionError> {
        match name {
            "best_quality" => Ok(Self::BestQuality),
            "majority_vote" => Ok(Self::MajorityVote),
            _ => Err(OptionError::unknown("consensus method", name, "best_quality, majority_vote")),
        }
    }
}

impl FromStr for QualityMethod {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, OptionError> {
        match name {
            "crowdlab" => Ok(Self::Crowdlab),
            "agreement" => Ok(Self::Agreement),
            _ => Err(OptionError::unknown("quality method", name, "crowdlab, agreement")),
        }
    }
}
