//! What a reader of `relabel score` wants to know first, on stderr.

use ndarray::ArrayView2;
use relabel_data::LabelFile;
use relabel_scoring::{
    FrequencyTie, LabelQuality, Stream, diagnostics::krippendorff_alpha, majority_vote,
    mean_of_models,
};

use crate::{naming::say_notes, talk::Talk};

/// Annotators that are listed.
const WORST: usize = 5;

/// Says how much there is, whom it says to trust, and who is worst.
pub fn say(
    file: &LabelFile,
    probs: &[ArrayView2<'_, f64>],
    result: &LabelQuality,
    stream: Stream,
    talk: Talk,
) {
    let labels = &file.labels;
    talk.say(format!(
        "{} examples, {} annotators, {} labels, {} classes, {}",
        labels.n_examples(),
        labels.n_annotators(),
        labels.n_labels(),
        probs[0].ncols(),
        if probs.len() == 1 { "1 model".to_owned() } else { format!("{} models", probs.len()) }
    ));
    say_notes(file, &result.notes, talk);
    talk.say(match &result.temperatures {
        Some(temperatures) => format!("temperature {temperatures:.3?}"),
        None => "temperature not fitted (--calibrate does)".to_owned(),
    });
    if !result.model_weights.is_empty() {
        talk.say(weights(result));
    }
    let mean = mean_of_models(probs);
    let ties = FrequencyTie::Rarest;
    let votes = majority_vote(labels, Some(mean.view()), mean.ncols(), ties, stream);
    let differ = votes.iter().zip(&result.consensus).filter(|(a, b)| a != b).count();
    talk.say(format!(
        "{:.1} % of the consensus labels differ from the majority vote",
        100.0 * differ as f64 / votes.len() as f64
    ));
    if let Some(alpha) = krippendorff_alpha(labels) {
        talk.say(format!("Krippendorff's alpha {alpha:.3}"));
    }
    talk.say("lowest annotator quality:");
    for stats in result.annotator_stats.iter().take(WORST) {
        talk.say(format!(
            "  {:<20} {:.3}  {} labels, agrees with the consensus on {:.1} %",
            &file.annotator_ids[stats.annotator.at()],
            stats.quality,
            stats.num_examples_labeled,
            100.0 * stats.agreement_with_consensus
        ));
    }
}

fn weights(result: &LabelQuality) -> String {
    let annotators = &result.annotator_weights;
    let mean = annotators.iter().sum::<f64>() / annotators.len() as f64;
    let least = annotators.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = annotators.iter().copied().fold(0.0, f64::max);
    format!(
        "model weight {:.3?}, annotator weights {least:.3} to {greatest:.3}, mean {mean:.3}",
        result.model_weights
    )
}
