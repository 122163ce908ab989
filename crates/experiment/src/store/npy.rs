//! The arrays of a finished cell under the names and shapes of the published results.

use std::path::Path;

use ndarray::{Array1, Array2};
use relabel_data::npy::bytes_f64;

use super::{RoundRecord, StoreError, make_folder, write_atomic};

type Measure = fn(&RoundRecord) -> f64;

/// Writes `npy/<method>_<what>_<seed>.npy` for one cell.
///
/// # Errors
/// [`StoreError::Io`]
pub fn publish_npy(
    run: &Path,
    method: &str,
    seed: u64,
    records: &[RoundRecord],
) -> Result<(), StoreError> {
    let folder = run.join("npy");
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
        write_atomic(&folder.join(format!("{method}_{what}_{seed}.npy")), &bytes)?;
    }
    let columns = records.first().map_or(0, |record| record.per_example_count.len());
    let counts: Vec<f64> = records
        .iter()
        .flat_map(|record| record.per_example_count.iter().map(|&count| f64::from(count)))
        .collect();
    let counts = Array2::from_shape_vec((records.len(), columns), counts)
        .expect("every round should count the labels of every example");
    let bytes = bytes_f64(counts.view().into_dyn());
    write_atomic(&folder.join(format!("{method}_per_example_count_{seed}.npy")), &bytes)
}
