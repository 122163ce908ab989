//! Reading the Wall-Robot table: the real one where there is one, and what is
//! said about a table that is missing or damaged.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use relabel_data::{
    CrowdKind, DataError, DataFeatures, Dataset, WallRobotRecipe, WallRobotVariant, wall_robot,
};

const FILE: &str = "wall-robot/sensor_readings_4.data";

fn error(folder: &Path) -> DataError {
    wall_robot(folder, WallRobotVariant::SingleLabel, CrowdKind::Identical).unwrap_err()
}

fn folder_with(table: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("wall-robot")).unwrap();
    fs::write(folder.path().join(FILE), table).unwrap();
    folder
}

/// A table with the published class sizes, class after class; the first feature
/// counts the rows.
fn made_up_table() -> String {
    let classes = [
        ("Move-Forward", 2205),
        ("Sharp-Right-Turn", 2097),
        ("Slight-Left-Turn", 328),
        ("Slight-Right-Turn", 826),
    ];
    let names = classes.into_iter().flat_map(|(name, size)| std::iter::repeat_n(name, size));
    names.enumerate().map(|(row, name)| format!("{row},0.5,1,2, {name}\r\n")).collect()
}

#[test]
fn a_missing_table_names_the_command_that_fetches_it() {
    let folder = tempfile::tempdir().unwrap();
    let sentence = error(folder.path()).to_string();
    assert!(sentence.contains("sensor_readings_4.data is not in"), "{sentence}");
    let command = format!("relabel data fetch wall-robot --data {}", folder.path().display());
    assert!(sentence.contains(&command), "{sentence}");
}

#[test]
fn a_damaged_row_is_named() {
    let good = "1,2,3,4,Move-Forward\r\n";
    for (bad, found) in [
        ("1,2,3,Move-Forward\r\n", "4 fields"),
        ("1,2,3,4,Sideways\r\n", "Sideways"),
        ("1,x,3,4,Move-Forward\r\n", "\"x\""),
        ("1,inf,3,4,Move-Forward\r\n", "\"inf\""),
    ] {
        let folder = folder_with(&[good, good, bad, good].concat());
        let sentence = error(folder.path()).to_string();
        assert!(sentence.contains(&format!("{FILE}, row 3: found")), "{sentence}");
        assert!(sentence.contains(found), "{sentence}");
    }
}

#[test]
fn a_table_with_a_row_too_few_is_refused() {
    let table = made_up_table();
    let folder = folder_with(table.split_once('\n').unwrap().1);
    let sentence = error(folder.path()).to_string();
    assert!(sentence.contains("found 5455 rows (2204 Move-Forward"), "{sentence}");
    assert!(sentence.contains("expected 5456 rows (2205 Move-Forward"), "{sentence}");
}

#[test]
fn features_and_classes_belong_to_the_same_row() {
    let folder = folder_with(&made_up_table());
    let data =
        wall_robot(folder.path(), WallRobotVariant::Published, CrowdKind::Identical).unwrap();
    let DataFeatures::Table(features) = &data.features else { panic!("not a table") };
    assert_eq!(features.dim(), (3000, 4));
    let ends = [2205.0, 4302.0, 4630.0, 5456.0];
    for (row, class) in features.rows().into_iter().zip(&data.truth) {
        assert_eq!(ends.iter().filter(|&&end| end <= row[0]).count(), class.at());
    }
    check_ids(&data);
}

/// Labelled, pool and test examples are all the examples, each once.
fn check_ids(data: &Dataset) {
    let mut ids = [data.labeled.as_slice(), &data.pool, &data.test].concat();
    ids.sort();
    assert_eq!(ids.iter().map(|id| id.at()).collect::<Vec<_>>(), Vec::from_iter(0..3000));
    assert!(data.test.iter().all(|id| id.at() >= 2000), "test examples should come last");
}

#[test]
fn a_level_out_of_range_is_refused() {
    let variant = WallRobotVariant::SingleVsMulti { level: 0.2 };
    let sentence = WallRobotRecipe::new(variant).unwrap_err().to_string();
    assert!(sentence.contains("level 0.2"), "{sentence}");
}

/// The features of a row of the subset, wherever the split has put it.
fn subset_row(folder: &Path, variant: WallRobotVariant, row: usize) -> Vec<f64> {
    let data = wall_robot(folder, variant, CrowdKind::Identical).unwrap();
    let rows = WallRobotRecipe::new(variant).unwrap().rows();
    let DataFeatures::Table(features) = data.features else { panic!("not a table") };
    features.row(rows.iter().position(|&other| other == row).unwrap()).to_vec()
}

#[test]
fn the_real_table_gives_the_rows_that_the_notebooks_print() {
    let Some(folder) = std::env::var_os("RELABEL_DATA").map(PathBuf::from) else {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: RELABEL_DATA is not set\n"),
        )
        .unwrap();
        return;
    };
    for (variant, row, features) in [
        (WallRobotVariant::Notebook, 0, [2.261, 0.598, 1.686, 1.038]),
        (WallRobotVariant::Notebook, 2999, [2.222, 0.386, 1.931, 1.460]),
        (WallRobotVariant::Published, 0, [3.242, 0.770, 1.486, 0.467]),
        (WallRobotVariant::Complete, 2999, [1.159, 0.471, 2.535, 0.552]),
    ] {
        assert_eq!(subset_row(&folder, variant, row), features, "{variant:?}, row {row}");
    }
    let data = wall_robot(&folder, WallRobotVariant::Published, CrowdKind::Identical).unwrap();
    assert_eq!(data.summary.len(), 5, "the published table needs no remark: {:?}", data.summary);
}

#[test]
fn the_summary_shows_the_published_figures_beside_ours() {
    let folder = folder_with(&made_up_table());
    let summary = wall_robot(folder.path(), WallRobotVariant::Published, CrowdKind::Identical)
        .unwrap()
        .summary;
    assert_eq!(summary[1], "575 labels at the start (published 575) from 30 annotators");
    assert_eq!(summary[4], "accuracy of the majority vote: 0.882 (published 0.882)");
    assert!(summary[5].contains("other values than the published table"), "{summary:?}");
}
