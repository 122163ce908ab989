//! What comes out otherwise than recorded, on purpose, and why.

use relabel_scoring::Compat;
use serde_json::Value;

use crate::calls::Call;
use crate::input::improper;
use crate::reasons::{Failure, reason_of_message};

/// The reason why this outcome may differ from the recorded one.
pub fn otherwise(
    run: &Call<'_>,
    expected: &Value,
    outcome: &Result<Value, Failure>,
) -> Option<&'static str> {
    let corrected = run.compat == Compat::Corrected;
    let recorded = expected["error"]["message"].as_str().and_then(reason_of_message);
    let probs = |name| {
        let ensemble = run.function.ends_with("ensemble") || run.inputs.is_ensemble(name);
        run.inputs.models(name, ensemble).unwrap_or_default()
    };
    match (recorded, outcome) {
        (Some("example without labels" | "annotator without labels"), Ok(_)) if corrected => {
            Some("gaps are tolerated and noted")
        }
        (Some("example without labels" | "annotator without labels"), Err(failure))
            if corrected && ["one annotator", "no overlap"].contains(&failure.reason) =>
        {
            Some("gaps are tolerated, what else is wrong is not")
        }
        (Some("all tied"), Ok(_)) if corrected => Some("the seeded stream decides"),
        (Some("score options of an ensemble"), Ok(_)) if corrected => {
            Some("ensembles have all options")
        }
        (Some("one annotator"), Ok(_))
            if run.function == "get_active_learning_scores_ensemble"
                && probs("pred_probs_unlabeled").len() == 1 =>
        {
            // In either mode: here one model is one model, whoever calls it an ensemble.
            Some("an ensemble of one model may have a pool")
        }
        (None, Err(failure))
            if corrected
                && expected.get("error").is_none()
                && failure.reason == "no probability"
                && (improper(&probs("pred_probs")) || improper(&probs("pred_probs_unlabeled"))) =>
        {
            Some("rows of probabilities must be distributions")
        }
        (Some("no probability"), Ok(_)) if corrected && entropy_score(run) => {
            Some("a posterior one bit above 1 is no error")
        }
        (None, Ok(_)) if corrected && certain_entropy(run, expected) => {
            Some("a certain label scores 1, not 0")
        }
        (None, Ok(_)) if run.function == "format_multiannotator_labels" => run
            .inputs
            .get("raw_labels")
            .is_some_and(|rows| {
                let cells = rows.as_array().into_iter().flatten().filter_map(Value::as_array);
                cells.flatten().filter_map(Value::as_f64).any(|number| number.fract() != 0.0)
            })
            .then_some("fractional labels are not truncated"),
        _ => None,
    }
}

/// Whether the entropy score met a row without entropy or a single class.
fn certain_entropy(run: &Call<'_>, expected: &Value) -> bool {
    let is = |value: &Value| value.is_null() || value.as_f64() == Some(0.0);
    let any = |values: &Value| values.as_array().into_iter().flatten().any(is);
    entropy_score(run)
        && (any(&expected["label_quality"]["consensus_quality_score"])
            || any(&expected["detailed_label_quality"]["values_of_labeled_cells_row_major"]))
}

fn entropy_score(run: &Call<'_>) -> bool {
    let options = run.options.get("label_quality_score_kwargs");
    options.is_some_and(|options| options["method"] == "confidence_weighted_entropy")
}
