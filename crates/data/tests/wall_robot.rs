//! The Wall-Robot data sets against the published ones: rows, splits, noise,
//! labels and statistics. Nothing here needs the table.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use relabel_data::{Dataset, Start, WallRobotRecipe, WallRobotVariant};
use relabel_scoring::Class;
use serde_json::Value;

fn golden(name: &str) -> Value {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = std::env::var_os("RELABEL_GOLDEN").map_or(default, PathBuf::from);
    let path = folder.join(format!("g09_dataset_{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn dataset(recipe: &WallRobotRecipe) -> Dataset {
    recipe.dataset(Array2::zeros((recipe.rows().len(), 0)))
}

fn start(variant: WallRobotVariant) -> Start {
    Start::of(&dataset(&WallRobotRecipe::new(variant)))
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn digits<'a>(classes: impl IntoIterator<Item = &'a Class>) -> String {
    classes.into_iter().map(|class| class.0.to_string()).collect()
}

/// Rows of the subset that stand at these positions of the training side.
fn rows(recipe: &WallRobotRecipe, positions: &[usize]) -> Vec<usize> {
    positions.iter().map(|&position| recipe.train[position]).collect()
}

fn check_rows_and_noise(recipe: &WallRobotRecipe, golden: &Value) {
    assert_eq!(rows(recipe, &recipe.labeled), numbers(&golden["labeled_rows"]));
    assert_eq!(rows(recipe, &recipe.pool), numbers(&golden["unlabeled_rows"]));
    assert_eq!(recipe.test, numbers(&golden["test_rows"]));
    for (label, row) in recipe.noise.iter().enumerate() {
        for (truth, rate) in row.iter().enumerate() {
            let expected = golden["noise_matrix"][label][truth].as_f64().unwrap();
            assert!((rate - expected).abs() <= 1e-15, "{label} given {truth}: {rate} {expected}");
        }
    }
}

fn check_dense_labels(recipe: &WallRobotRecipe, golden: &Value) {
    for (positions, key) in
        [(&recipe.labeled, "extra_labels_labeled"), (&recipe.pool, "extra_labels_unlabeled")]
    {
        let expected = golden[key].as_array().unwrap();
        assert_eq!(positions.len(), expected.len());
        for (&position, expected) in positions.iter().zip(expected) {
            let labels = recipe.annotators.iter().map(|labels| &labels[position]);
            assert_eq!(digits(labels), expected.as_str().unwrap(), "{key}");
        }
    }
}

fn check_initial_labels(recipe: &WallRobotRecipe, golden: &Value) {
    let data = dataset(recipe);
    let place = |id| data.labeled.iter().position(|&labeled| labeled == id).unwrap();
    let found: Vec<Vec<usize>> = data
        .events
        .iter()
        .map(|event| vec![place(event.example), event.annotator.at(), event.class.at()])
        .collect();
    let expected = golden["initial_labels_triplets"].as_array().unwrap();
    assert_eq!(found, expected.iter().map(numbers).collect::<Vec<_>>());
}

fn check_statistics(start: &Start, stats: &Value) {
    let expected = stats["labels_per_example"].as_object().unwrap();
    assert_eq!(start.labels_per_example.len(), expected.len());
    for (labels, examples) in &start.labels_per_example {
        assert_eq!(expected[&labels.to_string()], *examples);
    }
    assert_eq!(stats["total_labels"], start.labels);
    let [low, high, mean] = start.annotator_range();
    for (found, key) in [
        (low, "annotator_accuracy_min"),
        (high, "annotator_accuracy_max"),
        (mean, "annotator_accuracy_mean"),
        (start.majority_accuracy, "majority_vote_accuracy"),
    ] {
        let expected = stats[key].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-12, "{key}: {found} {expected}");
    }
}

#[test]
fn the_notebook_variant_equals_the_original() {
    let golden = golden("wall_robot_notebook");
    let recipe = WallRobotRecipe::new(WallRobotVariant::Notebook);
    for (places, expected) in
        recipe.subset.iter().zip(golden["subset_positions_per_class"].as_array().unwrap())
    {
        assert_eq!(places, &numbers(expected));
    }
    check_rows_and_noise(&recipe, &golden);
    check_dense_labels(&recipe, &golden);
    check_initial_labels(&recipe, &golden);
    let dropped = ["dropped_first_pass", "dropped_second_pass"].map(|key| golden[key].clone());
    assert_eq!(recipe.dropped, numbers(&Value::from(dropped.to_vec())));
    check_statistics(&Start::of(&dataset(&recipe)), &golden["stats"]);
}

#[test]
fn the_single_vs_multi_variant_equals_the_original() {
    let golden = golden("single_vs_multi_0.7");
    let recipe = WallRobotRecipe::new(WallRobotVariant::SingleVsMulti { level: 0.7 });
    check_rows_and_noise(&recipe, &golden);
    check_dense_labels(&recipe, &golden);
    check_initial_labels(&recipe, &golden);
    check_statistics(&Start::of(&dataset(&recipe)), &golden["stats"]);
}

#[test]
fn the_single_label_variant_equals_the_original() {
    let golden = golden("single_annotator");
    let recipe = WallRobotRecipe::new(WallRobotVariant::SingleLabel);
    check_rows_and_noise(&recipe, &golden);
    let labels = |positions: &[usize]| digits(positions.iter().map(|&p| &recipe.annotators[0][p]));
    assert_eq!(labels(&recipe.labeled), golden["labels_labeled"].as_str().unwrap());
    assert_eq!(labels(&recipe.pool), golden["labels_unlabeled"].as_str().unwrap());
    let start = Start::of(&dataset(&recipe));
    assert_eq!(golden["accuracy_labeled"], start.majority_accuracy);
    assert_eq!(start.labels, 500);
}

#[test]
fn the_published_variant_shows_the_published_statistics() {
    let recipe = WallRobotRecipe::new(WallRobotVariant::Published);
    assert_eq!(recipe.dropped, [12_668, 1757]);
    let start = Start::of(&dataset(&recipe));
    println!("{start:#?}");
    assert_eq!(start.sizes, [500, 1500, 1000]);
    assert_eq!(start.labels, 575);
    let histogram: Vec<_> = start.labels_per_example.clone().into_iter().collect();
    assert_eq!(histogram, [(1, 435), (2, 58), (3, 5), (4, 1), (5, 1)]);
    assert_eq!(start.majority_accuracy, 0.882);
    let range = start.annotator_range().map(|accuracy| format!("{accuracy:.3}"));
    assert_eq!(range, ["0.667", "1.000", "0.891"]);
}

#[test]
fn the_complete_variant_shows_the_published_statistics() {
    let recipe = WallRobotRecipe::new(WallRobotVariant::Complete);
    assert_eq!(recipe.dropped, [50_658, 7128]);
    let start = Start::of(&dataset(&recipe));
    assert_eq!(start.sizes, [2000, 0, 1000]);
    assert_eq!(start.labels, 2214);
    let histogram: Vec<_> = start.labels_per_example.clone().into_iter().collect();
    assert_eq!(histogram, [(1, 1797), (2, 193), (3, 9), (4, 1)]);
    assert_eq!(start.majority_accuracy, 0.852);
    let range = start.annotator_range().map(|accuracy| format!("{accuracy:.3}"));
    assert_eq!(range, ["0.712", "0.959", "0.850"]);
}

#[test]
fn every_level_of_single_vs_multi_starts_as_published() {
    let published = [(0.6, 911, 0.71), (0.7, 911, 0.818), (0.8, 911, 0.896), (0.9, 911, 0.95)];
    for (level, labels, accuracy) in published.into_iter().chain([(1.0, 937, 1.0)]) {
        let start = start(WallRobotVariant::SingleVsMulti { level });
        assert_eq!((start.labels, start.majority_accuracy), (labels, accuracy), "level {level}");
    }
}
