//! All candidates with their scores and names, and the batch of the lowest scores.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, Result, bail};
use relabel_data::{LabelFile, Names};
use relabel_scoring::{ExampleId, selection::lowest};

use crate::{args::QueryArgs, labelled::read_ids, table};

/// Candidates by position: the rows of the label table, then the pool.
pub struct Ranking<'a> {
    file: Option<&'a LabelFile>,
    /// Names of the pool; row numbers if there are none.
    pool: Option<Names>,
    n_rows: usize,
    scores: Vec<f64>,
    /// Positions, lowest score first.
    batch: Vec<usize>,
}

impl<'a> Ranking<'a> {
    /// # Errors
    /// If the ids of the pool cannot be read or are not as many as the pool.
    pub fn new(
        file: Option<&'a LabelFile>,
        table: &[f64],
        unlabeled: &[f64],
        args: &QueryArgs,
    ) -> Result<Self> {
        let path = args.unlabeled_examples.as_deref();
        let pool = path.map(|path| read_pool(path, unlabeled.len(), file)).transpose()?;
        let scores = [table, unlabeled].concat();
        let batch = lowest(&scores, args.batch);
        Ok(Self { file, pool, n_rows: table.len(), scores, batch })
    }

    /// How much of the batch is labelled already, and how much is new.
    pub fn batch_sizes(&self) -> (usize, usize) {
        let again = self.batch.iter().filter(|&&at| self.num_annotations(at) > 0).count();
        (again, self.batch.len() - again)
    }

    /// Writes scores.csv and batch.csv.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, out: &Path) -> Result<()> {
        std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
        let header = ["pool", "example", "score", "num_annotations"];
        let scores = self.scores.iter().enumerate();
        table::write(&out.join("scores.csv"), &header, scores, |row, (at, &score)| {
            self.name(at, row);
            row.number(score).count(self.num_annotations(at));
        })?;
        let header = ["rank", "pool", "example", "score"];
        let batch = self.batch.iter().zip(1..);
        table::write(&out.join("batch.csv"), &header, batch, |row, (&at, rank)| {
            row.count(rank);
            self.name(at, row);
            row.number(self.scores[at]);
        })
    }

    /// Adds the part that a candidate is in, and its name.
    fn name(&self, at: usize, row: &mut table::Rows) {
        row.text(if self.num_annotations(at) > 0 { "labeled" } else { "unlabeled" });
        match (at.checked_sub(self.n_rows), self.file, &self.pool) {
            (None, Some(file), _) => row.text(&file.example_ids[at]),
            (Some(at), _, Some(pool)) => row.text(&pool[at]),
            (place, ..) => row.count(place.unwrap_or(at)),
        };
    }

    fn num_annotations(&self, at: usize) -> usize {
        match self.file {
            Some(file) if at < self.n_rows => file.labels.of_example(ExampleId(at as u32)).len(),
            _ => 0,
        }
    }
}

/// The names of a pool of `n_pool` rows, none of which the label table has.
fn read_pool(path: &Path, n_pool: usize, file: Option<&LabelFile>) -> Result<Names> {
    let ids = read_ids(path)?;
    if ids.len() != n_pool {
        bail!(
            "{} holds {} ids, expected {n_pool}: one per row of --unlabeled-pred-probs",
            path.display(),
            ids.len()
        );
    }
    let of_table: HashSet<&str> =
        file.into_iter().flat_map(|file| file.example_ids.iter()).collect();
    if let Some((line, id)) = (1..).zip(ids.iter()).find(|(_, id)| of_table.contains(id)) {
        bail!(
            "{}, line {line}: example {id} is among those of --labels too; leave it out of either",
            path.display()
        );
    }
    Ok(ids)
}
