//! Networks on a toy image set, on the CPU: they learn, they are reproducible,
//! they can be stopped, and they refuse what they cannot read.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use relabel_models::device::{DeviceChoice, open};
use relabel_models::image::{ImageClassifier, Named, NetKind, NetSpec, Recipe};
use relabel_models::{Classifier, FeatureStore, Features, Images, ModelError, Unwatched, Watch};
use relabel_scoring::{Class, Round, Seed, Stream};

const SIDE: usize = 8;

/// Class 0 is bright at the top, class 1 at the bottom, class 2 in one colour;
/// all with noise. Mirroring and small shifts keep the class.
fn toy(n: usize) -> (FeatureStore, Vec<Class>) {
    let mut noise = 12_345_u32;
    let mut pixels = Vec::new();
    let classes: Vec<_> = (0..n).map(|row| Class((row % 3) as u16)).collect();
    for class in &classes {
        for (channel, y) in (0..3).flat_map(|channel| (0..SIDE).map(move |y| (channel, y))) {
            let bright = match class.0 {
                0 => y < SIDE / 2,
                1 => y >= SIDE / 2,
                _ => channel == 0,
            };
            pixels.extend((0..SIDE).map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 26) as u8 + if bright { 150 } else { 40 }
            }));
        }
    }
    let images = Images { pixels: pixels.into(), channels: 3, height: SIDE, width: SIDE };
    (FeatureStore::Images(images), classes)
}

/// A recipe for images of 8 pixels whose colour is part of the class.
fn small_net(kind: NetKind, steps: usize) -> ImageClassifier {
    ImageClassifier {
        spec: NetSpec { width: 4, ..NetSpec::small(kind) },
        recipe: Recipe { steps, batch: 16, crop: 1, cutout: 0, ..Recipe::default() },
        pretrained: None,
        side: None,
        engine: open(DeviceChoice::Cpu).unwrap().engine,
    }
}

fn small_resnet() -> ImageClassifier {
    small_net(NetKind::Resnet8, 24)
}

fn stream(seed: u64) -> Stream {
    Stream::new(Seed(seed), "test", Round(0), 0)
}

fn probs(model: &ImageClassifier, n_train: u32, stream: Stream) -> Array2<f64> {
    let (store, classes) = toy(120);
    let train: Vec<u32> = (0..n_train).collect();
    let x = Features { store: &store, rows: &train };
    let fitted = model.fit(x, &classes[..train.len()], 3, stream, &Unwatched).unwrap();
    let rest: Vec<u32> = (60..120).collect();
    fitted.predict_proba(Features { store: &store, rows: &rest }).unwrap()
}

#[test]
fn learns_a_separable_image_set() {
    let probs = probs(&small_resnet(), 60, stream(1));
    let (_, classes) = toy(120);
    let right = |(row, class): (ndarray::ArrayView1<'_, f64>, &Class)| {
        row.iter().all(|&p| p <= row[class.at()])
    };
    let n_right = probs.rows().into_iter().zip(&classes[60..]).filter(|&pair| right(pair)).count();
    assert!(n_right >= 57, "{n_right} of 60");
}

#[test]
fn probabilities_of_a_row_sum_to_one() {
    for row in probs(&small_resnet(), 60, stream(1)).rows() {
        assert!((row.sum() - 1.0).abs() < 1e-12 && row.iter().all(|&p| p >= 0.0), "{row}");
    }
}

#[test]
fn the_same_stream_gives_the_same_bytes_on_one_thread_and_on_two() {
    let model = small_resnet();
    let in_pool = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            rayon::join(|| probs(&model, 60, stream(seed)), || probs(&model, 60, stream(seed + 1)))
        })
    };
    let alone = probs(&model, 60, stream(1));
    let (one, other) = in_pool(1, 1);
    assert_eq!(one, alone);
    assert_ne!(one, other);
    assert_eq!(in_pool(2, 1), (one, other));
}

#[test]
fn one_and_two_training_rows_are_enough_to_fit() {
    for n in [1, 2] {
        assert!(probs(&small_resnet(), n, stream(1)).iter().all(|p| p.is_finite()));
    }
}

#[test]
fn every_kind_of_network_fits() {
    for &(kind, name) in NetKind::WORDS {
        let mut model = small_net(kind, 1);
        model.side = (kind == NetKind::Fast).then_some(12);
        assert_eq!(probs(&model, 30, stream(1)).dim(), (60, 3), "{name}");
    }
}

/// Says stop after some looks, and keeps the last step that was reported.
struct Impatient {
    looks_left: AtomicUsize,
    steps: AtomicUsize,
}

impl Watch for Impatient {
    fn stopped(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        self.looks_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err()
    }

    fn step(&self, done: usize, total: usize) {
        assert_eq!(total, 24);
        self.steps.store(done, Ordering::SeqCst);
    }
}

fn watched_fit(looks: usize) -> (Result<(), ModelError>, usize) {
    let (store, classes) = toy(64);
    let rows: Vec<u32> = (0..64).collect();
    let watch = Impatient { looks_left: looks.into(), steps: 0.into() };
    let x = Features { store: &store, rows: &rows };
    let fit = small_resnet().fit(x, &classes, 3, stream(1), &watch);
    (fit.map(drop), watch.steps.into_inner())
}

#[test]
fn a_fit_ends_at_the_next_batch_after_stop_and_reports_its_steps() {
    let (stopped, steps) = watched_fit(9);
    assert!(matches!(stopped, Err(ModelError::Stopped)));
    assert!((7..=9).contains(&steps), "{steps}");
    let (finished, steps) = watched_fit(1000);
    assert!(finished.is_ok());
    assert_eq!(steps, 24);
}

#[test]
fn a_learning_rate_out_of_bounds_is_reported_as_divergence() {
    let (store, classes) = toy(60);
    let rows: Vec<u32> = (0..60).collect();
    let mut model = small_resnet();
    model.recipe.learning_rate = 1e30;
    let x = Features { store: &store, rows: &rows };
    let fit = model.fit(x, &classes, 3, stream(1), &Unwatched);
    assert!(matches!(fit.err(), Some(ModelError::Diverged(_))));
}

#[test]
fn tables_are_refused() {
    let store = FeatureStore::Table(Array2::zeros((3, 4)));
    let x = Features { store: &store, rows: &[0, 1, 2] };
    let fit = small_resnet().fit(x, &[Class(0); 3], 2, stream(1), &Unwatched);
    let message = fit.err().unwrap().to_string();
    assert_eq!(message, "resnet reads images, the data set holds a table");
}
