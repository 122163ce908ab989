//! Four overlapping clouds of points in the plane and a crowd that labels them more
//! or less well, made in memory from a fixed seed. With nearest neighbours a whole
//! experiment takes milliseconds: for trying out a scheduler, a shared folder, a report.

use ndarray::Array2;
use relabel_scoring::stream::uniform;
use relabel_scoring::{Class, ExampleId, Round, Seed, Stream};

use crate::crowd::{Crowd, balanced, start};
use crate::{DataFeatures, Dataset, Start};

const CENTRES: [[f64; 2]; 4] = [[0.0, 0.0], [1.5, 0.0], [0.0, 1.5], [1.5, 1.5]];
const N_LABELED: usize = 40;
const N_POOL: usize = 80;
const N_TEST: usize = 80;
const N_ANNOTATORS: u32 = 12;
/// Labels that can be drawn per training example.
const N_DENSE: usize = 5;

/// The clouds; every call makes the same bytes.
pub fn blobs() -> Dataset {
    let n_train = N_LABELED + N_POOL;
    let truth = balanced(n_train + N_TEST, CENTRES.len(), stream("blobs-classes"));
    let crowd = Crowd::new(N_ANNOTATORS, CENTRES.len(), stream("blobs-crowd"));
    let dense = crowd.dense(&truth[..n_train], N_DENSE, stream("blobs-labels"));
    let ids = |from: usize, to: usize| (from as u32..to as u32).map(ExampleId).collect();
    let mut dataset = Dataset {
        features: points(&truth),
        class_names: ["south-west", "south-east", "north-west", "north-east"]
            .map(String::from)
            .into(),
        labeled: ids(0, N_LABELED),
        pool: ids(N_LABELED, n_train),
        test: ids(n_train, truth.len()),
        events: start(&dense[..N_LABELED], stream("blobs-start")),
        truth,
        dense,
        n_annotators: N_ANNOTATORS,
        summary: Vec::new(),
    };
    dataset.summary = vec!["synthetic points in the plane, synthetic annotators".into()];
    dataset.summary.extend(Start::of(&dataset).lines(None));
    dataset
}

fn stream(purpose: &str) -> Stream {
    Stream::new(Seed(0), purpose, Round(0), 0)
}

/// Around each centre the mean of two uniform numbers, one unit to each side.
fn points(truth: &[Class]) -> DataFeatures {
    let stream = stream("blobs-points");
    let mut points = Array2::zeros((truth.len(), 2));
    for ((mut point, class), example) in points.rows_mut().into_iter().zip(truth).zip(0..) {
        let mut rng = stream.child(example).rng();
        for (value, centre) in point.iter_mut().zip(CENTRES[class.at()]) {
            *value = centre + uniform(&mut rng) + uniform(&mut rng) - 1.0;
        }
    }
    DataFeatures::Table(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_leaves_room_for_better_labels() {
        let dataset = blobs();
        let start = Start::of(&dataset);
        assert_eq!(start.sizes, [N_LABELED, N_POOL, N_TEST]);
        assert!((0.55..0.85).contains(&start.majority_accuracy), "{}", start.majority_accuracy);
        assert!(dataset.dense.iter().all(|labels| labels.len() == N_DENSE));
    }
}
