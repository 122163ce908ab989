//! The statistics of the Wall-Robot data sets against those printed with the
//! published benchmarks. Nothing here needs the table.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use relabel_data::{CrowdKind, Start, WallRobotRecipe, WallRobotVariant};

fn recipe(variant: WallRobotVariant) -> WallRobotRecipe {
    WallRobotRecipe::new(variant).unwrap()
}

fn start(recipe: &WallRobotRecipe) -> Start {
    Start::of(&recipe.dataset(Array2::zeros((recipe.rows().len(), 0))))
}

fn range(start: &Start) -> [String; 3] {
    start.annotator_range().map(|accuracy| format!("{accuracy:.3}"))
}

#[test]
fn the_published_variant_shows_the_published_statistics() {
    let recipe = recipe(WallRobotVariant::Published);
    let start = start(&recipe);
    assert_eq!(recipe.dropped, [12_668, 1757]);
    assert_eq!(start.sizes, [500, 1500, 1000]);
    assert_eq!(start.labels, 575);
    assert_eq!(start.labels_per_example, [(1, 435), (2, 58), (3, 5), (4, 1), (5, 1)].into());
    assert_eq!(start.majority_accuracy, 0.882);
    assert_eq!(range(&start), ["0.667", "1.000", "0.891"]);
}

#[test]
fn the_complete_variant_shows_the_published_statistics() {
    let recipe = recipe(WallRobotVariant::Complete);
    let start = start(&recipe);
    assert_eq!(recipe.dropped, [50_658, 7128]);
    assert_eq!(start.sizes, [2000, 0, 1000]);
    assert_eq!(start.labels, 2214);
    assert_eq!(start.labels_per_example, [(1, 1797), (2, 193), (3, 9), (4, 1)].into());
    assert_eq!(start.majority_accuracy, 0.852);
    assert_eq!(range(&start), ["0.712", "0.959", "0.850"]);
}

#[test]
fn every_level_of_single_vs_multi_starts_as_published() {
    for (level, labels, accuracy, low, high) in [
        (0.6, 911, 0.71, "0.538", "0.800"),
        (0.7, 911, 0.818, "0.577", "0.900"),
        (0.8, 911, 0.896, "0.692", "0.966"),
        (0.9, 911, 0.95, "0.759", "1.000"),
        (1.0, 937, 1.0, "1.000", "1.000"),
    ] {
        let start = start(&recipe(WallRobotVariant::SingleVsMulti { level }));
        assert_eq!((start.labels, start.majority_accuracy), (labels, accuracy), "level {level}");
        assert_eq!(range(&start)[..2], [low, high], "level {level}");
    }
}

#[test]
fn a_heterogeneous_crowd_has_good_and_bad_annotators_around_the_same_mean() {
    let truth = |recipe: &WallRobotRecipe| recipe.dataset(Array2::zeros((3000, 0))).truth;
    let accuracies = |kind| {
        let recipe = WallRobotRecipe::with_crowd(WallRobotVariant::Published, kind).unwrap();
        let truth = truth(&recipe);
        let right = |labels: &Vec<_>| labels.iter().zip(&truth).filter(|(a, b)| a == b).count();
        let mut shares: Vec<f64> =
            recipe.annotators.iter().map(|labels| right(labels) as f64 / 2000.0).collect();
        shares.sort_by(f64::total_cmp);
        shares
    };
    let (same, mixed) = (accuracies(CrowdKind::Identical), accuracies(CrowdKind::Heterogeneous));
    assert_eq!(same.first(), same.last(), "as published, nobody is better");
    assert!(mixed[0] < 0.75 && mixed[29] > 0.95, "{mixed:?}");
    let mean = mixed.iter().sum::<f64>() / 30.0;
    assert!((mean - 0.85).abs() < 0.03, "{mean}");
}

#[test]
fn a_heterogeneous_crowd_keeps_the_rows_and_can_be_drawn_at_every_level() {
    for level in [0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
        let variant = WallRobotVariant::SingleVsMulti { level };
        let published = recipe(variant);
        let mixed = WallRobotRecipe::with_crowd(variant, CrowdKind::Heterogeneous).unwrap();
        assert_eq!((&published.labeled, &published.pool), (&mixed.labeled, &mixed.pool));
        assert_eq!(mixed.noise.len(), 30);
        let start = start(&mixed);
        assert!(start.majority_accuracy > level.min(0.99) - 0.15, "{level}: {start:?}");
    }
}
