//! Label quality of a data set that several people labelled: the consensus label
//! of every example and how likely it is right, the quality of every single label
//! and of every annotator. CROWDLAB (arXiv 2210.06812) or plain agreement.

use ndarray::{Array2, ArrayView2};

use crate::{
    AnnotatorId, AnnotatorStats, Class, Compat, ConsensusMethod, ExampleId, InputError, Labels,
    Note, OptionError, QualityError, QualityMethod, QualityOptions, Stream,
    annotator_stats::annotator_stats,
    consensus::{PairAgreement, Trust, best_quality},
    crowdlab::mean_of_models,
    label_score::Scorer,
    majority_vote, temperature, validation,
};

/// The result for N examples, K classes, M annotators and P models.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelQuality {
    /// Consensus label of every example `[N]`.
    pub consensus: Vec<Class>,
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

/// How good one label is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelDetail {
    /// The example.
    pub example: ExampleId,
    /// Who labelled it.
    pub annotator: AnnotatorId,
    /// The score of the label under the example's posterior.
    pub score: f64,
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
    let mean = mean_of_models(probs);
    validation::check_ties(labels, Some(mean.view()), mean.ncols(), options.compat)?;
    let majority = majority_vote(labels, Some(mean.view()), mean.ncols(), options.ties, stream);
    let input =
        Input { labels, probs, mean: &mean, options, agreement: PairAgreement::new(labels) };
    let first = input.judge(majority)?;
    let mut judgements = Vec::with_capacity(options.consensus_methods.len());
    for method in &options.consensus_methods {
        let judgement = match method {
            ConsensusMethod::MajorityVote => first.clone(),
            ConsensusMethod::BestQuality => {
                input.judge(best_quality(&first.posterior, &first.consensus))?
            }
        };
        notes.extend(Note::lost_classes(labels, *method, &judgement.consensus));
        judgements.push(judgement);
    }
    let further = judgements.split_off(1);
    let main = judgements.pop().ok_or(OptionError::NoConsensusMethod)?;
    let by_annotator = label_scores(labels, &main.posterior, options.scorer());
    let annotator_stats = annotator_stats(labels, &main, &by_annotator);
    Ok(LabelQuality {
        detailed: by_example(labels, &by_annotator),
        annotator_stats,
        num_annotations: labels.examples().map(<[_]>::len).collect(),
        further: options.consensus_methods[1..]
            .iter()
            .zip(further)
            .map(|(&method, judgement)| judgement.into_columns(method))
            .collect(),
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

/// What every consensus is judged by.
struct Input<'a> {
    labels: &'a Labels,
    probs: &'a [ArrayView2<'a, f64>],
    mean: &'a Array2<f64>,
    options: &'a QualityOptions,
    agreement: PairAgreement,
}

/// One consensus and what follows from it.
#[derive(Clone)]
pub(crate) struct Judgement {
    pub(crate) consensus: Vec<Class>,
    pub(crate) quality: Vec<f64>,
    pub(crate) agreement: Vec<f64>,
    pub(crate) posterior: Array2<f64>,
    pub(crate) model_weights: Vec<f64>,
    pub(crate) annotator_weights: Vec<f64>,
}

impl Input<'_> {
    fn judge(&self, consensus: Vec<Class>) -> Result<Judgement, InputError> {
        let (posterior, model_weights, annotator_weights) = match self.options.quality_method {
            QualityMethod::Crowdlab => {
                let trust = Trust::new(self.labels, self.probs, &consensus, &self.agreement);
                let posterior = trust.posterior(self.labels, self.probs);
                (posterior, trust.models, trust.annotators)
            }
            QualityMethod::Agreement => (self.shares(), Vec::new(), Vec::new()),
        };
        validation::check_posterior(&posterior, self.options)?;
        let agreement = agreement(self.labels, &consensus);
        let pairs = consensus.iter().copied().enumerate();
        let quality = match self.options.quality_method {
            QualityMethod::Crowdlab => self.options.scorer().scores(pairs, &posterior),
            QualityMethod::Agreement => pairs
                .zip(&agreement)
                .map(|((row, class), &a)| if a.is_nan() { posterior[[row, class.at()]] } else { a })
                .collect(),
        };
        Ok(Judgement { consensus, quality, agreement, posterior, model_weights, annotator_weights })
    }

    /// Shares of an example's labels `[N, K]`; the models' mean where it has none.
    fn shares(&self) -> Array2<f64> {
        let misplaced = self.options.compat == Compat::Cleanlab29 && !self.labels.is_complete();
        let mut shares = Array2::zeros(self.mean.dim());
        for (row, given) in self.labels.examples().enumerate() {
            let mut out = shares.row_mut(row);
            if given.is_empty() {
                out.assign(&self.mean.row(row));
                continue;
            }
            for (_, class) in given {
                out[class.at()] += 1.0;
            }
            out /= given.len() as f64;
            if misplaced {
                let present: Vec<f64> = out.iter().copied().filter(|&share| share > 0.0).collect();
                out.fill(0.0);
                out.iter_mut().zip(present).for_each(|(value, share)| *value = share);
            }
        }
        shares
    }
}

impl Judgement {
    fn into_columns(self, method: ConsensusMethod) -> FurtherConsensus {
        FurtherConsensus {
            method,
            consensus: self.consensus,
            quality: self.quality,
            annotator_agreement: self.agreement,
            model_weights: self.model_weights,
            annotator_weights: self.annotator_weights,
        }
    }
}

/// Share of each example's labels that equal its consensus.
fn agreement(labels: &Labels, consensus: &[Class]) -> Vec<f64> {
    labels
        .examples()
        .zip(consensus)
        .map(|(given, consensus)| {
            let equal = given.iter().filter(|(_, class)| class == consensus).count();
            equal as f64 / given.len() as f64
        })
        .collect()
}

/// Scores of every annotator's labels in turn: each annotator is one scoring call.
fn label_scores(labels: &Labels, posterior: &Array2<f64>, scorer: Scorer) -> Vec<Vec<f64>> {
    labels
        .annotators()
        .map(|given| scorer.scores(given.iter().map(|(id, class)| (id.at(), *class)), posterior))
        .collect()
}

/// The same scores by example, then annotator.
fn by_example(labels: &Labels, by_annotator: &[Vec<f64>]) -> Vec<LabelDetail> {
    let mut next = vec![0; by_annotator.len()];
    let mut details = Vec::with_capacity(labels.n_labels());
    for (given, example) in labels.examples().zip(0..) {
        for &(annotator, _) in given {
            let position = &mut next[annotator.at()];
            let score = by_annotator[annotator.at()][*position];
            details.push(LabelDetail { example: ExampleId(example), annotator, score });
            *position += 1;
        }
    }
    details
}
