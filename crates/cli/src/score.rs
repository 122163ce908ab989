//! `relabel score`: consensus labels, label quality and annotator quality of a
//! practitioner's own labels.

mod summary;
mod tables;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use relabel_scoring::{FrequencyTie, QualityOptions, Round, Seed, Stream, label_quality};

use crate::{
    args::ScoreArgs,
    labelled::{compat, match_with, read_labels},
    naming::explained,
    probabilities::Probabilities,
    talk::Talk,
};

/// Scores and writes the tables.
pub fn score(args: &ScoreArgs, talk: Talk) -> Result<ExitCode> {
    let input = &args.input;
    let Some(first) = input.pred_probs.first() else {
        bail!(
            "--pred-probs is missing: quality comes from labels and class probabilities together"
        );
    };
    let mut file = read_labels(&args.labels, input)?;
    let probs = Probabilities::read(&input.pred_probs)?;
    let probs = probs.views();
    match_with(&mut file, &probs, first)?;
    let options = QualityOptions {
        consensus_methods: args.consensus.iter().map(|&method| method.into()).collect(),
        quality_method: args.quality.into(),
        label_score: args.label_score.into(),
        adjust_pred_probs: args.adjust_pred_probs,
        calibrate: args.calibrate,
        compat: compat(input.compat),
        ties: FrequencyTie::Rarest,
    };
    let stream = Stream::new(Seed(input.seed), "score", Round(0), 0);
    let result = label_quality(&file.labels, &probs, &options, stream)
        .map_err(|error| explained(error, Some(&file), &input.pred_probs))?;
    std::fs::create_dir_all(&input.out)
        .with_context(|| format!("cannot make {}", input.out.display()))?;
    tables::write(&input.out, &file, &result)?;
    if talk > Talk::Quiet {
        summary::say(&file, &probs, &result, talk);
        talk.say(format!("wrote {}", input.out.display()));
    }
    Ok(ExitCode::SUCCESS)
}
