//! Times cross-validation as one cell of the wall-robot benchmark does it: 20
//! rounds in which the labelled rows grow while the pool shrinks.
//!
//! `growing_rounds MODEL TRAIN TEST WRONG THREADS`; files as in the example
//! `tabular_models`, WRONG is the share of random labels (0.12 in round 0).

use std::time::Instant;

use ndarray::{Array2, Axis, concatenate};
use relabel_models::{
    ClassesRule, Classifier, CrossValidation, ExtraTrees, FeatureStore, KNearest, Mlp, Split,
    Unwatched,
};
use relabel_scoring::{Class, Round, Seed, Stream, stream};

type Failure = Box<dyn std::error::Error>;

const ROUNDS: u16 = 20;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, train, test, wrong, threads] = args.as_slice() else {
        return Err("usage: growing_rounds MODEL TRAIN TEST WRONG THREADS".into());
    };
    let model: Box<dyn Classifier> = match model.as_str() {
        "extra-trees" => Box::new(ExtraTrees::default()),
        "mlp" => Box::new(Mlp::default()),
        "k-nearest" => Box::new(KNearest::default()),
        other => return Err(format!("no model is named {other}").into()),
    };
    let ((x_train, mut y), (x_test, truth)) = (read(train)?, read(test)?);
    let n_classes = truth.iter().map(|class| class.at() + 1).max().unwrap_or(0);
    let mut rng = Stream::new(Seed(0), "noise", Round(0), 0).rng();
    let wrong: f64 = wrong.parse()?;
    for class in &mut y {
        if stream::uniform(&mut rng) < wrong {
            *class = Class(stream::below(&mut rng, n_classes) as u16);
        }
    }
    let store = FeatureStore::Table(concatenate(Axis(0), &[x_train.view(), x_test.view()])?);
    let rows: Vec<u32> = (0..y.len() as u32).collect();
    let test: Vec<u32> = (y.len() as u32..(y.len() + truth.len()) as u32).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let validation = CrossValidation {
        folds: 5,
        shuffle: true,
        classes: ClassesRule::Published(n_classes),
        parallel_folds: true,
    };
    let start = Instant::now();
    let mut accuracy = Vec::new();
    for round in 0..ROUNDS {
        let n_labeled =
            y.len() / 4 + y.len() * 3 / 4 * usize::from(round) / usize::from(ROUNDS - 1);
        let split = Split {
            store: &store,
            labeled: &rows[..n_labeled],
            consensus: &y[..n_labeled],
            pool: &rows[n_labeled..],
            test: &test,
            test_truth: &truth,
        };
        let stream = Stream::new(Seed(0), "fit", Round(round), 0);
        let done = pool.install(|| validation.run(model.as_ref(), &split, stream, &Unwatched))?;
        accuracy.push(done.fold_accuracy.iter().sum::<f64>() / 5.0);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:.2} s for {} fits, {:.2} ms each; accuracy {:.4} to {:.4}",
        seconds,
        ROUNDS * 5,
        seconds * 1e3 / f64::from(ROUNDS * 5),
        accuracy[0],
        accuracy[accuracy.len() - 1]
    );
    Ok(())
}

fn read(path: &str) -> Result<(Array2<f64>, Vec<Class>), Failure> {
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
