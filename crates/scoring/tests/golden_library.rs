//! Recorded results of the official library, cleanlab 2.9.0, call by call: with
//! its label-count defect mended (the default) and with it (compatible).
//! `RELABEL_GOLDEN=DIR` reads `DIR/library` instead of the copy kept here.
//!
//! What this library does otherwise is named in `otherwise.rs`; it is not compared
//! but must still come out as said there.
#![allow(clippy::unwrap_used)]

#[path = "golden_library/calls.rs"]
mod calls;
#[path = "golden_library/chance.rs"]
mod chance;
#[path = "golden_library/input.rs"]
mod input;
#[path = "golden_library/otherwise.rs"]
mod otherwise;
#[path = "golden_library/quality.rs"]
mod quality;
#[path = "golden_library/reasons.rs"]
mod reasons;
#[path = "golden_library/tables.rs"]
mod tables;

use std::path::PathBuf;

use calls::Call;
use chance::{candidates, stream, stream_that_decides};
use input::Inputs;
use otherwise::otherwise;
use reasons::reason_of_message;
use relabel_scoring::Compat;
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
