//! Behaviour that every tabular model owes its caller, and the accuracy of the
//! extra-trees and the MLP on the wall-robot table.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use relabel_models::{
    Classifier, ExtraTrees, FeatureStore, Features, KNearest, Mlp, ModelError, Unwatched, Watch,
};
use relabel_scoring::{Class, Round, Seed, Stream, stream};

fn stream() -> Stream {
    Stream::new(Seed(5), "test", Round(0), 0)
}

fn models() -> Vec<Box<dyn Classifier>> {
    vec![
        Box::new(ExtraTrees { trees: 20 }),
        Box::new(Mlp { hidden: 16, max_epochs: 500 }),
        Box::new(KNearest::default()),
    ]
}

/// Three bands along the sum of the first two of `n_features` features; the
/// classes carry the numbers given.
fn bands(n_rows: usize, n_features: usize, numbers: [u16; 3]) -> (FeatureStore, Vec<Class>) {
    let mut rng = stream().rng();
    let x = Array2::from_shape_simple_fn((n_rows, n_features), || stream::uniform(&mut rng));
    let band = |sum: f64| if sum < 0.8 { 0 } else { 1 + usize::from(sum > 1.2) };
    let y = x.rows().into_iter().map(|row| Class(numbers[band(row[0] + row[1])])).collect();
    (FeatureStore::Table(x), y)
}

fn accuracy(probs: &Array2<f64>, truth: &[Class]) -> f64 {
    let best = |row: ndarray::ArrayView1<'_, f64>| {
        (0..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best })
    };
    let right = probs.rows().into_iter().zip(truth).filter(|(row, c)| best(*row) == c.at());
    right.count() as f64 / truth.len() as f64
}

#[test]
fn every_model_learns_repeats_itself_and_leaves_absent_classes_at_zero() {
    // the numbers of classes make extra-trees count in each of its three ways
    for (numbers, n_classes) in [([0, 1, 3], 4), ([2, 0, 9], 12), ([0, 20, 7], 30)] {
        let (store, y) = bands(1203, 3, numbers);
        let (train, test): (Vec<u32>, Vec<u32>) = ((0..800).collect(), (800..1203).collect());
        for model in models() {
            let x = Features { store: &store, rows: &train };
            let fit = || model.fit(x, &y[..800], n_classes, stream(), &Unwatched).unwrap();
            let asked = Features { store: &store, rows: &test };
            let probs = fit().predict_proba(asked).unwrap();
            assert_eq!(probs.dim(), (403, n_classes));
            assert!(accuracy(&probs, &y[800..]) > 0.85, "{}", accuracy(&probs, &y[800..]));
            for row in probs.rows() {
                assert!((row.sum() - 1.0).abs() < 1e-12);
                let known: f64 = numbers.iter().map(|&class| row[usize::from(class)]).sum();
                assert!((known - 1.0).abs() < 1e-12);
            }
            assert_eq!(probs, fit().predict_proba(asked).unwrap());
        }
    }
}

#[test]
fn extra_trees_agree_however_they_count() {
    let (store, y) = bands(400, 5, [0, 1, 2]);
    let rows: Vec<u32> = (0..400).collect();
    let x = Features { store: &store, rows: &rows };
    let probs = [3, 5, 17].map(|n_classes| {
        let model = ExtraTrees { trees: 7 };
        let fitted = model.fit(x, &y, n_classes, stream(), &Unwatched).unwrap();
        let other: Vec<u32> = (0..400).rev().collect();
        let probs = fitted.predict_proba(Features { store: &store, rows: &other }).unwrap();
        Vec::from_iter(probs.rows().into_iter().flat_map(|row| [row[0], row[1], row[2]]))
    });
    assert_eq!(probs[0], probs[1]);
    assert_eq!(probs[0], probs[2]);
}

#[test]
fn extra_trees_are_certain_about_training_rows_unless_equal_rows_disagree() {
    let values = vec![1.0, 7.0, 1.0, 7.0, 1.0, 7.0, 2.0, 7.0, 3.0, 7.0];
    let store = FeatureStore::Table(Array2::from_shape_vec((5, 2), values).unwrap());
    let y = [0, 0, 1, 1, 0].map(Class);
    let x = Features { store: &store, rows: &[0, 1, 2, 3, 4] };
    let fitted = ExtraTrees::default().fit(x, &y, 2, stream(), &Unwatched).unwrap();
    let probs = fitted.predict_proba(x).unwrap();
    let expected = [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 0.0, 1.0];
    for (found, expected) in probs.column(0).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{probs}");
    }
}

#[test]
fn extra_trees_tell_neighbouring_floats_apart() {
    let values = vec![16_777_216.0, 16_777_218.0];
    let store = FeatureStore::Table(Array2::from_shape_vec((2, 1), values).unwrap());
    let x = Features { store: &store, rows: &[0, 1] };
    let fitted = ExtraTrees::default().fit(x, &[0, 1].map(Class), 2, stream(), &Unwatched);
    let probs = fitted.unwrap().predict_proba(x).unwrap();
    assert_eq!(probs.column(0).to_vec(), [1.0, 0.0]);
}

#[test]
fn extra_trees_split_uniformly_between_two_rows() {
    let store = FeatureStore::Table(Array2::from_shape_vec((3, 1), vec![0.0, 1.0, 0.25]).unwrap());
    let x = Features { store: &store, rows: &[0, 1] };
    let y = [0, 1].map(Class);
    let fitted = ExtraTrees { trees: 4000 }.fit(x, &y, 2, stream(), &Unwatched).unwrap();
    let probs = fitted.predict_proba(Features { store: &store, rows: &[2] }).unwrap();
    // the threshold is below 0.25 in a quarter of the trees (standard error 0.007)
    assert!((probs[(0, 1)] - 0.25).abs() < 0.03, "{probs}");
}

struct Impatient(AtomicUsize);

impl Watch for Impatient {
    fn stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 3
    }

    fn step(&self, done: usize, _total: usize) {
        self.0.store(done, Ordering::Relaxed);
    }
}

#[test]
fn a_watch_can_end_the_fits_that_take_steps() {
    let (store, y) = bands(50, 2, [0, 1, 2]);
    let rows: Vec<u32> = (0..50).collect();
    let x = Features { store: &store, rows: &rows };
    for model in &models()[..2] {
        let watch = Impatient(AtomicUsize::new(0));
        let stopped = model.fit(x, &y, 3, stream(), &watch);
        assert!(matches!(stopped.err(), Some(ModelError::Stopped)));
        assert_eq!(watch.0.into_inner(), 3);
    }
}

#[test]
fn wall_robot_is_learnt_as_well_as_by_scikit_learn() {
    let Ok(folder) = std::env::var("RELABEL_DATA") else {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: RELABEL_DATA is not set\n"),
        )
        .unwrap();
        return;
    };
    let path = format!("{folder}/wall-robot/sensor_readings_4.data");
    let text = std::fs::read_to_string(path).unwrap();
    let names = ["Move-Forward", "Sharp-Right-Turn", "Slight-Left-Turn", "Slight-Right-Turn"];
    let fields: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let class = |row: &Vec<&str>| names.iter().position(|name| *name == row[4].trim()).unwrap();
    let y: Vec<Class> = fields.iter().map(|row| Class(class(row) as u16)).collect();
    let values = fields.iter().flat_map(|row| row[..4].iter().map(|v| v.parse().unwrap()));
    let x = Array2::from_shape_vec((y.len(), 4), values.collect()).unwrap();
    let store = FeatureStore::Table(x);
    let mut order: Vec<u32> = (0..y.len() as u32).collect();
    stream::shuffle(&mut stream().rng(), &mut order);
    let of = |rows: &[u32]| Vec::from_iter(rows.iter().map(|&row| y[row as usize]));
    let (test, train) = (&order[..1000], &order[1000..3000]);
    // scikit-learn 1.9: 0.979 and 0.967, standard deviation 0.004 over splits
    let bounds: [(Box<dyn Classifier>, f64); 2] =
        [(Box::new(ExtraTrees::default()), 0.965), (Box::new(Mlp::default()), 0.945)];
    for (model, bound) in bounds {
        let x = Features { store: &store, rows: train };
        let fitted = model.fit(x, &of(train), 4, stream(), &Unwatched).unwrap();
        let probs = fitted.predict_proba(Features { store: &store, rows: test }).unwrap();
        let accuracy = accuracy(&probs, &of(test));
        assert!(accuracy > bound, "{accuracy}");
    }
}
