//! The arrays of a finished cell under the names and shapes of the published results.

use std::path::Path;

use ndarray::{Array1, Array2};
use relabel_data::npy::bytes_f64;

use super::{RoundRecord, StoreError, make_folder, write_atomic};

type Measure = fn(&RoundRecord) -> f64;

/// What the arrays of a cell are called.
pub struct NpyNames<'a> {
    /// The strategy's published name.
    pub method: &'a str,
    /// The level of annotator accuracy, a folder of its own.
    pub level: Option<&'a str>,
    /// The seed.
    pub seed: u64,
    /// Whether model accuracy is that of one model fitted on everything.
    pub full_fit: bool,
}

/// Writes `npy/[<level>/]<method>_<what>_<seed>.npy` for one cell. The benchmarks that
/// measure a full fit saved that one measure as `<method>_<seed>.npy`: it is there too.
///
/// # Errors
/// [`StoreError::Io`]
pub fn publish_npy(
    run: &Path,
    names: &NpyNames<'_>,
    records: &[RoundRecord],
) -> Result<(), StoreError> {
    let NpyNames { method, level, seed, full_fit } = names;
    let folder = run.join("npy").join(level.unwrap_or_default());
    make_folder(&folder)?;
    let per_round: [(&str, Measure); 4] = [
        ("accuracy", |record| record.metrics.consensus_accuracy),
        ("model_accuracy", |record| record.metrics.model_accuracy),
        ("distribution_entropy", |record| record.distribution_entropy),
        ("num_added", |record| record.num_added as f64),
    ];
    for (what, value) in per_round {
        let values: Array1<f64> = records.iter().map(value).collect();
        let bytes = bytes_f64(values.view().into_dyn());
        keep(&folder.join(format!("{method}_{what}_{seed}.npy")), &bytes)?;
        if *full_fit && what == "model_accuracy" {
            keep(&folder.join(format!("{method}_{seed}.npy")), &bytes)?;
        }
    }
    let columns = records.first().map_or(0, |record| record.per_example_count.len());
    let counts: Vec<f64> = records
        .iter()
        .flat_map(|record| record.per_example_count.iter().map(|&count| f64::from(count)))
        .collect();
    let counts = Array2::from_shape_vec((records.len(), columns), counts)
        .expect("every round should count the labels of every example");
    let bytes = bytes_f64(counts.view().into_dyn());
    keep(&folder.join(format!("{method}_per_example_count_{seed}.npy")), &bytes)
}

/// Writes only what is not there already.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        _ => write_atomic(path, bytes),
    }
}
