//! Fits one tabular model on a csv file for several seeds and prints, per seed,
//! the accuracy and log loss on another file and the seconds of both steps.
//! `scripts/compare_tabular_models.py` drives it.
//!
//! `tabular_models MODEL TRAIN TEST SEEDS`; each line of the files holds the
//! features and, last, the class as an integer.

use std::time::Instant;

use ndarray::Array2;
use relabel_models::{Classifier, ExtraTrees, FeatureStore, Features, KNearest, Mlp, Unwatched};
use relabel_scoring::{Class, Round, Seed, Stream};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, train, test, seeds] = args.as_slice() else {
        return Err("usage: tabular_models extra-trees|mlp|k-nearest TRAIN TEST SEEDS".into());
    };
    let model = model_named(model)?;
    let ((x_train, y_train), (x_test, y_test)) = (read(train)?, read(test)?);
    let n_classes = y_train.iter().chain(&y_test).map(|class| class.at() + 1).max().unwrap_or(0);
    for seed in 0..seeds.parse()? {
        let stream = Stream::new(Seed(seed), "compare", Round(0), 0);
        let start = Instant::now();
        let x = Features { store: &x_train, rows: &all_rows(&y_train) };
        let fitted = model.fit(x, &y_train, n_classes, stream, &Unwatched)?;
        let fit_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let probs = fitted.predict_proba(Features { store: &x_test, rows: &all_rows(&y_test) })?;
        let predict_seconds = start.elapsed().as_secs_f64();
        let (accuracy, log_loss) = score(&probs, &y_test);
        println!("{accuracy} {log_loss} {fit_seconds} {predict_seconds}");
    }
    Ok(())
}

fn model_named(name: &str) -> Result<Box<dyn Classifier>, Failure> {
    match name {
        "extra-trees" => Ok(Box::new(ExtraTrees::default())),
        "mlp" => Ok(Box::new(Mlp::default())),
        "k-nearest" => Ok(Box::new(KNearest::default())),
        other => Err(format!("no model is named {other}").into()),
    }
}

fn all_rows(y: &[Class]) -> Vec<u32> {
    (0..y.len() as u32).collect()
}

fn read(path: &str) -> Result<(FeatureStore, Vec<Class>), Failure> {
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
    Ok((FeatureStore::Table(Array2::from_shape_vec((y.len(), width), values)?), y))
}

/// Accuracy, and log loss with probabilities clipped at 1e-6.
fn score(probs: &Array2<f64>, truth: &[Class]) -> (f64, f64) {
    let (mut right, mut loss) = (0, 0.0);
    for (row, class) in probs.rows().into_iter().zip(truth) {
        let best = (0..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best });
        right += usize::from(best == class.at());
        loss -= row[class.at()].max(1e-6).ln();
    }
    (f64::from(right as u32) / truth.len() as f64, loss / truth.len() as f64)
}
