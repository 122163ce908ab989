//! Labels from an NPY file: one row per example, one column per annotator; NaN
//! in arrays of floats and -1 in arrays of integers are missing labels.

use std::path::Path;

use super::gathered::{Gathered, Label};
use crate::{DataError, npy};

/// From here on a float is not the number that was meant any more.
const INEXACT: f64 = (1_u64 << 53) as f64;

pub(super) fn gather(path: &Path) -> Result<Gathered, DataError> {
    let array = npy::read(path)?;
    let &[n_examples, n_annotators] = array.values.shape() else {
        let found = format!("an array of shape {:?}", array.values.shape());
        return Err(DataError::file(path, found, "two axes: examples and annotators"));
    };
    if array.values.is_empty() {
        let found = format!("an empty array of shape {:?}", array.values.shape());
        return Err(DataError::file(path, found, "a row per example and a column per annotator"));
    }
    let mut gathered = Gathered::default();
    for example in 0..n_examples {
        let number = gathered.examples.number_of_text(&example.to_string());
        gathered.rows.push((number, example + 1));
    }
    for annotator in 0..n_annotators {
        gathered.annotators.number_of_text(&annotator.to_string());
    }
    let missing = |value: f64| if array.is_integer { value == -1.0 } else { value.is_nan() };
    for (at, &value) in array.values.iter().enumerate() {
        if missing(value) {
            continue;
        }
        let (example, annotator) = (at / n_annotators, at % n_annotators);
        if value.fract() != 0.0 || !(0.0..INEXACT).contains(&value) {
            let expected = if array.is_integer { "-1 (missing)" } else { "NaN (missing)" };
            let expected = format!("{expected} or a class from 0");
            let found = if value.abs() < INEXACT {
                format!("label {value}")
            } else {
                format!("label {value:e}")
            };
            return Err(DataError::row(path, example + 1, found, expected));
        }
        let class = gathered.classes.number_of_text(&format!("{value:.0}"));
        let label = Label { example: example as u32, annotator: annotator as u32, class };
        gathered.push(label, example + 1);
    }
    Ok(gathered)
}
