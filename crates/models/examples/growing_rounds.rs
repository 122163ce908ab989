//! Times cross-validation as one cell of the wall-robot benchmark does it: 20
//! rounds in which the labelled rows grow while the pool shrinks.
//!
//! `growing_rounds MODEL TRAIN TEST WRONG THREADS`; files as in the example
//! `tabular_models`, WRONG is the share of random labels (0.12 in round 0).

mod rows;

use std::time::Instant;

use ndarray::{Axis, concatenate};
use relabel_models::{ClassesRule, CrossValidation, FeatureStore, Split, Unwatched};
use relabel_scoring::{Class, Round, Seed, Stream, stream};

use rows::{Failure, model_named, read};

const ROUNDS: u16 = 20;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, train, test, wrong, threads] = args.as_slice() else {
        return Err("usage: growing_rounds MODEL TRAIN TEST WRONG THREADS".into());
    };
    let model = model_named(model)?;
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
