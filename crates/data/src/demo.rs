//! The demo data set, made in memory from a fixed seed: small pictures of
//! striped and plain shapes and a crowd that labels them more or less well.

mod picture;

use relabel_scoring::{Class, ExampleId, Round, Seed, Stream};

use self::picture::{SIDE, picture};
use crate::crowd::{Crowd, balanced, start};
use crate::{DataFeatures, Dataset, Start};

/// Two kinds of surface for each of three shapes.
const CLASS_NAMES: [&str; 6] = [
    "striped disc",
    "plain disc",
    "striped square",
    "plain square",
    "striped triangle",
    "plain triangle",
];

const N_LABELED: usize = 120;
const N_POOL: usize = 480;
const N_TEST: usize = 400;
const N_ANNOTATORS: u32 = 30;
/// Labels that can be drawn per training example.
const N_DENSE: usize = 6;

/// The demo data set; every call makes the same bytes.
pub fn demo() -> Dataset {
    let n_train = N_LABELED + N_POOL;
    let classes = |n, purpose| balanced(n, CLASS_NAMES.len(), stream(purpose));
    let truth = [classes(n_train, "demo-train-classes"), classes(N_TEST, "demo-test-classes")];
    let truth = truth.concat();
    let crowd = Crowd::new(N_ANNOTATORS, CLASS_NAMES.len(), stream("demo-crowd"));
    let dense = crowd.dense(&truth[..n_train], N_DENSE, stream("demo-labels"));
    let ids = |from: usize, to: usize| (from as u32..to as u32).map(ExampleId).collect();
    let mut dataset = Dataset {
        features: pictures(&truth),
        class_names: CLASS_NAMES.map(String::from).into(),
        labeled: ids(0, N_LABELED),
        pool: ids(N_LABELED, n_train),
        test: ids(n_train, truth.len()),
        events: start(&dense[..N_LABELED], stream("demo-start")),
        truth,
        dense,
        n_annotators: N_ANNOTATORS,
        summary: Vec::new(),
    };
    dataset.summary = vec!["synthetic pictures of shapes, synthetic annotators".into()];
    dataset.summary.extend(Start::of(&dataset).lines(None));
    dataset
}

fn stream(purpose: &str) -> Stream {
    Stream::new(Seed(0), purpose, Round(0), 0)
}

fn pictures(truth: &[Class]) -> DataFeatures {
    let stream = stream("demo-pictures");
    let of = |(example, &class): (usize, &Class)| picture(class, stream.child(example as u64));
    let pixels = truth.iter().enumerate().flat_map(of).collect();
    DataFeatures::Images { pixels, channels: 3, height: SIDE, width: SIDE }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn pixels(dataset: &Dataset) -> &[u8] {
        match &dataset.features {
            DataFeatures::Images { pixels, .. } => pixels,
            DataFeatures::Table(_) => panic!("the demo should hold images"),
        }
    }

    #[test]
    fn classes_are_balanced_on_both_sides_and_bytes_are_the_same_every_time() {
        let dataset = demo();
        let n_train = N_LABELED + N_POOL;
        assert_eq!(pixels(&dataset).len(), (n_train + N_TEST) * 3 * SIDE * SIDE);
        for side in [&dataset.truth[..n_train], &dataset.truth[n_train..]] {
            for class in 0..6 {
                let n = side.iter().filter(|truth| truth.at() == class).count();
                assert!(n.abs_diff(side.len() / 6) <= 1, "{n} of {}", side.len());
            }
        }
        let again = demo();
        assert_eq!(pixels(&dataset), pixels(&again));
        assert_eq!((&dataset.events, &dataset.dense), (&again.events, &again.dense));
    }

    #[test]
    fn the_crowd_spreads_from_poor_to_good() {
        let dataset = demo();
        let mut right = vec![(0.0, 0.0); N_ANNOTATORS as usize];
        for (labels, truth) in dataset.dense.iter().zip(&dataset.truth) {
            for (annotator, class) in labels {
                right[annotator.at()].0 += f64::from(u8::from(class == truth));
                right[annotator.at()].1 += 1.0;
            }
        }
        let mut accuracy: Vec<f64> = right.into_iter().map(|(hits, all)| hits / all).collect();
        accuracy.sort_by(f64::total_cmp);
        assert!((0.35..0.55).contains(&accuracy[0]), "{accuracy:?}");
        assert!(accuracy[29] > 0.88, "{accuracy:?}");
        assert!((0.60..0.80).contains(&accuracy[15]), "{accuracy:?}");
    }

    #[test]
    fn the_start_has_room_for_better_labels() {
        let dataset = demo();
        let start = Start::of(&dataset);
        assert_eq!(start.sizes, [N_LABELED, N_POOL, N_TEST]);
        assert_eq!(
            start.labels_per_example.into_iter().collect::<Vec<_>>(),
            [(1, 84), (2, 24), (3, 12)]
        );
        assert!((0.70..0.80).contains(&start.majority_accuracy), "{}", start.majority_accuracy);
        for event in &dataset.events {
            assert!(dataset.dense[event.example.at()].contains(&(event.annotator, event.class)));
        }
    }
}
