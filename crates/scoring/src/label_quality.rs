//! Label quality of a data set that several people labelled: the consensus label
//! of every example and how likely it is right, the quality of every single label
//! and of every annotator. CROWDLAB (arXiv 2210.06812) or plain agreement.

use ndarray::{Array2, ArrayView2};

use crate::{
    AnnotatorStats, Class, Compat, ConsensusMethod, LabelDetail, Labels, Note, OptionError,
    QualityError, QualityOptions, Stream,
    annotator_stats::annotator_stats,
    crowdlab::mean,
    judgement::Judge,
    label_detail::{label_details, mean_scores},
    majority_vote, temperature,
    trust::Evidence,
    validation,
};

/// The result for N examples, K classes, M annotators and P models.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelQuality {
    /// Consensus label of every example `[N]`.
    pub consensus: Vec<Class>,
    /// How many of them are not those of the majority vote.
    pub n_overruled: usize,
    /// Score of the consensus label under the posterior `[N]`.
    pub quality: Vec<f64>,
    /// Share of an example's labels that equal the consensus `[N]`; NaN without labels.
    pub annotator_agreement: Vec<f64>,
    /// Number of labels per example `[N]`.
    pub num_annotations: Vec<usize>,
    /// One entry per further consensus method.
    pub further: Vec<FurtherConsensus>,
    /// Score of every label, by example and then annotator.
    pub detailed: Vec<LabelDetail>,
    /// Annotators with labels, worst first.
    pub annotator_stats: Vec<AnnotatorStats>,
    /// Posterior probabilities `[N, K]` under the main consensus.
    pub posterior: Array2<f64>,
    /// Weight of each model `[P]`; empty with [`QualityMethod::Agreement`].
    pub model_weights: Vec<f64>,
    /// Weight of each annotator `[M]`; empty with [`QualityMethod::Agreement`].
    pub annotator_weights: Vec<f64>,
    /// Temperature of each model `[P]`; `None` if not calibrated.
    pub temperatures: Option<Vec<f64>>,
    /// What is unusual about the input or the result.
    pub notes: Vec<Note>,
}

/// The columns that a further consensus method adds.
#[derive(Clone, Debug, PartialEq)]
pub struct FurtherConsensus {
    /// The method.
    pub method: ConsensusMethod,
    /// Its consensus labels `[N]`.
    pub consensus: Vec<Class>,
    /// Their scores `[N]`.
    pub quality: Vec<f64>,
    /// Share of an example's labels that equal the consensus `[N]`.
    pub annotator_agreement: Vec<f64>,
    /// Weight of each model `[P]`, empty with [`QualityMethod::Agreement`].
    pub model_weights: Vec<f64>,
    /// Weight of each annotator `[M]`, empty with [`QualityMethod::Agreement`].
    pub annotator_weights: Vec<f64>,
}

/// Scores examples, labels and annotators. `probs` holds one `[N, K]` array of
/// class probabilities per model, at least one. `stream` decides majority ties
/// that no other rule decides.
///
/// # Errors
/// If the options contradict each other, or labels or probabilities do not fit;
/// see [`QualityError`].
pub fn label_quality(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    options: &QualityOptions,
    stream: Stream,
) -> Result<LabelQuality, QualityError> {
    options.check(probs)?;
    let mut notes = validation::check_labels(labels, options.compat)?;
    validation::check_probs(labels, probs, options.compat)?;
    if !options.calibrate {
        return score(labels, probs, options, stream, notes);
    }
    let search = match options.compat {
        Compat::Corrected => temperature::search,
        Compat::Cleanlab29 => temperature::search_cleanlab_2_9,
    };
    let temperatures: Vec<f64> = probs.iter().map(|model| search(labels, *model)).collect();
    let scaled: Vec<Array2<f64>> =
        probs.iter().zip(&temperatures).map(|(model, &t)| temperature::scale(*model, t)).collect();
    let views: Vec<_> = scaled.iter().map(|model| model.view()).collect();
    let result = score(labels, &views, options, stream, std::mem::take(&mut notes))?;
    Ok(LabelQuality { temperatures: Some(temperatures), ..result })
}

fn score(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    options: &QualityOptions,
    stream: Stream,
    mut notes: Vec<Note>,
) -> Result<LabelQuality, QualityError> {
    let majority = majority(labels, probs, options, stream)?;
    let judge = Judge { evidence: Evidence::new(labels, probs), options };
    let mut judgements = Vec::with_capacity(options.consensus_methods.len());
    for method in &options.consensus_methods {
        let consensus = match method {
            ConsensusMethod::MajorityVote => majority.clone(),
            ConsensusMethod::BestQuality => judge.best_quality(&majority)?,
        };
        let judgement = judge.judge(consensus)?;
        notes.extend(Note::lost_classes(labels, *method, &judgement.consensus));
        judgements.push(judgement);
    }
    let further = judgements.split_off(1);
    let main = judgements.pop().ok_or(OptionError::NoConsensusMethod)?;
    let detailed = label_details(labels, &main.posterior, options.scorer());
    let mean_scores = mean_scores(&detailed, labels.n_annotators());
    Ok(LabelQuality {
        annotator_stats: annotator_stats(labels, &main, &mean_scores),
        detailed,
        num_annotations: labels.examples().map(<[_]>::len).collect(),
        further: options.consensus_methods[1..]
            .iter()
            .zip(further)
            .map(|(&method, judgement)| judgement.into_columns(method))
            .collect(),
        n_overruled: main.consensus.iter().zip(&majority).filter(|(a, b)| a != b).count(),
        consensus: main.consensus,
        quality: main.quality,
        annotator_agreement: main.agreement,
        posterior: main.posterior,
        model_weights: main.model_weights,
        annotator_weights: main.annotator_weights,
        temperatures: None,
        notes,
    })
}

fn majority(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    options: &QualityOptions,
    stream: Stream,
) -> Result<Vec<Class>, QualityError> {
    let mean = mean(probs);
    validation::check_ties(labels, Some(mean.view()), mean.ncols(), options.compat)?;
    Ok(majority_vote(labels, Some(mean.view()), mean.ncols(), options.ties, stream))
}
