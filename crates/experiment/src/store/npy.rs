//! The arrays of a finished cell under the names and shapes of the published results.

use std::path::Path;

use super::{RoundRecord, StoreError, write_atomic};

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
    std::fs::create_dir_all(&folder).map_err(StoreError::io("make", &folder))?;
    let per_round: [(&str, fn(&RoundRecord) -> f64); 4] = [
        ("accuracy", |record| record.metrics.consensus_accuracy),
        ("model_accuracy", |record| record.metrics.model_accuracy),
        ("distribution_entropy", |record| record.distribution_entropy),
        ("num_added", |record| record.num_added as f64),
    ];
    for (what, value) in per_round {
        let values: Vec<f64> = records.iter().map(value).collect();
        let bytes = encode(&format!("({},)", values.len()), &values);
        write_atomic(&folder.join(format!("{method}_{what}_{seed}.npy")), &bytes)?;
    }
    let columns = records.first().map_or(0, |record| record.per_example_count.len());
    let counts: Vec<f64> = records
        .iter()
        .flat_map(|record| record.per_example_count.iter().map(|&count| f64::from(count)))
        .collect();
    let bytes = encode(&format!("({}, {columns})", records.len()), &counts);
    write_atomic(&folder.join(format!("{method}_per_example_count_{seed}.npy")), &bytes)
}

/// Version 1.0 of numpy's format: magic, header padded to 64 bytes, little-endian values.
fn encode(shape: &str, values: &[f64]) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
