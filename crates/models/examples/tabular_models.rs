//! Fits one tabular model on a csv file for several seeds and prints, per seed,
//! the accuracy and log loss on another file and the seconds of both steps.
//! `scripts/compare_tabular_models.py` drives it.
//!
//! `tabular_models MODEL TRAIN TEST FIRST END`, seeds from FIRST to before END; each
//! line of the files holds the features and, last, the class as an integer.

mod rows;

use std::time::Instant;

use ndarray::Array2;
use relabel_models::{FeatureStore, Features, Unwatched};
use relabel_scoring::{Class, Round, Seed, Stream};

use rows::{Failure, model_named, read};

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, train, test, first, end] = args.as_slice() else {
        return Err("usage: tabular_models extra-trees|mlp|k-nearest TRAIN TEST FIRST END".into());
    };
    let model = model_named(model)?;
    let ((x_train, y_train), (x_test, y_test)) = (read(train)?, read(test)?);
    let [x_train, x_test] = [x_train, x_test].map(FeatureStore::Table);
    let n_classes = y_train.iter().chain(&y_test).map(|class| class.at() + 1).max().unwrap_or(0);
    for seed in first.parse()?..end.parse()? {
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

fn all_rows(y: &[Class]) -> Vec<u32> {
    (0..y.len() as u32).collect()
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
