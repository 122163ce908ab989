//! Recorded results of the official library, cleanlab 2.9.0, call by call: with
//! its label-count defect mended (the default) and with it (compatible).
//! `RELABEL_GOLDEN=DIR` reads `DIR/library` instead of the copy kept here.
//!
//! What this library does otherwise is named in [`otherwise`]; it is not compared
//! but must still come out as said there.
#![allow(clippy::unwrap_used)]

#[path = "golden_library/calls.rs"]
mod calls;
#[path = "golden_library/input.rs"]
mod input;
#[path = "golden_library/reasons.rs"]
mod reasons;

use std::path::PathBuf;

use calls::Call;
use input::{Inputs, improper};
use reasons::{Failure, reason_of_message};
use relabel_scoring::{Compat, Round, Seed, Stream};
use serde_json::{Map, Value};

const TOLERANCE: f64 = 1e-9;

#[test]
fn with_right_label_counts() {
    compare_all(Compat::Corrected);
}

#[test]
fn with_the_defect_of_the_official_library() {
    compare_all(Compat::Cleanlab29);
}

fn compare_all(compat: Compat) {
    let mut tally = Tally::default();
    for (name, case) in cases() {
        for (position, call) in case["calls"].as_array().unwrap().iter().enumerate() {
            let at = format!("{name} call {position} {} {}", call["function"], call["options"]);
            compare_call(&case, call, compat, &at, &mut tally);
        }
    }
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!(
            "{compat:?}: compared {} calls ({} of them errors), {} treated otherwise\n",
            tally.compared, tally.errors, tally.otherwise
        ),
    )
    .unwrap();
    assert!(tally.compared > 0);
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
}

#[derive(Default)]
struct Tally {
    compared: usize,
    errors: usize,
    otherwise: usize,
    wrong: Vec<String>,
}

fn cases() -> Vec<(String, Value)> {
    let folder = match std::env::var_os("RELABEL_GOLDEN") {
        Some(folder) => PathBuf::from(folder).join("library"),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/library")),
    };
    let files = std::fs::read_dir(&folder);
    let mut cases: Vec<(String, Value)> = files
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

fn compare_call(case: &Value, call: &Value, compat: Compat, at: &str, tally: &mut Tally) {
    const KNOWN: [&str; 10] = [
        "function",
        "options",
        "without",
        "inputs",
        "note",
        "expected",
        "expected_counts_fixed",
        "random_ties",
        "posterior_near_tie_rows",
        "printed",
    ];
    let unknown = call.as_object().unwrap().keys().find(|key| !KNOWN.contains(&key.as_str()));
    assert!(unknown.is_none(), "{at}: unknown key {unknown:?}");
    let inputs = Inputs::new(case, call);
    let options = call.get("options").and_then(Value::as_object).cloned().unwrap_or(Map::new());
    let function = call["function"].as_str().unwrap();
    let mut run = Call { function, options, inputs: &inputs, compat, stream: stream(0) };
    if let Some(ties) = call.get("random_ties").filter(|ties| !ties.is_null()) {
        run.stream = stream_that_decides(&run, &candidates(ties), at);
    }
    let mut expected = match (compat, call.get("expected_counts_fixed")) {
        (Compat::Corrected, Some(fixed)) => fixed.clone(),
        _ => call["expected"].clone(),
    };
    let outcome = run.run();
    if let Some(why) = otherwise(&run, &expected, &outcome) {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("{at}: not compared, {why}\n"),
        )
        .unwrap();
        tally.otherwise += 1;
        return;
    }
    tally.compared += 1;
    if let Some(error) = expected.get("error") {
        tally.errors += 1;
        let message = error["message"].as_str().unwrap();
        match (&outcome, reason_of_message(message)) {
            (Ok(_), _) => tally.wrong.push(format!("{at}: succeeded, recorded error: {message}")),
            (Err(failure), Some(reason)) if !failure.is(reason) => tally.wrong.push(format!(
                "{at}: failed for `{}` ({}), recorded error: {message}",
                failure.reason, failure.text
            )),
            _ => {}
        }
        return;
    }
    match outcome {
        Err(failure) => tally.wrong.push(format!("{at}: {}", failure.text)),
        Ok(mut found) => {
            let stock = compat == Compat::Cleanlab29 || call.get("expected_counts_fixed").is_none();
            if let Some(printed) = found.as_object_mut().unwrap().remove("printed")
                && stock
            {
                found["printed"] = printed;
                expected["printed"] = printed_notices(call);
            }
            let mut differences = Vec::new();
            compare(&found, &expected, at, &mut differences);
            differences.truncate(3);
            tally.wrong.extend(differences);
        }
    }
}

/// The recorded notices that we have as well.
fn printed_notices(call: &Value) -> Value {
    let known = ["annotators_without_overlap", "classes_lost_in_consensus"];
    let recorded = call.get("printed").and_then(Value::as_array);
    let is_recorded = |name: &&&str| recorded.is_some_and(|list| list.iter().any(|n| n == **name));
    Value::from(known.iter().filter(is_recorded).copied().collect::<Vec<_>>())
}

/// What comes out otherwise than recorded, on purpose.
fn otherwise(
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

fn stream(seed: u64) -> Stream {
    Stream::new(Seed(seed), "golden", Round(0), 0)
}

/// Rows that chance decided and their candidates, in any of the forms of a
/// list of pairs, a list of objects, or an object by row.
fn candidates(ties: &Value) -> Vec<(usize, Vec<u64>)> {
    let classes = |value: &Value| -> Vec<u64> {
        value.as_array().unwrap().iter().map(|class| class.as_u64().unwrap()).collect()
    };
    match ties {
        Value::Object(by_row) => by_row
            .iter()
            .map(|(row, candidates)| (row.parse().unwrap(), classes(candidates)))
            .collect(),
        Value::Array(list) => list
            .iter()
            .map(|tie| {
                let named = ["row", "example"].iter().find_map(|name| tie.get(name));
                let row = named.unwrap_or(&tie[0]).as_u64().unwrap();
                (row as usize, classes(tie.get("candidates").unwrap_or(&tie[1])))
            })
            .collect(),
        other => panic!("unknown form of random ties: {other}"),
    }
}

/// A stream under which chance takes the lowest candidate in every tied row, as recorded.
fn stream_that_decides(run: &Call<'_>, ties: &[(usize, Vec<u64>)], at: &str) -> Stream {
    let decides = |stream: &Stream| {
        // A call that must fail does so under any stream.
        let Ok(votes) = run.votes(*stream) else { return true };
        ties.iter().all(|(row, candidates)| {
            let vote = u64::from(votes[*row].0);
            assert!(candidates.contains(&vote), "{at}, row {row}: {vote} is no candidate");
            Some(&vote) == candidates.iter().min()
        })
    };
    (0..1 << 20).map(stream).find(decides).unwrap_or_else(|| panic!("{at}: no stream decides so"))
}

/// Integers, text and keys exactly, other numbers within the tolerance; null = NaN.
fn compare(found: &Value, expected: &Value, at: &str, wrong: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let private = ["consensus_likelihood", "most_likely_class_error"];
            for key in a.keys().chain(b.keys()).filter(|key| !private.contains(&key.as_str())) {
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(a, b, &format!("{at} {key}"), wrong),
                    (a, _) => wrong.push(format!("{at}: {key} is {}", missing(a.is_none()))),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                wrong.push(format!("{at}: {} values, recorded {}", a.len(), b.len()));
            }
            for (row, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{at}[{row}]"), wrong);
            }
        }
        (Value::Number(a), Value::Number(b)) if !(a.is_u64() && b.is_u64()) => {
            let difference = (a.as_f64().unwrap() - b.as_f64().unwrap()).abs();
            if difference > TOLERANCE {
                wrong.push(format!("{at}: {a}, recorded {b}"));
            }
        }
        (a, b) if a != b => wrong.push(format!("{at}: {a}, recorded {b}")),
        _ => {}
    }
}

fn missing(ours: bool) -> &'static str {
    if ours { "missing" } else { "not recorded" }
}
