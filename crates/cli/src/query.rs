//! `relabel query`: which examples deserve the next labels.

mod ranking;
mod scores;
mod unlabelled;

use std::process::ExitCode;

use anyhow::{Result, bail};
use ndarray::{Array2, ArrayView2};
use relabel_data::LabelFile;
use relabel_scoring::{
    ActiveLab, Compat, Note, Round, Seed, Stream,
    validation::{check_active_lab, check_pool},
};

use self::{
    ranking::Ranking,
    scores::{Labelled, PoolScore, Strategy},
    unlabelled::{Rows, joined},
};
use crate::{
    args::QueryArgs,
    labelled::{compat, match_with, read_labels},
    naming::{explained, say_notes},
    probabilities::Probabilities,
    talk::Talk,
    trusted::{counted, least_trusted, overruled, weights},
};

pub use self::scores::strategies;

/// Scores and writes the tables.
pub fn query(args: &QueryArgs, talk: Talk) -> Result<ExitCode> {
    let query = Query {
        args,
        strategy: Strategy::named(&args.strategy)?,
        compat: compat(args.input.compat),
        stream: Stream::new(Seed(args.input.seed), "query", Round(0), 0),
    };
    query.check()?;
    let part = query.labelled_part()?;
    let unlabelled = query.unlabelled_scores(&part)?;
    let (of_table, pool) = unlabelled.split_at(part.rows.unlabelled.len());
    let table = part.rows.in_order(&part.scores, of_table);
    let ranking = Ranking::new(part.file.as_ref(), &table, pool, args)?;
    ranking.write(&args.input.out)?;
    if let Some(file) = &part.file {
        talk.say(format!(
            "{}, {}, {}; {}",
            counted(part.scores.len(), "example"),
            counted(file.labels.n_annotators(), "annotator"),
            counted(file.labels.n_labels(), "label"),
            counted(unlabelled.len(), "unlabelled example"),
        ));
        say_notes(file, &part.notes, talk);
        if let Some(found) = part.pool.active_lab() {
            say_trust(file, found, part.scores.len(), talk);
        }
    }
    let (again, new) = ranking.batch_sizes();
    talk.say(format!(
        "batch of {}: {} again, {}; wrote {}",
        again + new,
        counted(again, "labelled example"),
        counted(new, "new one"),
        args.input.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// What ActiveLab found about models and annotators of so many labelled examples.
fn say_trust(file: &LabelFile, found: &ActiveLab, n_labelled: usize, talk: Talk) {
    talk.say(format!("temperature {:.3?}", found.temperatures));
    if found.annotator_weights.is_empty() {
        talk.say("no example has two labels, so that models and annotators are trusted alike");
        return;
    }
    talk.say(weights(&found.model_weights, &found.annotator_weights));
    talk.say(overruled(found.n_overruled, n_labelled));
    talk.say("lowest annotator weights:");
    least_trusted(file, &found.annotator_weights).iter().for_each(|line| talk.say(line));
}

/// What is asked.
struct Query<'a> {
    args: &'a QueryArgs,
    strategy: Strategy,
    compat: Compat,
    stream: Stream,
}

/// The labelled examples after they were scored.
struct LabelledPart {
    file: Option<LabelFile>,
    notes: Vec<Note>,
    rows: Rows,
    /// Scores of the rows with labels.
    scores: Vec<f64>,
    /// Per model the probabilities of the rows without labels.
    unlabelled: Vec<Array2<f64>>,
    pool: PoolScore,
    /// Number of models and of classes.
    models: Option<(usize, usize)>,
}

impl Query<'_> {
    /// Whether the files given go together.
    fn check(&self) -> Result<()> {
        let QueryArgs { labels, input, unlabeled_pred_probs, batch, .. } = self.args;
        if *batch == 0 {
            bail!("--batch 0 chooses nothing; give at least 1");
        }
        let described =
            [("--examples", input.examples.is_some()), ("--classes", input.classes.is_some())];
        if labels.is_none()
            && let Some((option, _)) = described.iter().find(|(_, is_given)| *is_given)
        {
            bail!("{option} without --labels: it describes the labels; give them or leave it out");
        }
        let needed = self.strategy.needs_probabilities();
        match (labels, input.pred_probs.as_slice(), unlabeled_pred_probs.as_slice()) {
            (None, [], []) => bail!(
                "nothing to rank: give --labels with --pred-probs, --unlabeled-pred-probs, or all of them"
            ),
            (None, [_, ..], _) => bail!(
                "--pred-probs without --labels: give the labels, or the probabilities as \
                 --unlabeled-pred-probs"
            ),
            (Some(_), [], _) if needed => bail!(
                "--labels without --pred-probs: give the probabilities of the labelled examples, \
                 or leave the labels out to rank the pool alone"
            ),
            _ => Ok(()),
        }
    }

    fn labelled_part(&self) -> Result<LabelledPart> {
        let QueryArgs { labels, input, .. } = self.args;
        let mut file = labels.as_deref().map(|labels| read_labels(labels, input)).transpose()?;
        let probs = Probabilities::read(&input.pred_probs)?;
        let probs = probs.views();
        let mut notes = Vec::new();
        if let (Some(file), Some(source)) = (&mut file, input.pred_probs.first()) {
            match_with(file, &probs, source)?;
            notes = check_active_lab(Some(&file.labels), &probs, &[], self.compat)
                .map_err(|error| explained(error.into(), Some(file), &input.pred_probs))?;
        }
        let rows = file.as_ref().map_or_else(Rows::default, |file| Rows::of(&file.labels));
        let labels = file.as_ref().map(|file| rows.labels_of(&file.labels));
        let of_labelled = rows.labelled_of(&probs);
        let of_labelled: Vec<_> = of_labelled.iter().map(|model| model.view()).collect();
        let labelled =
            labels.as_ref().map(|labels| Labelled { labels: labels.as_ref(), probs: &of_labelled });
        let (scores, pool) = self.strategy.score(labelled, self.compat, self.stream)?;
        let models = probs.first().map(|first| (probs.len(), first.ncols()));
        let unlabelled = rows.unlabelled_of(&probs);
        Ok(LabelledPart { file, notes, rows, scores, unlabelled, pool, models })
    }

    /// Scores of the rows without labels, then of the pool.
    fn unlabelled_scores(&self, part: &LabelledPart) -> Result<Vec<f64>> {
        let files = &self.args.unlabeled_pred_probs;
        let pool = Probabilities::read(files)?;
        let pool = pool.views();
        if !pool.is_empty() {
            check_pool(&pool, part.models, self.compat)
                .map_err(|error| explained(error.into(), None, files))?;
        }
        let n = part.rows.unlabelled.len() + pool.first().map_or(0, ArrayView2::nrows);
        if n == 0 {
            return Ok(Vec::new());
        }
        let all = joined(&part.unlabelled, &pool);
        let all: Vec<_> = all.iter().map(|model| model.view()).collect();
        part.pool.score(n, &all, self.stream)
    }
}
