//! Class probabilities from npy files: one array per model.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use ndarray::{ArrayD, ArrayView2, Axis, Ix2, Ix3};
use relabel_data::npy;

/// The arrays of several files: every file holds one `[n, K]` array or a stack `[models, n, K]`.
pub struct Probabilities {
    arrays: Vec<ArrayD<f64>>,
}

impl Probabilities {
    /// # Errors
    /// If a file is no array of two or three dimensions, holds nothing, or shapes differ.
    pub fn read(files: &[PathBuf]) -> Result<Self> {
        let mut arrays: Vec<ArrayD<f64>> = Vec::new();
        for file in files {
            let array = npy::read_f64(file)?;
            check_shape(file, array.shape())?;
            if let Some(first) = arrays.first()
                && model_shape(first) != model_shape(&array)
            {
                bail!(
                    "{}: found shape {:?}, expected {:?} as in {}",
                    file.display(),
                    model_shape(&array),
                    model_shape(first),
                    files[0].display()
                );
            }
            arrays.push(array);
        }
        Ok(Self { arrays })
    }

    /// One view per model.
    pub fn views(&self) -> Vec<ArrayView2<'_, f64>> {
        let mut views = Vec::new();
        for array in &self.arrays {
            match array.view().into_dimensionality::<Ix3>() {
                Ok(stack) => views.extend(stack.into_axis_iter(Axis(0))),
                Err(_) => views.extend(array.view().into_dimensionality::<Ix2>()),
            }
        }
        views
    }
}

fn check_shape(file: &Path, shape: &[usize]) -> Result<()> {
    const EXPECTED: &str = "[examples, classes] or [models, examples, classes]";
    if !matches!(shape.len(), 2 | 3) {
        bail!("{}: found an array of shape {shape:?}, expected {EXPECTED}", file.display());
    }
    if shape.contains(&0) {
        bail!("{}: found an empty array of shape {shape:?}, expected {EXPECTED}", file.display());
    }
    Ok(())
}

/// The last two dimensions.
fn model_shape(array: &ArrayD<f64>) -> &[usize] {
    &array.shape()[array.ndim() - 2..]
}
