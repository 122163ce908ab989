//! The CIFAR-10H benchmark of ActiveLab: 1,000 test images of CIFAR-10 with few
//! labels from bad annotators, a pool of 4,000, and 5,000 to test on. The splits are
//! the published ones; the published choice of initial labels was not seeded, so
//! it is drawn anew here and its figures are printed beside the published ones.

use std::path::Path;

use relabel_scoring::{ExampleId, LabelEvent, Round, Seed, Stream};

use crate::numpy_random::train_test_split;
use crate::worst_annotators::{Answers, Chosen, choose};
use crate::{AnnotatorTable, Cifar10Test, DataError, DataFeatures, Dataset, Start};

const TEST: (f64, u32) = (0.5, 123);
const POOL: (f64, u32) = (0.8, 456);
const PUBLISHED_JOINED: usize = 541;
const PUBLISHED_ANNOTATORS: usize = 334;
const PUBLISHED_LABELS: usize = 1447;
/// Number of labels and how many examples had so many.
const PUBLISHED_HISTOGRAM: [(usize, usize); 5] = [(1, 738), (2, 85), (3, 174), (5, 1), (6, 2)];
const PUBLISHED_CONSENSUS: f64 = 0.822;

/// The benchmark from the files in `data_dir`. With `limit` only the first
/// examples of the training side are used, a fifth of them labelled; with
/// `test_limit` only the first test examples.
///
/// # Errors
/// [`DataError`] if a file is missing or damaged, or a limit out of range.
pub fn cifar10h(
    data_dir: &Path,
    limit: Option<usize>,
    test_limit: Option<usize>,
) -> Result<Dataset, DataError> {
    let table = AnnotatorTable::open(data_dir)?;
    let images = Cifar10Test::open(data_dir)?;
    images.check_truth(&table.truth)?;
    let full = Split::published(table.truth.len());
    let split = full.first(limit, test_limit)?;
    let chosen = chosen_labels(&table, &full)?;
    let start = Start::of(&without_pixels(&full, &table, &images, &chosen.labels));
    let mut dataset = without_pixels(&split, &table, &images, &chosen.labels);
    dataset.summary = summary(&table, &images, &start, chosen.n_joined);
    if split != full {
        dataset.summary.push("of these examples only the first ones are used:".into());
        dataset.summary.extend(Start::of(&dataset).lines(None));
    }
    let pixels = images.pixels(&split.indices(), &table.truth)?;
    let (height, width) = (pixels.height, pixels.width);
    dataset.features = DataFeatures::Images { pixels: pixels.values, channels: 3, height, width };
    Ok(dataset)
}

/// Indices of test images of CIFAR-10, in the published order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Split {
    labeled: Vec<usize>,
    pool: Vec<usize>,
    test: Vec<usize>,
}

impl Split {
    fn published(n_images: usize) -> Self {
        let (train, test) = train_test_split(n_images, TEST.0, TEST.1);
        let (labeled, pool) = train_test_split(train.len(), POOL.0, POOL.1);
        let images = |places: Vec<usize>| places.into_iter().map(|place| train[place]).collect();
        Self { labeled: images(labeled), pool: images(pool), test }
    }

    /// The first examples, as many of the training and the test side as the limits say.
    fn first(&self, limit: Option<usize>, test_limit: Option<usize>) -> Result<Self, DataError> {
        let n_train = self.labeled.len() + self.pool.len();
        let n = within("limit", limit.unwrap_or(n_train), n_train)?;
        let n_test = within("test_limit", test_limit.unwrap_or(self.test.len()), self.test.len())?;
        let n_labeled = ((1.0 - POOL.0) * n as f64).round().max(1.0) as usize;
        Ok(Self {
            labeled: self.labeled[..n_labeled].into(),
            pool: self.pool[..n - n_labeled].into(),
            test: self.test[..n_test].into(),
        })
    }

    /// All indices in the order of the features.
    fn indices(&self) -> Vec<usize> {
        [&self.labeled[..], &self.pool, &self.test].concat()
    }
}

fn within(name: &str, limit: usize, largest: usize) -> Result<usize, DataError> {
    if (1..=largest).contains(&limit) {
        return Ok(limit);
    }
    Err(DataError::shape(format!("{name} = {limit}"), format!("1 to {largest} for CIFAR-10H")))
}

/// The initial labels of the whole labelled set.
fn chosen_labels(table: &AnnotatorTable, split: &Split) -> Result<Chosen, DataError> {
    let labels: Vec<Answers> =
        split.labeled.iter().map(|&index| table.labels[index].clone()).collect();
    let truth: Vec<_> = split.labeled.iter().map(|&index| table.truth[index]).collect();
    let stream = Stream::new(Seed(0), "cifar10h-start", Round(0), 0);
    choose(&labels, &truth, stream).ok_or_else(|| {
        let found = "annotators who share too few images to give every one a label";
        DataError::file(&table.path, found, "the annotators' table of CIFAR-10H")
    })
}

/// The data set of a split whose labelled examples come first in `start`.
fn without_pixels(
    split: &Split,
    table: &AnnotatorTable,
    images: &Cifar10Test,
    start: &[Answers],
) -> Dataset {
    let indices = split.indices();
    let (n_labeled, n_train) = (split.labeled.len(), split.labeled.len() + split.pool.len());
    let ids = |from: usize, to: usize| (from as u32..to as u32).map(ExampleId).collect();
    Dataset {
        features: DataFeatures::Images { pixels: Vec::new(), channels: 3, height: 0, width: 0 },
        truth: indices.iter().map(|&index| table.truth[index]).collect(),
        class_names: images.class_names.clone(),
        labeled: ids(0, n_labeled),
        pool: ids(n_labeled, n_train),
        test: ids(n_train, indices.len()),
        events: events(&start[..n_labeled]),
        dense: indices[..n_train].iter().map(|&index| table.labels[index].clone()).collect(),
        n_annotators: table.n_annotators,
        summary: Vec::new(),
    }
}

/// Labels of the first examples as events of round 0.
fn events(labels: &[Answers]) -> Vec<LabelEvent> {
    let of_example = |(example, answers): (ExampleId, &Answers)| {
        let event =
            |&(annotator, class): &_| LabelEvent { example, annotator, class, round: Round(0) };
        answers.iter().map(event).collect::<Vec<_>>()
    };
    (0..).map(ExampleId).zip(labels).flat_map(of_example).collect()
}

fn summary(
    table: &AnnotatorTable,
    images: &Cifar10Test,
    start: &Start,
    n_joined: usize,
) -> Vec<String> {
    let who = if table.is_simulated() { " (real label counts, simulated annotators)" } else { "" };
    let mut lines = vec![
        format!("images: {}", images.path().display()),
        format!("labels: {}{who}", table.path.display()),
        format!("annotators chosen before thinning: {n_joined} (published {PUBLISHED_JOINED})"),
        format!(
            "initial labels as a matrix: {} x {} (published 1000 x {PUBLISHED_ANNOTATORS})",
            start.sizes[0],
            start.annotator_accuracy.len()
        ),
    ];
    lines.extend(start.lines(Some((PUBLISHED_LABELS, PUBLISHED_CONSENSUS))));
    let published = PUBLISHED_HISTOGRAM.map(|(labels, examples)| format!("{labels}: {examples}"));
    lines.push(format!("published examples by number of labels: {}", published.join(", ")));
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn data_dir() -> Option<std::path::PathBuf> {
        let folder = std::env::var_os("RELABEL_DATA").map(Into::into);
        if folder.is_none() {
            std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("skipped: RELABEL_DATA is not set\n"),
            )
            .unwrap();
        }
        folder
    }

    #[test]
    fn the_published_split_is_a_partition_of_the_published_sizes() {
        let split = Split::published(10_000);
        let sizes = [split.labeled.len(), split.pool.len(), split.test.len()];
        assert_eq!(sizes, [1000, 4000, 5000]);
        let mut indices = split.indices();
        indices.sort_unstable();
        assert!(indices.into_iter().eq(0..10_000));
    }

    #[test]
    fn the_published_figures_agree_with_one_another() {
        let examples: usize = PUBLISHED_HISTOGRAM.iter().map(|(_, examples)| examples).sum();
        let labels: usize = PUBLISHED_HISTOGRAM.iter().map(|(labels, n)| labels * n).sum();
        assert_eq!((examples, labels), (1000, PUBLISHED_LABELS));
    }

    #[test]
    fn limits_keep_the_first_examples_of_the_published_order() {
        let full = Split::published(10_000);
        let part = full.first(Some(500), Some(40)).unwrap();
        assert_eq!(part.labeled, full.labeled[..100]);
        assert_eq!(part.pool, full.pool[..400]);
        assert_eq!(part.test, full.test[..40]);
        let message = full.first(Some(5001), None).unwrap_err().to_string();
        assert_eq!(message, "found limit = 5001, expected 1 to 5000 for CIFAR-10H");
        assert!(full.first(None, Some(0)).is_err());
    }

    #[test]
    fn the_start_looks_like_the_published_one() {
        let Some(data) = data_dir() else { return };
        let dataset = cifar10h(&data, None, None).unwrap();
        let start = Start::of(&dataset);
        assert_eq!(start.sizes, [1000, 4000, 5000]);
        assert!((1380..1520).contains(&start.labels), "{}", start.labels);
        assert!((300..370).contains(&start.annotator_accuracy.len()));
        assert!((0.79..0.85).contains(&start.majority_accuracy), "{}", start.majority_accuracy);
        assert_eq!(dataset.dense.len(), 5000);
        for event in &dataset.events {
            assert!(dataset.dense[event.example.at()].contains(&(event.annotator, event.class)));
        }
        println!("{}", dataset.summary.join("\n"));
    }

    #[test]
    fn a_limited_set_holds_the_same_images_and_labels() {
        let Some(data) = data_dir() else { return };
        let full = cifar10h(&data, None, None).unwrap();
        let part = cifar10h(&data, Some(500), Some(40)).unwrap();
        let pixels = |dataset: &Dataset| match &dataset.features {
            DataFeatures::Images { pixels, .. } => pixels.clone(),
            DataFeatures::Table(_) => Vec::new(),
        };
        let size = 3 * 32 * 32;
        let (all, some) = (pixels(&full), pixels(&part));
        assert_eq!(some.len(), 540 * size);
        assert_eq!(some[..100 * size], all[..100 * size]);
        assert_eq!(some[100 * size..500 * size], all[1000 * size..1400 * size]);
        assert_eq!(some[500 * size..], all[5000 * size..5040 * size]);
        assert!(full.events.starts_with(&part.events));
        assert!(part.events.len() >= 100);
        assert_eq!(part.dense[100..], full.dense[1000..1400]);
        assert_eq!(part.truth[500..], full.truth[5000..5040]);
    }
}
