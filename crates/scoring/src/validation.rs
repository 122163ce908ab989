//! Checks at the border: which labels, probabilities and options belong
//! together. With [`Compat::Cleanlab29`] whatever cleanlab 2.9 refuses is refused,
//! with [`Compat::Corrected`] missing labels are tolerated and noted while
//! probabilities must be probabilities.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use crate::{
    Class, Compat, ExampleId, Ids, InputError, LabelScore, Labels, Note, QualityOptions,
    blocks::map_blocks,
    crowdlab::mean,
    majority::{all_tied, undecidable},
    temperature,
};

/// How far a row of probabilities may sum from 1.
const SUM_TOLERANCE: f64 = 1e-3;
/// How far cleanlab lets a probability leave [0, 1].
const RANGE_TOLERANCE: f64 = 1e-6;

/// Labels of several annotators who can be compared.
///
/// # Errors
/// If fewer than two annotators have labels or no example has two; with
/// [`Compat::Cleanlab29`] also if an example or an annotator has none.
pub fn check_labels(labels: &Labels, compat: Compat) -> Result<Vec<Note>, InputError> {
    let mut notes = check_presence(labels, compat)?;
    if labels.labels_per_annotator().iter().filter(|&&n_labels| n_labels > 0).count() < 2 {
        return Err(InputError::OneAnnotator);
    }
    if !labels.has_overlap() {
        return Err(InputError::NoOverlap);
    }
    notes.extend(Note::no_agreement(labels));
    notes.extend(Note::loners(labels));
    Ok(notes)
}

/// Examples and annotators without labels: an error or a note.
fn check_presence(labels: &Labels, compat: Compat) -> Result<Vec<Note>, InputError> {
    if labels.n_labels() == 0 {
        return Err(InputError::NoLabels);
    }
    let examples = zeros(labels.examples().map(<[_]>::len));
    let annotators = zeros(labels.labels_per_annotator().into_iter());
    if compat == Compat::Cleanlab29 && !examples.is_empty() {
        return Err(InputError::ExamplesWithoutLabels(Ids(examples)));
    }
    if compat == Compat::Cleanlab29 && !annotators.is_empty() {
        return Err(InputError::AnnotatorsWithoutLabels(Ids(annotators)));
    }
    let mut notes = Vec::new();
    if !examples.is_empty() {
        notes.push(Note::ExamplesWithoutLabels(Ids(examples)));
    }
    if !annotators.is_empty() {
        notes.push(Note::AnnotatorsWithoutLabels(Ids(annotators)));
    }
    Ok(notes)
}

fn zeros(counts: impl Iterator<Item = usize>) -> Vec<u32> {
    counts.zip(0..).filter(|(count, _)| *count == 0).map(|(_, position)| position).collect()
}

/// Probabilities `[N, K]` per model that fit the labels.
///
/// # Errors
/// If there is no model, the shapes differ, a label has no column, or (not with
/// [`Compat::Cleanlab29`]) a row is no distribution.
pub fn check_probs(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    compat: Compat,
) -> Result<(), InputError> {
    let n_classes = probs.first().ok_or(InputError::NoModel)?.ncols();
    check_shapes(probs, labels.n_examples(), n_classes)?;
    if let Some(Class(highest)) = labels.max_class()
        && usize::from(highest) >= n_classes
    {
        return Err(InputError::ClassWithoutColumn { highest, n_classes });
    }
    if compat == Compat::Corrected { check_distributions(probs) } else { Ok(()) }
}

fn check_shapes(
    probs: &[ArrayView2<'_, f64>],
    n_examples: usize,
    n_classes: usize,
) -> Result<(), InputError> {
    for (model, found) in probs.iter().enumerate() {
        let (rows, columns) = found.dim();
        if rows != n_examples || columns != n_classes || columns == 0 {
            return Err(InputError::Shape { model, rows, columns, n_examples, n_classes });
        }
    }
    Ok(())
}

fn check_distributions(probs: &[ArrayView2<'_, f64>]) -> Result<(), InputError> {
    for (model, probs) in probs.iter().enumerate() {
        let checked = map_blocks(probs.dim(), |rows| check_rows(model, *probs, rows));
        checked.into_iter().collect::<Result<(), _>>()?;
    }
    Ok(())
}

fn check_rows(
    model: usize,
    probs: ArrayView2<'_, f64>,
    mut rows: Range<usize>,
) -> Result<(), InputError> {
    rows.try_for_each(|row| {
        let values = probs.row(row);
        let sum = values.sum();
        let plausible = (sum - 1.0).abs() <= SUM_TOLERANCE;
        if plausible && values.iter().fold(true, |all, p| all & is_probability(*p)) {
            return Ok(());
        }
        match values.iter().position(|p| !is_probability(*p)) {
            Some(column) => {
                Err(InputError::Probability { model, row, column, value: values[column] })
            }
            None => Err(InputError::RowSum { model, row, last: values.len() - 1, sum }),
        }
    })
}

/// A posterior of such values stays within the range that cleanlab demands of it.
fn is_probability(p: f64) -> bool {
    (0.0..=1.0 + RANGE_TOLERANCE).contains(&p)
}

/// cleanlab's only check of values: whether the posterior is one.
pub(crate) fn check_posterior(
    posterior: &Array2<f64>,
    options: &QualityOptions,
) -> Result<(), InputError> {
    if options.compat == Compat::Corrected {
        return Ok(());
    }
    let strict = options.label_score == LabelScore::ConfidenceWeightedEntropy;
    match outside(posterior.view(), if strict { 0.0 } else { RANGE_TOLERANCE }) {
        Some((row, column, value)) => Err(InputError::Posterior { row, column, value }),
        None => Ok(()),
    }
}

/// The same check where there is no posterior.
fn check_range(probs: &[ArrayView2<'_, f64>]) -> Result<(), InputError> {
    let outside = |(model, probs): (usize, &ArrayView2<'_, f64>)| {
        let (row, column, value) = outside(*probs, RANGE_TOLERANCE)?;
        Some(InputError::Probability { model, row, column, value })
    };
    probs.iter().enumerate().find_map(outside).map_or(Ok(()), Err)
}

/// The first value that leaves [0, 1] by more than `tolerance`, with its row and column.
fn outside(probs: ArrayView2<'_, f64>, tolerance: f64) -> Option<(usize, usize, f64)> {
    let outside = |p: f64| p < -tolerance || p > 1.0 + tolerance;
    let found = probs.indexed_iter().find(|(_, p)| outside(**p));
    found.map(|((row, column), &value)| (row, column, value))
}

/// What [`crate::majority_vote`] leaves to chance is an error in cleanlab if
/// no example at all has a clear majority.
///
/// # Errors
/// With [`Compat::Cleanlab29`] in that case.
pub fn check_ties(
    labels: &Labels,
    probs: Option<ArrayView2<'_, f64>>,
    n_classes: usize,
    compat: Compat,
) -> Result<(), InputError> {
    if compat == Compat::Corrected {
        return Ok(());
    }
    match undecidable(labels, probs, n_classes) {
        Some(ExampleId(example)) => Err(InputError::AllTied { example }),
        None => Ok(()),
    }
}

/// The input of [`crate::active_lab`]. Probabilities without labels are an
/// error, a single annotator is none; the pool needs the labelled part's models and classes.
///
/// # Errors
/// Like [`check_labels`] and [`check_probs`], as far as they apply.
pub fn check_active_lab(
    labels: Option<&Labels>,
    probs: &[ArrayView2<'_, f64>],
    pool: &[ArrayView2<'_, f64>],
    compat: Compat,
) -> Result<Vec<Note>, InputError> {
    let notes = match labels {
        _ if probs.is_empty() && pool.is_empty() => return Err(InputError::NoModel),
        _ if probs.is_empty() => Vec::new(),
        None => return Err(InputError::ProbsWithoutLabels),
        Some(labels) => check_labelled_part(labels, probs, compat)?,
    };
    if !pool.is_empty() {
        let labeled = probs.first().map(|first| (probs.len(), first.ncols()));
        check_pool(pool, labeled, compat)?;
    }
    Ok(notes)
}

/// A pool `[N, K]` per model, of as many models and classes as the labelled part if there is one.
///
/// # Errors
/// If there is no model, shapes differ, or (not with [`Compat::Cleanlab29`]) a row is no
/// distribution.
pub fn check_pool(
    pool: &[ArrayView2<'_, f64>],
    labeled: Option<(usize, usize)>,
    compat: Compat,
) -> Result<(), InputError> {
    let first = pool.first().ok_or(InputError::NoModel)?;
    let (n_models, n_classes) = labeled.unwrap_or((pool.len(), first.ncols()));
    if n_models != pool.len() {
        return Err(InputError::PoolModels { labeled: n_models, pool: pool.len() });
    }
    let checked = check_shapes(pool, first.nrows(), n_classes).and_then(|()| match compat {
        Compat::Corrected => check_distributions(pool),
        Compat::Cleanlab29 => Ok(()),
    });
    checked.map_err(|error| InputError::Pool(error.into()))
}

fn check_labelled_part(
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    compat: Compat,
) -> Result<Vec<Note>, InputError> {
    let notes = check_presence(labels, compat)?;
    check_probs(labels, probs, compat)?;
    if compat == Compat::Cleanlab29 && labels.has_overlap() {
        check_scaled_ties(labels, probs)?;
    } else if compat == Compat::Cleanlab29 {
        check_range(probs)?;
    }
    Ok(notes)
}

/// [`check_ties`] as cleanlab's ActiveLab meets them: after the temperatures.
fn check_scaled_ties(labels: &Labels, probs: &[ArrayView2<'_, f64>]) -> Result<(), InputError> {
    let n_classes = probs[0].ncols();
    if !all_tied(labels, n_classes) {
        return Ok(());
    }
    let scaled: Vec<_> = probs
        .iter()
        .map(|model| temperature::scale(*model, temperature::search_cleanlab_2_9(labels, *model)))
        .collect();
    let views: Vec<_> = scaled.iter().map(|model| model.view()).collect();
    check_ties(labels, Some(mean(&views).view()), n_classes, Compat::Cleanlab29)
}
