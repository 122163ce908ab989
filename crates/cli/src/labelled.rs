//! What practitioners bring: a label file and class probabilities, read and
//! matched with each other, with the names behind every index.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use ndarray::{Array2, ArrayView2, Axis, Ix2, Ix3};
use relabel_data::{LabelFile, npy, read_label_file_with};
use relabel_scoring::{Compat, Labels};

use crate::args::{CompatMode, LabelArgs};

/// Labels and names of one label file.
pub struct Labelled {
    /// The labels as the scoring functions read them.
    pub labels: Labels,
    /// Names and notes.
    pub file: LabelFile,
}

impl Labelled {
    /// Reads `--labels` with the ids of `--examples` and the names of `--classes`.
    ///
    /// # Errors
    /// Names the file, the row, what was found and what was expected.
    pub fn read(labels: &Path, args: &LabelArgs) -> Result<Self> {
        let ids = args.examples.as_deref().map(read_ids).transpose()?;
        let file = read_label_file_with(labels, ids.as_deref(), args.classes.as_deref())?;
        let events = file.labels.iter().copied();
        let (n_examples, n_annotators) = (file.example_ids.len(), file.annotator_ids.len());
        let labels = Labels::from_events(n_examples, n_annotators, events)?;
        Ok(Self { labels, file })
    }

    /// Checks that the rows of `probs` are the examples, and gives every column a class name.
    ///
    /// # Errors
    /// If there is another number of rows, or names are missing for columns.
    pub fn match_with(&mut self, probs: &[Array2<f64>], source: &Path) -> Result<()> {
        let Some(first) = probs.first() else { return Ok(()) };
        let (rows, columns) = first.dim();
        let examples = self.file.example_ids.len();
        if rows != examples {
            bail!(
                "{} has {rows} rows, but the labels are of {examples} examples; give a row per \
                 example in the order of the wide rows or of the sorted ids, or name the rows with --examples",
                source.display()
            );
        }
        let names = &mut self.file.class_names;
        let numbered = names.iter().enumerate().all(|(class, name)| *name == class.to_string());
        if columns > names.len() && !numbered {
            bail!(
                "{} has {columns} columns, but the labels name {} classes ({}); give all names in \
                 the order of the columns with --classes",
                source.display(),
                names.len(),
                names.join(", ")
            );
        }
        names.extend((names.len()..columns).map(|class| class.to_string()));
        Ok(())
    }
}

/// One array per model: every file holds one `[n, K]` array or a stack `[models, n, K]`.
///
/// # Errors
/// If a file is no array of two or three dimensions, or shapes differ.
pub fn read_probs(files: &[PathBuf]) -> Result<Vec<Array2<f64>>> {
    let mut models: Vec<Array2<f64>> = Vec::new();
    for file in files {
        let array = npy::read_f64(file)?;
        let shape = array.shape().to_vec();
        match shape.len() {
            2 => models.push(array.into_dimensionality::<Ix2>()?),
            3 => {
                let stack = array.into_dimensionality::<Ix3>()?;
                models.extend(stack.axis_iter(Axis(0)).map(|model| model.to_owned()));
            }
            _ => bail!(
                "{}: found an array of shape {shape:?}, expected [examples, classes] or [models, examples, classes]",
                file.display()
            ),
        }
        if let (Some(first), Some(last)) = (models.first(), models.last())
            && first.dim() != last.dim()
        {
            bail!(
                "{}: found shape {:?}, expected {:?} as in {}",
                file.display(),
                last.dim(),
                first.dim(),
                files[0].display()
            );
        }
    }
    Ok(models)
}

/// Views of all models.
pub fn views(models: &[Array2<f64>]) -> Vec<ArrayView2<'_, f64>> {
    models.iter().map(|model| model.view()).collect()
}

/// Whose formulas `--compat` asks for.
pub fn compat(mode: Option<CompatMode>) -> Compat {
    match mode {
        None => Compat::Corrected,
        Some(CompatMode::Cleanlab29) => Compat::Cleanlab29,
    }
}

/// One id per line.
///
/// # Errors
/// If the file cannot be read or an id stands there twice.
pub fn read_ids(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the ids in {}", path.display()))?;
    let ids: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let mut seen = HashSet::new();
    for (row, id) in ids.iter().enumerate() {
        if id.is_empty() || !seen.insert(id) {
            let what = if id.is_empty() { "an empty line" } else { "an id that came before" };
            bail!("{}, line {}: found {what} ({id}), expected a new id", path.display(), row + 1);
        }
    }
    Ok(ids)
}
