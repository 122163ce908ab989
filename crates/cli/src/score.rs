//! `relabel score`: consensus labels, label quality and annotator quality of a
//! practitioner's own labels.

use std::{collections::BTreeMap, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use ndarray::Array2;
use relabel_data::npy;
use relabel_experiment::store::write_atomic;
use relabel_scoring::{
    AnnotatorId, Class, FrequencyTie, LabelQuality, QualityMethod, QualityOptions, Round, Seed,
    Stream,
    diagnostics::{confusion_matrix, krippendorff_alpha, spammer_score, wilson_interval},
    label_quality, majority_vote,
};
use serde_json::json;

use crate::{
    args::ScoreArgs,
    labelled::{Labelled, compat, read_probs, views},
    table,
    talk::Talk,
};

/// Standard deviations of a 95 % interval.
const Z: f64 = 1.96;

/// Scores and writes the tables.
pub fn score(args: &ScoreArgs, talk: Talk) -> Result<ExitCode> {
    let Some(first) = args.input.pred_probs.first() else {
        bail!(
            "--pred-probs is missing: quality comes from labels and class probabilities together"
        );
    };
    let probs = read_probs(&args.input.pred_probs)?;
    let mut labelled = Labelled::read(&args.labels, &args.input)?;
    labelled.match_with(&probs, first)?;
    let options = QualityOptions {
        consensus_methods: args.consensus.iter().map(|&method| method.into()).collect(),
        quality_method: args.quality.into(),
        label_score: args.label_score.into(),
        adjust_pred_probs: args.adjust_pred_probs,
        calibrate: args.calibrate,
        compat: compat(args.input.compat),
        ties: FrequencyTie::Rarest,
    };
    let stream = Stream::new(Seed(args.input.seed), "score", Round(0), 0);
    let result = label_quality(&labelled.labels, &views(&probs), &options, stream)?;
    let out = &args.input.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    write(out, &labelled, &result, &options)?;
    summarise(&labelled, &probs, &result, stream, talk);
    talk.say(format!("wrote {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

fn write(
    out: &Path,
    labelled: &Labelled,
    result: &LabelQuality,
    options: &QualityOptions,
) -> Result<()> {
    let file = &labelled.file;
    let class = |class: Class| file.class_names[class.at()].as_str();
    let mut header: Vec<String> = [
        "example",
        "consensus_label",
        "consensus_quality_score",
        "annotator_agreement",
        "num_annotations",
    ]
    .map(String::from)
    .into();
    for further in &result.further {
        let suffix = method_name(further.method);
        header.extend(
            ["consensus_label", "consensus_quality_score", "annotator_agreement"]
                .map(|column| format!("{column}_{suffix}")),
        );
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table::write(
        &out.join("label_quality.csv"),
        &header,
        file.example_ids.iter().enumerate(),
        |row, (at, id)| {
            row.text(id)
                .text(class(result.consensus[at]))
                .number(result.quality[at])
                .number(result.annotator_agreement[at])
                .count(result.num_annotations[at]);
            for further in &result.further {
                row.text(class(further.consensus[at]))
                    .number(further.quality[at])
                    .number(further.annotator_agreement[at]);
            }
        },
    )?;
    let header = [
        "annotator",
        "annotator_quality",
        "agreement_with_consensus",
        "worst_class",
        "num_examples_labeled",
    ];
    table::write(
        &out.join("annotator_stats.csv"),
        &header,
        result.annotator_stats.iter(),
        |row, stats| {
            row.text(&file.annotator_ids[stats.annotator.at()])
                .number(stats.quality)
                .number(stats.agreement_with_consensus)
                .text(class(stats.worst_class))
                .count(stats.num_examples_labeled);
        },
    )?;
    let header = ["example", "annotator", "label_quality"];
    table::write(
        &out.join("detailed_label_quality.csv"),
        &header,
        result.detailed.iter(),
        |row, detail| {
            row.text(&file.example_ids[detail.example.at()])
                .text(&file.annotator_ids[detail.annotator.at()])
                .number(detail.score);
        },
    )?;
    let posterior = npy::bytes_f64(result.posterior.view().into_dyn());
    write_atomic(&out.join("posterior.npy"), &posterior)?;
    write_json(&out.join("weights.json"), &weights(labelled, result, options))?;
    write_json(&out.join("diagnostics.json"), &diagnostics(labelled, result))
}

/// A number for one model, an array for several.
fn per_model(values: &[f64]) -> serde_json::Value {
    match values {
        [] => serde_json::Value::Null,
        [one] => json!(one),
        several => json!(several),
    }
}

fn weights(
    labelled: &Labelled,
    result: &LabelQuality,
    options: &QualityOptions,
) -> serde_json::Value {
    let annotators: Option<BTreeMap<&str, f64>> =
        (options.quality_method == QualityMethod::Crowdlab).then(|| {
            let ids = labelled.file.annotator_ids.iter().map(String::as_str);
            ids.zip(result.annotator_weights.iter().copied()).collect()
        });
    json!({
        "model_weight": per_model(&result.model_weights),
        "annotator_weight": annotators,
        "temperature": result.temperatures.as_deref().map(per_model),
    })
}

fn diagnostics(labelled: &Labelled, result: &LabelQuality) -> serde_json::Value {
    let n_classes = labelled.file.class_names.len();
    let annotators: BTreeMap<&str, serde_json::Value> = result
        .annotator_stats
        .iter()
        .map(|stats| {
            let given = labelled.labels.of_annotator(stats.annotator);
            let confusion =
                confusion_matrix(&labelled.labels, &result.consensus, stats.annotator, n_classes);
            let equal = given.iter().filter(|(id, class)| result.consensus[id.at()] == *class);
            let (low, high) = wilson_interval(equal.count(), given.len(), Z);
            let rows: Vec<Vec<u32>> =
                confusion.rows().into_iter().map(|row| row.to_vec()).collect();
            let facts = json!({
                "confusion": rows,
                "spammer_score": spammer_score(&confusion),
                "agreement_interval_95": [low, high],
            });
            (labelled.file.annotator_ids[stats.annotator.at()].as_str(), facts)
        })
        .collect();
    json!({
        "classes": labelled.file.class_names,
        "krippendorff_alpha": krippendorff_alpha(&labelled.labels),
        "confusion_is": "rows: consensus label, columns: label given",
        "annotators": annotators,
    })
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<()> {
    Ok(write_atomic(path, &serde_json::to_vec_pretty(value)?)?)
}

/// What a reader wants to know first, on stderr.
fn summarise(
    labelled: &Labelled,
    probs: &[Array2<f64>],
    result: &LabelQuality,
    stream: Stream,
    talk: Talk,
) {
    let Labelled { labels, file } = labelled;
    talk.say(format!(
        "{} examples, {} annotators, {} labels, {} classes, {}",
        labels.n_examples(),
        labels.n_annotators(),
        labels.n_labels(),
        probs[0].ncols(),
        if probs.len() == 1 { "1 model".to_owned() } else { format!("{} models", probs.len()) }
    ));
    for note in &file.notes {
        talk.say(note);
    }
    for note in &result.notes {
        talk.say(format!("note: {note}"));
    }
    if let Some(temperatures) = &result.temperatures {
        talk.say(format!("temperature {temperatures:?}"));
    }
    if !result.model_weights.is_empty() {
        let mean =
            result.annotator_weights.iter().sum::<f64>() / result.annotator_weights.len() as f64;
        talk.say(format!(
            "model weight {:.3?}, mean annotator weight {mean:.3}",
            result.model_weights
        ));
    }
    let votes = majority_vote(labels, None, probs[0].ncols(), FrequencyTie::Rarest, stream);
    let differ = votes.iter().zip(&result.consensus).filter(|(a, b)| a != b).count();
    talk.say(format!(
        "{:.1} % of the consensus labels differ from the majority vote",
        100.0 * differ as f64 / votes.len() as f64
    ));
    if let Some(alpha) = krippendorff_alpha(labels) {
        talk.say(format!("Krippendorff's alpha {alpha:.3}"));
    }
    talk.say("lowest annotator quality:");
    for stats in result.annotator_stats.iter().take(5) {
        let AnnotatorId(at) = stats.annotator;
        talk.say(format!(
            "  {:<20} {:.3}  {} labels, agrees with the consensus on {:.1} %",
            file.annotator_ids[at as usize],
            stats.quality,
            stats.num_examples_labeled,
            100.0 * stats.agreement_with_consensus
        ));
    }
}

fn method_name(method: relabel_scoring::ConsensusMethod) -> &'static str {
    match method {
        relabel_scoring::ConsensusMethod::BestQuality => "best_quality",
        relabel_scoring::ConsensusMethod::MajorityVote => "majority_vote",
    }
}
