//! The inputs of one recorded call as our types.

use ndarray::{Array2, ArrayView2, Axis};
use relabel_scoring::{Labels, format::labels_from_numbers};
use serde_json::{Map, Value};

use crate::reasons::{Failure, failure};

/// Inputs by name, those of the call before those of its case.
pub struct Inputs(Map<String, Value>);

impl Inputs {
    pub fn new(case: &Value, call: &Value) -> Self {
        let mut inputs = case["inputs"].as_object().cloned().unwrap_or_default();
        if let Some(own) = call.get("inputs").and_then(Value::as_object) {
            inputs.extend(own.clone());
        }
        for name in call.get("without").and_then(Value::as_array).into_iter().flatten() {
            inputs.remove(name.as_str().unwrap());
        }
        const KNOWN: [&str; 7] = [
            "labels",
            "pred_probs",
            "pred_probs_unlabeled",
            "annotator_ids",
            "example_ids",
            "long",
            "raw_labels",
        ];
        let unknown = inputs.keys().find(|name| !KNOWN.contains(&name.as_str()));
        assert!(unknown.is_none(), "unknown input {unknown:?}");
        Self(inputs)
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn labels(&self) -> Result<Option<Labels>, Failure> {
        let Some(rows) = self.get("labels") else { return Ok(None) };
        let cell = |cell: &Value| match cell {
            Value::Null => Ok(None),
            Value::Number(number) => Ok(number.as_f64()),
            _ => Err(failure("no class")),
        };
        let row =
            |row: &Value| row.as_array().ok_or(failure("dimensions"))?.iter().map(cell).collect();
        let rows = rows.as_array().unwrap().iter().map(row).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(labels_from_numbers(&rows)?))
    }

    /// One array per model; none if the input is absent. A single model's array has two dimensions.
    pub fn models(&self, name: &str, ensemble: bool) -> Result<Vec<Array2<f64>>, Failure> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(value) if ensemble => value.as_array().unwrap().iter().map(matrix).collect(),
            Some(value) => Ok(vec![matrix(value)?]),
        }
    }

    /// Ids by position: those given or the positions themselves.
    pub fn ids(&self, name: &str, n: usize) -> Vec<Value> {
        match self.get(name) {
            Some(ids) => ids.as_array().unwrap().clone(),
            None => (0..n).map(Value::from).collect(),
        }
    }

    pub fn is_ensemble(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value[0][0].is_array())
    }
}

fn matrix(value: &Value) -> Result<Array2<f64>, Failure> {
    let mut rows = Vec::new();
    for row in value.as_array().ok_or(failure("dimensions"))? {
        rows.push(row.as_array().ok_or(failure("dimensions"))?);
    }
    let n_columns = rows.first().map_or(0, |row| row.len());
    let mut values = Vec::new();
    for cell in rows.iter().flat_map(|row| row.iter()) {
        match cell {
            Value::Array(_) => return Err(failure("dimensions")),
            cell => values.push(cell.as_f64().unwrap_or(f64::NAN)),
        }
    }
    Array2::from_shape_vec((rows.len(), n_columns), values).map_err(|_| failure("dimensions"))
}

pub fn views(models: &[Array2<f64>]) -> Vec<ArrayView2<'_, f64>> {
    models.iter().map(|model| model.view()).collect()
}

/// Whether some row is no distribution, which the official library lets pass.
pub fn improper(models: &[Array2<f64>]) -> bool {
    models.iter().any(|model| {
        let wrong = |p: &f64| !p.is_finite() || *p < 0.0;
        model.iter().any(wrong)
            || model.sum_axis(Axis(1)).iter().any(|sum| (sum - 1.0).abs() > 1e-3)
    })
}
