//! Small inputs written out, and their scores.
#![allow(clippy::unwrap_used, dead_code)]

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    ActiveLabScores, Class, Compat, FrequencyTie, LabelQuality, Labels, QualityError,
    QualityOptions, Round, Seed, Stream, active_lab, label_quality, validation::check_active_lab,
};

/// A matrix with -1 for missing labels.
pub fn labels(rows: &[&[i32]]) -> Labels {
    let class = |class: &i32| u16::try_from(*class).ok().map(Class);
    let rows: Vec<Vec<Option<Class>>> =
        rows.iter().map(|row| row.iter().map(class).collect()).collect();
    Labels::from_wide(&rows).unwrap()
}

pub fn stream() -> Stream {
    Stream::new(Seed(0), "edge", Round(0), 0)
}

pub fn try_quality(
    rows: &[&[i32]],
    probs: &Array2<f64>,
    options: &QualityOptions,
) -> Result<LabelQuality, QualityError> {
    label_quality(&labels(rows), &[probs.view()], options, stream())
}

pub fn quality(rows: &[&[i32]], probs: &Array2<f64>) -> LabelQuality {
    try_quality(rows, probs, &QualityOptions::default()).unwrap()
}

pub fn scores(rows: Option<&[&[i32]]>, probs: &Array2<f64>, pool: &Array2<f64>) -> ActiveLabScores {
    let labels = rows.map(labels);
    let part = |probs: &Array2<f64>| if probs.is_empty() { 0 } else { 1 };
    let views = [probs.view()];
    let pools = [pool.view()];
    let (views, pools): (&[ArrayView2<'_, f64>], &[ArrayView2<'_, f64>]) =
        (&views[..part(probs)], &pools[..part(pool)]);
    check_active_lab(labels.as_ref(), views, pools, Compat::Corrected).unwrap();
    active_lab(labels.as_ref(), views, pools, FrequencyTie::Rarest, stream())
}

pub fn compatible() -> QualityOptions {
    QualityOptions { compat: Compat::Cleanlab29, ..QualityOptions::default() }
}

pub fn uniform(n: usize, k: usize) -> Array2<f64> {
    Array2::from_elem((n, k), 1.0 / k as f64)
}

pub fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}
