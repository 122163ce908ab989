//! `relabel query`: which examples deserve the next labels.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ndarray::Array2;
use relabel_experiment::{config::nearest, strategy::STRATEGIES};
use relabel_scoring::{
    Compat, FrequencyTie, Labels, Round, Seed, Stream, active_lab_with, selection::lowest,
    strategy, temperature, validation::check_active_lab,
};

use crate::{
    args::QueryArgs,
    labelled::{Labelled, compat, read_ids, read_probs, views},
    table,
    talk::Talk,
};

/// Everything a strategy may look at.
struct Candidates<'a> {
    labels: Option<&'a Labels>,
    probs: &'a [Array2<f64>],
    pool: &'a [Array2<f64>],
    compat: Compat,
    stream: Stream,
}

/// Scores of labelled and unlabelled examples, lower = label sooner.
struct Scores {
    labeled: Vec<f64>,
    pool: Vec<f64>,
    temperatures: Vec<f64>,
}

/// Scores and writes the tables.
pub fn query(args: &QueryArgs, talk: Talk) -> Result<ExitCode> {
    let probs = read_probs(&args.input.pred_probs)?;
    let pool = read_probs(&args.unlabeled_pred_probs)?;
    let mut labelled =
        args.labels.as_deref().map(|labels| Labelled::read(labels, &args.input)).transpose()?;
    if let (Some(labelled), Some(file)) = (&mut labelled, args.input.pred_probs.first()) {
        labelled.match_with(&probs, file)?;
    }
    let candidates = Candidates {
        labels: labelled.as_ref().map(|labelled| &labelled.labels),
        probs: &probs,
        pool: &pool,
        compat: compat(args.input.compat),
        stream: Stream::new(Seed(args.input.seed), "query", Round(0), 0),
    };
    let notes =
        check_active_lab(candidates.labels, &views(&probs), &views(&pool), candidates.compat)?;
    let scores = candidates.score(&args.strategy)?;
    let names = Names::new(labelled.as_ref(), args, scores.pool.len())?;
    let batch = write(args, &names, &scores)?;
    if let Some(Labelled { labels, file }) = &labelled {
        talk.say(format!(
            "{} examples, {} annotators, {} labels; {} unlabelled examples",
            labels.n_examples(),
            labels.n_annotators(),
            labels.n_labels(),
            scores.pool.len()
        ));
        file.notes.iter().for_each(|note| talk.say(note));
    }
    notes.iter().for_each(|note| talk.say(format!("note: {note}")));
    if !scores.temperatures.is_empty() {
        talk.say(format!("temperature {:?}", scores.temperatures));
    }
    let new = batch.iter().filter(|&&at| at >= scores.labeled.len()).count();
    talk.say(format!(
        "batch of {}: {} labelled examples again, {new} new ones; wrote {}",
        batch.len(),
        batch.len() - new,
        args.input.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

impl Candidates<'_> {
    fn score(&self, name: &str) -> Result<Scores> {
        let plain = |labeled, pool| Ok(Scores { labeled, pool, temperatures: Vec::new() });
        let (probs, pool) = (views(self.probs), views(self.pool));
        let n_pool = pool.first().map_or(0, |model| model.nrows());
        // Strategies for one model look at the mean of several.
        let mean = |models: &[Array2<f64>]| {
            let (first, rest) = models.split_first()?;
            let sum = rest.iter().fold(first.clone(), |sum, model| sum + model);
            Some(sum / models.len() as f64)
        };
        let of_mean = |score: fn(ndarray::ArrayView2<'_, f64>) -> Vec<f64>| {
            let score = |models| mean(models).map_or_else(Vec::new, |mean| score(mean.view()));
            plain(score(self.probs), score(self.pool))
        };
        match name {
            "activelab" | "crowdlab" | "activelab_ensemble" | "crowdlab_ensemble" => {
                let search = match self.compat {
                    Compat::Corrected => temperature::search,
                    Compat::Cleanlab29 => temperature::search_cleanlab_2_9,
                };
                let ties = FrequencyTie::Rarest;
                let scores = active_lab_with(search, self.labels, &probs, &pool, ties, self.stream);
                let (labeled, pool) = (scores.labeled, scores.pool);
                Ok(Scores { labeled, pool, temperatures: scores.temperatures })
            }
            "random" => {
                let n = self.labels.map_or(0, Labels::n_examples);
                let labeled = strategy::random(n, self.stream.child(0));
                plain(labeled, strategy::random(n_pool, self.stream.child(1)))
            }
            "good_random" => {
                let labeled = self.labels.map_or_else(Vec::new, |labels| {
                    strategy::good_random(labels, self.stream.child(0))
                });
                plain(labeled, strategy::random(n_pool, self.stream.child(1)))
            }
            "entropy" => of_mean(strategy::entropy),
            "uncertainty" => of_mean(strategy::uncertainty),
            "disagreement" => {
                if probs.len().max(pool.len()) < 2 {
                    bail!(
                        "--strategy disagreement compares models; give --pred-probs at least twice"
                    );
                }
                let score = |models: &[_]| match models {
                    [] => Vec::new(),
                    models => strategy::disagreement(models),
                };
                plain(score(&probs), score(&pool))
            }
            "active_label_cleaning" => {
                let (Some(labels), Some(mean)) = (self.labels, mean(self.probs)) else {
                    bail!(
                        "--strategy active_label_cleaning scores labels; give --labels and --pred-probs"
                    );
                };
                let labeled = strategy::active_label_cleaning(labels, mean.view());
                plain(labeled, vec![f64::INFINITY; n_pool])
            }
            _ => {
                let names: Vec<&str> = STRATEGIES.iter().map(|info| info.name).collect();
                let hint = nearest(name, names.iter().copied());
                bail!("there is no strategy '{name}'{hint} Valid are {}", names.join(", "))
            }
        }
    }
}

/// The names behind positions: labelled examples, then unlabelled ones.
struct Names {
    examples: Vec<String>,
    num_annotations: Vec<usize>,
    n_labeled: usize,
}

impl Names {
    fn new(labelled: Option<&Labelled>, args: &QueryArgs, n_pool: usize) -> Result<Self> {
        let mut examples =
            labelled.map_or_else(Vec::new, |labelled| labelled.file.example_ids.clone());
        let mut num_annotations: Vec<usize> = labelled
            .map_or_else(Vec::new, |labelled| labelled.labels.examples().map(<[_]>::len).collect());
        let n_labeled = examples.len();
        match &args.unlabeled_examples {
            None => examples.extend((0..n_pool).map(|row| row.to_string())),
            Some(path) => {
                let ids = read_ids(path)?;
                if ids.len() != n_pool {
                    bail!(
                        "{} holds {} ids, expected {n_pool}: one per row of --unlabeled-pred-probs",
                        path.display(),
                        ids.len()
                    );
                }
                examples.extend(ids);
            }
        }
        num_annotations.resize(examples.len(), 0);
        Ok(Self { examples, num_annotations, n_labeled })
    }

    fn pool(&self, at: usize) -> &'static str {
        if at < self.n_labeled { "labeled" } else { "unlabeled" }
    }
}

/// Writes scores.csv and batch.csv; returns the positions of the batch.
fn write(args: &QueryArgs, names: &Names, scores: &Scores) -> Result<Vec<usize>> {
    let all: Vec<f64> = scores.labeled.iter().chain(&scores.pool).copied().collect();
    let out = &args.input.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let header = ["pool", "example", "score", "num_annotations"];
    table::write(&out.join("scores.csv"), &header, all.iter().enumerate(), |row, (at, &score)| {
        row.text(names.pool(at))
            .text(&names.examples[at])
            .number(score)
            .count(names.num_annotations[at]);
    })?;
    let batch = lowest(&all, args.batch);
    let header = ["rank", "pool", "example", "score"];
    table::write(&out.join("batch.csv"), &header, batch.iter().enumerate(), |row, (rank, &at)| {
        row.count(rank + 1).text(names.pool(at)).text(&names.examples[at]).number(all[at]);
    })?;
    Ok(batch)
}
