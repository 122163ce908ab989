//! What practitioners bring: a label file, matched with class probabilities and
//! with the names behind every index.

use std::{collections::HashSet, path::Path};

use anyhow::{Context, Result, bail};
use ndarray::ArrayView2;
use relabel_data::{LabelFile, Names, listed, read_label_file_with};
use relabel_scoring::Compat;

use crate::{
    args::{CompatMode, LabelArgs},
    trusted::counted,
};

/// What some editors begin UTF-8 text with.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads `--labels` with the ids of `--examples` and the names of `--classes`.
///
/// # Errors
/// Names the file, the row, what was found and what was expected.
pub fn read_labels(labels: &Path, args: &LabelArgs) -> Result<LabelFile> {
    check_class_names(args.classes.as_deref().unwrap_or_default())?;
    let ids = args.examples.as_deref().map(read_ids).transpose()?;
    let file = read_label_file_with(labels, ids.as_ref(), args.classes.as_deref())?;
    if file.labels.n_labels() == 0 {
        bail!("{} holds no labels; give a file with at least one", labels.display());
    }
    Ok(file)
}

/// Every class of `--classes` needs a name of its own.
fn check_class_names(names: &[String]) -> Result<()> {
    let mut seen = HashSet::new();
    for name in names.iter().map(|name| name.trim()) {
        if name.is_empty() {
            bail!("--classes {}: found an empty name, expected a name per class", names.join(","));
        }
        if !seen.insert(name) {
            bail!("--classes names '{name}' twice; give every class a name of its own");
        }
    }
    Ok(())
}

/// Checks that the rows of `probs` are the examples, and gives every column a class name.
///
/// # Errors
/// If there is another number of rows, or names are missing for columns.
pub fn match_with(
    file: &mut LabelFile,
    probs: &[ArrayView2<'_, f64>],
    source: &Path,
) -> Result<()> {
    let Some(first) = probs.first() else { return Ok(()) };
    let (rows, columns) = first.dim();
    let examples = file.example_ids.len();
    if rows != examples {
        bail!(
            "{} has {}, but the labels are of {}; give a row per example in the order of the \
             wide rows or of the sorted ids, or name the rows with --examples",
            source.display(),
            counted(rows, "row"),
            counted(examples, "example"),
        );
    }
    let names = file.class_names.as_slice();
    if columns < names.len() {
        bail!(
            "{} has {}, but the labels name {} ({}){}; give a column per class",
            source.display(),
            counted(columns, "column"),
            counted(names.len(), "class"),
            listed(names),
            one_beyond(file, columns)
        );
    }
    let numbered = names.iter().enumerate().all(|(class, name)| *name == class.to_string());
    if columns > names.len() && !numbered {
        bail!(
            "{} has {}, but the labels name {} ({}); give all names in the order of the columns \
             with --classes",
            source.display(),
            counted(columns, "column"),
            counted(names.len(), "class"),
            listed(names)
        );
    }
    file.class_names.extend((file.class_names.len()..columns).map(|class| class.to_string()));
    Ok(())
}

/// Where a label stands that has no column.
fn one_beyond(file: &LabelFile, columns: usize) -> String {
    let mut labels = file.labels.examples().zip(file.example_ids.iter());
    let found = labels.find_map(|(given, example)| {
        given.iter().find(|(_, class)| class.at() >= columns).map(|label| (label, example))
    });
    found.map_or_else(String::new, |((annotator, class), example)| {
        let (name, who) = (&file.class_names[class.at()], &file.annotator_ids[annotator.at()]);
        format!(", such as {name} by annotator {who} for example {example}")
    })
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
pub fn read_ids(path: &Path) -> Result<Names> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the ids in {}", path.display()))?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let mut seen = HashSet::new();
    for (row, id) in text.lines().map(str::trim).enumerate() {
        if id.is_empty() || !seen.insert(id) {
            let what = if id.is_empty() { "an empty line" } else { "an id that came before" };
            bail!("{}, line {}: found {what} ({id}), expected a new id", path.display(), row + 1);
        }
    }
    Ok(text.lines().map(str::trim).collect())
}
