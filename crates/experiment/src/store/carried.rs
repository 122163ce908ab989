//! The probabilities that one round leaves for the next, exact to the bit:
//! without them the next round's consensus could not be formed after a restart.

use std::path::Path;

use ndarray::Array2;
use relabel_data::sha256;

use super::{StoreError, write_atomic};

/// Bytes of the probabilities of all models: three sizes, then the values, little-endian.
pub(super) fn encode(models: &[Array2<f64>]) -> Vec<u8> {
    let (rows, columns) = models.first().map_or((0, 0), Array2::dim);
    let mut bytes = Vec::with_capacity(24 + models.len() * rows * columns * 8);
    for size in [models.len(), rows, columns] {
        bytes.extend((size as u64).to_le_bytes());
    }
    for value in models.iter().flatten() {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// Writes the probabilities and returns their SHA-256.
pub(super) fn write(path: &Path, models: &[Array2<f64>]) -> Result<String, StoreError> {
    let bytes = encode(models);
    write_atomic(path, &bytes)?;
    Ok(sha256(&bytes))
}

/// Reads the probabilities if the file is the one with this SHA-256.
pub(super) fn read(path: &Path, expected: &str) -> Result<Vec<Array2<f64>>, StoreError> {
    let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
    if sha256(&bytes) != expected {
        return Err(StoreError::damaged(path, "its checksum is wrong"));
    }
    decode(path, &bytes)
}

/// The probabilities in `bytes`, which are known to be as [`encode`] made them.
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Vec<Array2<f64>>, StoreError> {
    let [models, rows, columns] = [0, 8, 16].map(|at| le_word(&bytes[at..at + 8]) as usize);
    let values: Vec<f64> =
        bytes[24..].chunks_exact(8).map(|bytes| f64::from_bits(le_word(bytes))).collect();
    (0..models)
        .map(|model| {
            let part = values[model * rows * columns..(model + 1) * rows * columns].to_vec();
            Array2::from_shape_vec((rows, columns), part)
                .map_err(|error| StoreError::damaged(path, error))
        })
        .collect()
}

fn le_word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}
