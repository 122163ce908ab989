//! Who trains, who is held out, what is averaged, and the two rules for classes
//! that a fold's training rows lack.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use relabel_models::{
    ClassesRule, Classifier, CrossValidated, CrossValidation, ExtraTrees, FeatureStore, Features,
    Fitted, FoldWatch, KNearest, Mlp, ModelError, Split, Unwatched, Watch,
};
use relabel_scoring::{Class, Round, Seed, Stream, stream};

/// Predicts the class shares of its training rows and records those rows.
#[derive(Default)]
struct Prior {
    fits: Mutex<Vec<(Vec<u32>, Vec<Class>)>>,
    streams: Mutex<Vec<Stream>>,
}

struct Shares(Vec<f64>);

impl Classifier for Prior {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        _watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        self.streams.lock().unwrap().push(stream);
        self.fits.lock().unwrap().push((x.rows.to_vec(), y.to_vec()));
        // a little for every class, as a network would have it
        let mut shares = vec![0.01; n_classes];
        y.iter().for_each(|class| shares[class.at()] += 1.0);
        let total: f64 = shares.iter().sum();
        Ok(Box::new(Shares(shares.iter().map(|share| share / total).collect())))
    }
}

impl Fitted for Shares {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        Ok(Array2::from_shape_fn((x.rows.len(), self.0.len()), |(_, class)| self.0[class]))
    }
}

fn validation(classes: ClassesRule) -> CrossValidation {
    CrossValidation { folds: 3, shuffle: false, classes, parallel_folds: false }
}

fn stream() -> Stream {
    Stream::new(Seed(1), "fit", Round(0), 0)
}

/// Labelled rows 10, 11, ..; pool 30 and 31; test 40 and 41 of classes 0 and 1.
fn run(validation: &CrossValidation, model: &dyn Classifier, consensus: &[u16]) -> CrossValidated {
    let store = FeatureStore::Table(Array2::zeros((50, 1)));
    let labeled: Vec<u32> = (10..10 + consensus.len() as u32).collect();
    let consensus: Vec<Class> = consensus.iter().copied().map(Class).collect();
    let split = Split {
        store: &store,
        labeled: &labeled,
        consensus: &consensus,
        pool: &[30, 31],
        test: &[40, 41],
        test_truth: &[Class(0), Class(1)],
    };
    validation.run(model, &split, stream(), &Unwatched).unwrap()
}

#[test]
fn every_row_is_held_out_once_and_pool_and_test_are_means() {
    let model = Prior::default();
    let consensus = [0, 1, 0, 1, 0, 1, 0, 0];
    let found = run(&validation(ClassesRule::Fixed(2)), &model, &consensus);
    let fits = model.fits.into_inner().unwrap();
    assert_eq!(model.streams.into_inner().unwrap(), [1, 2, 3].map(|child| stream().child(child)));
    let share = |y: &[Class]| {
        let zeros = y.iter().filter(|class| class.at() == 0).count() as f64;
        (zeros + 0.01) / (y.len() as f64 + 0.02)
    };
    for row in 0..8 {
        let without: Vec<_> =
            fits.iter().filter(|(rows, _)| !rows.contains(&(10 + row as u32))).collect();
        assert_eq!(without.len(), 1);
        assert!((found.labeled[(row, 0)] - share(&without[0].1)).abs() < 1e-12);
    }
    let mean = fits.iter().map(|(_, y)| share(y)).sum::<f64>() / 3.0;
    assert!(found.pool.column(0).iter().all(|&prob| (prob - mean).abs() < 1e-12));
    assert!(found.test.column(0).iter().all(|&prob| (prob - mean).abs() < 1e-12));
    assert_eq!(found.fold_accuracy, [0.5, 0.5, 0.5]);
    assert!(found.notes.is_empty());
}

#[test]
fn the_fixed_rule_gives_zero_to_a_class_the_training_rows_lack() {
    let consensus = [0, 0, 0, 1, 1, 1, 2];
    let found = run(&validation(ClassesRule::Fixed(4)), &Prior::default(), &consensus);
    assert_eq!(found.labeled.dim(), (7, 4));
    assert_eq!(found.labeled[(6, 2)], 0.0);
    assert!((found.labeled.row(6).sum() - 1.0).abs() < 1e-12);
    assert!(found.pool.column(3).iter().all(|&prob| prob == 0.0));
    assert!(found.pool[(0, 2)] > 0.0);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].starts_with("class 3 vanished from the consensus"));
    assert!(found.notes[1].contains("class 2 is absent from the training rows"));
}

#[test]
fn the_published_rule_copies_the_held_out_example_and_is_certain_about_it() {
    let model = Prior::default();
    let consensus = [0, 0, 0, 2, 2, 2, 3];
    let found = run(&validation(ClassesRule::Published(4)), &model, &consensus);
    let fits = model.fits.into_inner().unwrap();
    assert!(fits.iter().all(|(rows, _)| rows.contains(&16)));
    assert_eq!(found.labeled.row(6).to_vec(), [0.0, 0.0, 0.0, 1.0]);
    assert!(found.labeled.row(0)[3] > 0.0);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].starts_with("class 1 vanished from the consensus"));
    assert!(found.notes[1].contains("class 3 was absent from the training rows"));
}

#[test]
fn a_fold_without_training_rows_is_an_error() {
    let store = FeatureStore::Table(Array2::zeros((50, 1)));
    let split = Split {
        store: &store,
        labeled: &[1],
        consensus: &[Class(0)],
        pool: &[],
        test: &[2],
        test_truth: &[Class(0)],
    };
    let validation = validation(ClassesRule::Fixed(2));
    let error = validation.run(&Prior::default(), &split, stream(), &Unwatched).err().unwrap();
    assert!(error.to_string().contains("1 labelled examples for 3 folds"), "{error}");
}

#[derive(Default)]
struct Counting(AtomicUsize);

impl Watch for Counting {}

impl FoldWatch for Counting {
    fn fold(&self, _done: usize, _total: usize) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_bytes_are_the_same_at_any_number_of_threads() {
    let mut rng = stream().rng();
    let x = Array2::from_shape_simple_fn((300, 4), || stream::uniform(&mut rng));
    let class = |row: usize| Class(u16::from(x[(row, 0)] > 0.5) + u16::from(x[(row, 1)] > 0.7));
    let y: Vec<Class> = (0..300).map(class).collect();
    let store = FeatureStore::Table(x);
    let rows: Vec<u32> = (0..300).collect();
    let split = Split {
        store: &store,
        labeled: &rows[..150],
        consensus: &y[..150],
        pool: &rows[150..200],
        test: &rows[200..],
        test_truth: &y[200..],
    };
    let run = |model: &dyn Classifier, parallel_folds, threads| {
        let validation = CrossValidation {
            folds: 5,
            shuffle: true,
            classes: ClassesRule::Fixed(3),
            parallel_folds,
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let watch = Counting::default();
        let found = pool.install(|| validation.run(model, &split, stream(), &watch)).unwrap();
        assert_eq!(watch.0.into_inner(), 5);
        (found.labeled, found.pool, found.test, found.fold_accuracy)
    };
    let (trees, mlp) = (ExtraTrees { trees: 15 }, Mlp { max_epochs: 200, ..Mlp::default() });
    for model in [&trees as &dyn Classifier, &mlp, &KNearest::default()] {
        let alone = run(model, false, 1);
        assert_eq!(alone, run(model, true, 1));
        assert_eq!(alone, run(model, true, 4));
        assert!(alone.3.iter().all(|&accuracy| accuracy > 0.7), "{:?}", alone.3);
    }
}
