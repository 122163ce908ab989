//! The files that `relabel score` writes.

use std::{collections::BTreeMap, io::Write as _, path::Path};

use anyhow::Result;
use relabel_data::{LabelFile, npy};
use relabel_experiment::store::write_derived_with;
use relabel_scoring::{
    AnnotatorStats, Class, ConsensusMethod, LabelQuality,
    diagnostics::{confusion, krippendorff_alpha, spammer_score, wilson_interval},
};
use serde::Serialize;

use crate::table;

/// Standard deviations of a 95 % interval.
const Z: f64 = 1.96;

/// Writes every table into the folder `out`.
///
/// # Errors
/// What the operating system says; a file is written whole or not at all.
pub fn write(out: &Path, file: &LabelFile, result: &LabelQuality) -> Result<()> {
    label_quality(&out.join("label_quality.csv"), file, result)?;
    annotator_stats(&out.join("annotator_stats.csv"), file, result)?;
    detailed_label_quality(&out.join("detailed_label_quality.csv"), file, result)?;
    npy::write_f64(&out.join("posterior.npy"), result.posterior.view().into_dyn())?;
    let mut weights = serde_json::to_vec_pretty(&Weights::new(file, result))?;
    weights.push(b'\n');
    write_derived_with(&out.join("weights.json"), |out| out.write_all(&weights))?;
    diagnostics(&out.join("diagnostics.json"), file, result)
}

fn label_quality(path: &Path, file: &LabelFile, result: &LabelQuality) -> Result<()> {
    const COLUMNS: [&str; 3] =
        ["consensus_label", "consensus_quality_score", "annotator_agreement"];
    let of_method = |method| COLUMNS.map(|column| format!("{column}_{}", method_name(method)));
    let further: Vec<String> =
        result.further.iter().flat_map(|further| of_method(further.method)).collect();
    let mut header = vec!["example"];
    header.extend(COLUMNS);
    header.push("num_annotations");
    header.extend(further.iter().map(String::as_str));
    table::write(path, &header, file.example_ids.iter().enumerate(), |row, (at, id)| {
        row.text(id)
            .text(class(file, result.consensus[at]))
            .number(result.quality[at])
            .number(result.annotator_agreement[at])
            .count(result.num_annotations[at]);
        for further in &result.further {
            row.text(class(file, further.consensus[at]))
                .number(further.quality[at])
                .number(further.annotator_agreement[at]);
        }
    })
}

fn annotator_stats(path: &Path, file: &LabelFile, result: &LabelQuality) -> Result<()> {
    let header = [
        "annotator",
        "annotator_quality",
        "agreement_with_consensus",
        "worst_class",
        "num_examples_labeled",
    ];
    table::write(path, &header, result.annotator_stats.iter(), |row, stats| {
        row.text(&file.annotator_ids[stats.annotator.at()])
            .number(stats.quality)
            .number(stats.agreement_with_consensus)
            .text(class(file, stats.worst_class))
            .count(stats.num_examples_labeled);
    })
}

fn detailed_label_quality(path: &Path, file: &LabelFile, result: &LabelQuality) -> Result<()> {
    let header = ["example", "annotator", "label_quality"];
    table::write(path, &header, result.detailed.iter(), |row, detail| {
        row.text(&file.example_ids[detail.example.at()])
            .text(&file.annotator_ids[detail.annotator.at()])
            .number(detail.score);
    })
}

fn class(file: &LabelFile, class: Class) -> &str {
    &file.class_names[class.at()]
}

fn method_name(method: ConsensusMethod) -> &'static str {
    match method {
        ConsensusMethod::BestQuality => "best_quality",
        ConsensusMethod::MajorityVote => "majority_vote",
    }
}

/// weights.json
#[derive(Serialize)]
struct Weights<'a> {
    model_weight: PerModel<'a>,
    annotator_weight: Option<BTreeMap<&'a str, f64>>,
    temperature: PerModel<'a>,
}

/// A number for one model, an array for several.
#[derive(Serialize)]
#[serde(untagged)]
enum PerModel<'a> {
    None,
    One(f64),
    Several(&'a [f64]),
}

impl<'a> Weights<'a> {
    fn new(file: &'a LabelFile, result: &'a LabelQuality) -> Self {
        let weights = &result.annotator_weights;
        Self {
            model_weight: PerModel::new(&result.model_weights),
            annotator_weight: (!weights.is_empty())
                .then(|| file.annotator_ids.iter().zip(weights.iter().copied()).collect()),
            temperature: PerModel::new(result.temperatures.as_deref().unwrap_or(&[])),
        }
    }
}

impl<'a> PerModel<'a> {
    fn new(values: &'a [f64]) -> Self {
        match values {
            [] => Self::None,
            [one] => Self::One(*one),
            several => Self::Several(several),
        }
    }
}

/// One annotator in diagnostics.json.
#[derive(Serialize)]
struct Facts {
    /// Consensus label, label given, how often.
    confusion: Vec<(u16, u16, u32)>,
    spammer_score: Option<f64>,
    agreement_interval_95: (f64, f64),
}

impl Facts {
    fn new(file: &LabelFile, result: &LabelQuality, stats: &AnnotatorStats) -> Self {
        let confusion = confusion(&file.labels, &result.consensus, stats.annotator);
        let equal = confusion.iter().filter(|cell| cell.consensus == cell.given);
        let n_equal: u32 = equal.map(|cell| cell.count).sum();
        Self {
            spammer_score: spammer_score(&confusion),
            agreement_interval_95: wilson_interval(n_equal as usize, stats.num_examples_labeled, Z),
            confusion: confusion
                .into_iter()
                .map(|cell| (cell.consensus.0, cell.given.0, cell.count))
                .collect(),
        }
    }
}

/// Writes diagnostics.json, a line per annotator.
fn diagnostics(path: &Path, file: &LabelFile, result: &LabelQuality) -> Result<()> {
    let alpha = krippendorff_alpha(&file.labels);
    write_derived_with(path, |out| {
        let classes = serde_json::to_string(&file.class_names)?;
        let alpha = serde_json::to_string(&alpha)?;
        writeln!(out, "{{\n\"classes\": {classes},\n\"krippendorff_alpha\": {alpha},")?;
        writeln!(out, "\"confusion_is\": \"[class of the consensus, class given, how often]\",")?;
        write!(out, "\"annotators\": {{")?;
        let mut line = Vec::new();
        for (at, stats) in result.annotator_stats.iter().enumerate() {
            let id = serde_json::to_string(&file.annotator_ids[stats.annotator.at()])?;
            line.clear();
            write!(line, "{}\n{id}: ", if at == 0 { "" } else { "," })?;
            serde_json::to_writer(&mut line, &Facts::new(file, result, stats))?;
            out.write_all(&line)?;
        }
        out.write_all(b"\n}\n}\n")
    })?;
    Ok(())
}
