//! What a reader of `relabel score` wants to know first, on stderr.

use ndarray::ArrayView2;
use relabel_data::LabelFile;
use relabel_scoring::{LabelQuality, diagnostics::krippendorff_alpha};

use crate::{
    naming::say_notes,
    talk::Talk,
    trusted::{WORST, counted, overruled, weights},
};

/// Says how much there is, whom it says to trust, and who is worst.
pub fn say(file: &LabelFile, probs: &[ArrayView2<'_, f64>], result: &LabelQuality, talk: Talk) {
    let labels = &file.labels;
    talk.say(format!(
        "{}, {}, {}, {}, {}",
        counted(labels.n_examples(), "example"),
        counted(labels.n_annotators(), "annotator"),
        counted(labels.n_labels(), "label"),
        counted(probs[0].ncols(), "class"),
        counted(probs.len(), "model"),
    ));
    say_notes(file, &result.notes, talk);
    talk.say(match &result.temperatures {
        Some(temperatures) => format!("temperature {temperatures:.3?}"),
        None => "temperature not fitted (--calibrate does)".to_owned(),
    });
    if !result.model_weights.is_empty() {
        talk.say(weights(&result.model_weights, &result.annotator_weights));
    }
    talk.say(overruled(result.n_overruled, labels.n_examples()));
    if let Some(alpha) = krippendorff_alpha(labels) {
        talk.say(format!("Krippendorff's alpha {alpha:.3}"));
    }
    talk.say("lowest annotator quality:");
    for stats in result.annotator_stats.iter().take(WORST) {
        talk.say(format!(
            "  {:<20} {:.3}  {}, agrees with the consensus on {:.1} %",
            &file.annotator_ids[stats.annotator.at()],
            stats.quality,
            counted(stats.num_examples_labeled, "label"),
            100.0 * stats.agreement_with_consensus
        ));
    }
}
