//! Class scores of a device against those of the CPU, from the same weights.

use anyhow::Result;
use relabel_models::{
    Images,
    image::{Engine, Named, NetKind, Precision},
};

use super::{nets, result::Agreement};

/// Images that are compared.
const N: u32 = 64;

/// Compares one network.
///
/// # Errors
/// If a device fails.
pub fn compare(
    engine: &dyn Engine,
    cpu: &dyn Engine,
    kind: NetKind,
    images: &Images,
    precision: Precision,
) -> Result<Agreement> {
    let rows: Vec<u32> = (0..N).collect();
    let scores = |engine, precision| {
        nets::build(engine, kind, images, rows.len(), precision)?
            .scores(0, images, &rows, false)
            .map_err(anyhow::Error::from)
    };
    let (ours, theirs) = (scores(engine, precision)?, scores(cpu, Precision::F32)?);
    let differences = ours.iter().zip(&theirs).map(|(a, b)| f64::from((a - b).abs()));
    Ok(Agreement {
        net: kind.name(),
        precision: precision.name(),
        greatest_difference: differences.fold(0.0, f64::max),
        greatest_score: theirs.iter().map(|score| f64::from(score.abs())).fold(0.0, f64::max),
    })
}
