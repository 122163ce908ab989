//! `relabel query`: which examples deserve the next labels.

mod ranking;
mod scores;

use std::process::ExitCode;

use anyhow::{Result, bail};
use relabel_data::LabelFile;
use relabel_scoring::{Note, Round, Seed, Stream, validation::check_active_lab};

use self::{
    ranking::Ranking,
    scores::{Candidates, Scores, Strategy},
};
use crate::{
    args::QueryArgs,
    labelled::{compat, match_with, read_labels},
    naming::{explained, say_notes},
    probabilities::Probabilities,
    talk::Talk,
};

/// Scores and writes the tables.
pub fn query(args: &QueryArgs, talk: Talk) -> Result<ExitCode> {
    let strategy = Strategy::named(&args.strategy)?;
    let input = &args.input;
    if args.labels.is_some() && input.pred_probs.is_empty() && strategy.needs_probabilities() {
        bail!(
            "--labels without --pred-probs: give the probabilities of the labelled examples, \
             or leave the labels out to rank the pool alone"
        );
    }
    let probs = Probabilities::read(&input.pred_probs)?;
    let pool = Probabilities::read(&args.unlabeled_pred_probs)?;
    let (probs, pool) = (probs.views(), pool.views());
    let mut file = args.labels.as_deref().map(|labels| read_labels(labels, input)).transpose()?;
    if let (Some(file), Some(source)) = (&mut file, input.pred_probs.first()) {
        match_with(file, &probs, source)?;
    }
    let candidates = Candidates {
        labels: file.as_ref().map(|file| &file.labels),
        probs: &probs,
        pool: &pool,
        compat: compat(input.compat),
        stream: Stream::new(Seed(input.seed), "query", Round(0), 0),
    };
    let notes = check(&candidates, strategy, file.as_ref(), args)?;
    let scores = candidates.score(strategy)?;
    let ranking = Ranking::new(file.as_ref(), &scores, args)?;
    ranking.write(&input.out)?;
    if let Some(file) = &file {
        summarise(file, &notes, &scores, talk);
    }
    let (again, new) = ranking.batch_sizes();
    talk.say(format!(
        "batch of {}: {again} labelled examples again, {new} new ones; wrote {}",
        again + new,
        input.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn check(
    candidates: &Candidates<'_>,
    strategy: Strategy,
    file: Option<&LabelFile>,
    args: &QueryArgs,
) -> Result<Vec<Note>> {
    let Candidates { labels, probs, pool, compat, .. } = *candidates;
    if labels.is_none() && probs.is_empty() && pool.is_empty() {
        bail!(
            "nothing to rank: give --labels with --pred-probs, --unlabeled-pred-probs, or all of them"
        );
    }
    if probs.is_empty() && pool.is_empty() && !strategy.needs_probabilities() {
        return Ok(Vec::new());
    }
    check_active_lab(labels, probs, pool, compat).map_err(|error| {
        explained(error.into(), file, &args.input.pred_probs, &args.unlabeled_pred_probs)
    })
}

fn summarise(file: &LabelFile, notes: &[Note], scores: &Scores, talk: Talk) {
    talk.say(format!(
        "{} examples, {} annotators, {} labels; {} unlabelled examples",
        file.labels.n_examples(),
        file.labels.n_annotators(),
        file.labels.n_labels(),
        scores.pool.len()
    ));
    say_notes(file, notes, talk);
    if !scores.temperatures.is_empty() {
        talk.say(format!("temperature {:?}", scores.temperatures));
    }
}
