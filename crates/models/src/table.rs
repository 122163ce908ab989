//! Numeric rows of a feature store, for the models that read tables.

use ndarray::Array2;

use crate::{FeatureStore, Features, ModelError};

/// The whole table behind `x`, or the error that `model` cannot read images.
pub(crate) fn table_of<'a>(
    x: Features<'a>,
    model: &'static str,
) -> Result<&'a Array2<f64>, ModelError> {
    match x.store {
        FeatureStore::Table(table) => Ok(table),
        FeatureStore::Images(_) => {
            Err(ModelError::Features { model, expected: "a table", found: "images" })
        }
    }
}

/// The rows of `x` one after another in single precision.
pub(crate) fn flat_rows(
    x: Features<'_>,
    model: &'static str,
) -> Result<(Vec<f32>, usize), ModelError> {
    let table = table_of(x, model)?;
    let mut flat = Vec::with_capacity(x.rows.len() * table.ncols());
    for &row in x.rows {
        flat.extend(table.row(row as usize).iter().map(|&value| value as f32));
    }
    Ok((flat, table.ncols()))
}
