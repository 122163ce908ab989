//! The Wall-Robot data sets against recorded originals: every file
//! `g09_dataset_*.json` of the folder, field by field. Nothing here needs the table.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use relabel_data::{Dataset, Start, WallRobotRecipe, WallRobotVariant};
use relabel_scoring::Class;
use serde_json::Value;

/// The golden files in `RELABEL_GOLDEN` (or its folder `protocol`), else the ones here.
fn golden_files() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = std::env::var_os("RELABEL_GOLDEN").map_or(here, PathBuf::from);
    let folders = [folder.join("protocol"), folder];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| stem(file).is_some());
    files.sort();
    files
}

/// `single_annotator` of `g09_dataset_single_annotator.json`.
fn stem(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()?.strip_prefix("g09_dataset_")?.strip_suffix(".json")
}

fn variant(stem: &str) -> WallRobotVariant {
    match stem {
        "wall_robot_published" => WallRobotVariant::Published,
        "wall_robot_notebook" => WallRobotVariant::Notebook,
        "single_annotator" => WallRobotVariant::SingleLabel,
        _ if stem.starts_with("wall_robot_complete") => WallRobotVariant::Complete,
        _ => match stem.strip_prefix("single_vs_multi_") {
            Some(level) => WallRobotVariant::SingleVsMulti { level: level.parse().unwrap() },
            None => panic!("no variant is called {stem}"),
        },
    }
}

struct Rebuilt {
    recipe: WallRobotRecipe,
    data: Dataset,
    start: Start,
}

impl Rebuilt {
    fn new(variant: WallRobotVariant) -> Self {
        let recipe = WallRobotRecipe::new(variant).unwrap();
        let data = recipe.dataset(Array2::zeros((recipe.rows().len(), 0)));
        let start = Start::of(&data);
        Self { recipe, data, start }
    }

    fn check(&self, key: &str, expected: &Value) {
        let recipe = &self.recipe;
        match key {
            // What an empty pool cannot have.
            _ if expected.is_null() => assert!(recipe.pool.is_empty(), "{key}"),
            "seed" => assert_eq!(*expected, recipe.seed),
            // Another draw that was recorded as equal to the first.
            "second_draw_identical" => assert_eq!(expected, true),
            "trace" => close((0..4).map(|k| recipe.noise[0][k][k]).sum(), expected, 1e-5),
            "unlabeled_fraction" => {
                close(recipe.pool.len() as f64 / recipe.train.len() as f64, expected, 0.0);
            }
            "subset_positions_per_class" => {
                assert_eq!(recipe.subset, Vec::from_iter(array(expected).iter().map(numbers)));
            }
            "noise_matrix" => {
                for (row, expected) in recipe.noise[0].iter().zip(array(expected)) {
                    row.iter().zip(array(expected)).for_each(|(&r, e)| close(r, e, 1e-15));
                }
            }
            "labeled_rows" => assert_eq!(self.rows(&recipe.labeled), numbers(expected)),
            "unlabeled_rows" => assert_eq!(self.rows(&recipe.pool), numbers(expected)),
            "test_rows" => assert_eq!(recipe.test, numbers(expected)),
            "dropped_first_pass" => assert_eq!(*expected, recipe.dropped[0]),
            "dropped_second_pass" => assert_eq!(*expected, recipe.dropped[1]),
            "initial_labels_triplets" => {
                assert_eq!(self.triplets(), Vec::from_iter(array(expected).iter().map(numbers)));
            }
            "extra_labels_labeled" => assert_eq!(self.dense(&recipe.labeled), texts(expected)),
            "extra_labels_unlabeled" => assert_eq!(self.dense(&recipe.pool), texts(expected)),
            "labels_labeled" => assert_eq!(self.dense(&recipe.labeled).concat(), *expected),
            "labels_unlabeled" => assert_eq!(self.dense(&recipe.pool).concat(), *expected),
            "single_labels" => assert_eq!(digits(&self.data.majority_votes()), *expected),
            "stats" => {
                for (key, expected) in expected.as_object().unwrap() {
                    self.check_statistic(key, expected);
                }
            }
            _ => self.check_statistic(key, expected),
        }
    }

    fn check_statistic(&self, key: &str, expected: &Value) {
        let [low, high, mean] = self.start.annotator_range();
        match key {
            "labels_per_example" => {
                let found = self.start.labels_per_example.iter();
                let found = found.map(|(labels, n)| (labels.to_string(), Value::from(*n)));
                assert_eq!(Value::Object(found.collect()), *expected);
            }
            "total_labels" => assert_eq!(*expected, self.start.labels),
            "annotator_accuracy_min" => close(low, expected, 1e-12),
            "annotator_accuracy_max" => close(high, expected, 1e-12),
            "annotator_accuracy_mean" => close(mean, expected, 1e-12),
            "majority_vote_accuracy" | "accuracy_labeled" => {
                close(self.start.majority_accuracy, expected, 1e-12);
            }
            "pool_label_accuracy" | "accuracy_unlabeled" => {
                close(self.pool_accuracy(), expected, 1e-12);
            }
            _ => panic!("unknown field {key}"),
        }
    }

    /// Rows of the subset that stand at these positions of the training side.
    fn rows(&self, positions: &[usize]) -> Vec<usize> {
        positions.iter().map(|&position| self.recipe.train[position]).collect()
    }

    /// What the annotators say about these examples, a digit per annotator.
    fn dense(&self, positions: &[usize]) -> Vec<String> {
        let labels = |&position: &usize| self.data.dense[position].iter().map(|(_, class)| class);
        positions.iter().map(|position| digits(labels(position))).collect()
    }

    /// Example (position in the labelled set), annotator and class of every label.
    fn triplets(&self) -> Vec<Vec<usize>> {
        let place = |id| self.data.labeled.iter().position(|&labeled| labeled == id).unwrap();
        let events = self.data.events.iter();
        events.map(|e| vec![place(e.example), e.annotator.at(), e.class.at()]).collect()
    }

    fn pool_accuracy(&self) -> f64 {
        let dense = self.data.pool.iter().flat_map(|&example| {
            let truth = self.data.truth[example.at()];
            self.data.dense[example.at()].iter().map(move |&(_, class)| class == truth)
        });
        let answers: Vec<bool> = dense.collect();
        answers.iter().filter(|&&right| right).count() as f64 / answers.len() as f64
    }
}

fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance, "{found} {expected}");
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    array(value).iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    array(value).iter().map(|v| v.as_str().unwrap()).collect()
}

fn digits<'a>(classes: impl IntoIterator<Item = &'a Class>) -> String {
    classes.into_iter().map(|class| class.0.to_string()).collect()
}

#[test]
fn every_recorded_data_set_is_rebuilt_exactly() {
    let files = golden_files();
    for file in &files {
        let golden: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let rebuilt = Rebuilt::new(variant(stem(file).unwrap()));
        let fields = golden.as_object().unwrap();
        for (key, expected) in fields {
            println!("{} {key}", file.display());
            rebuilt.check(key, expected);
        }
    }
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{} data sets compared\n", files.len()),
    )
    .unwrap();
    assert!(files.len() >= 3 || std::env::var_os("RELABEL_GOLDEN").is_some());
}
