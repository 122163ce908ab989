//! The csv files and the model names of the examples on tables: each line of a
//! file holds the features and, last, the class as an integer.

use ndarray::Array2;
use relabel_models::{Classifier, ExtraTrees, KNearest, Mlp};
use relabel_scoring::Class;

/// Why an example ends early.
pub type Failure = Box<dyn std::error::Error>;

/// The model with its settings of the benchmarks.
pub fn model_named(name: &str) -> Result<Box<dyn Classifier>, Failure> {
    match name {
        "extra-trees" => Ok(Box::new(ExtraTrees::default())),
        "mlp" => Ok(Box::new(Mlp::default())),
        "k-nearest" => Ok(Box::new(KNearest::default())),
        other => Err(format!("no model is named {other}").into()),
    }
}

/// Features and classes of a file.
pub fn read(path: &str) -> Result<(Array2<f64>, Vec<Class>), Failure> {
    let text = std::fs::read_to_string(path)?;
    let (mut values, mut y) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let (features, class) = line.rsplit_once(',').ok_or("a line has one field only")?;
        for value in features.split(',') {
            values.push(value.parse::<f64>()?);
        }
        y.push(Class(class.parse()?));
    }
    let width = values.len() / y.len().max(1);
    Ok((Array2::from_shape_vec((y.len(), width), values)?, y))
}
