//! Recorded files, their arrays, and comparisons with them, which are counted.

use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{Class, FrequencyTie, Labels, Round, Seed, Stream};
use serde_json::Value;

pub struct Golden {
    pub name: String,
    pub json: Value,
    pub ties: FrequencyTie,
}

pub fn folder() -> PathBuf {
    match std::env::var_os("RELABEL_GOLDEN") {
        Some(folder) => PathBuf::from(folder).join("protocol"),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/protocol")),
    }
}

pub fn goldens(prefix: &str) -> Vec<Golden> {
    let folder = folder();
    let mut found: Vec<Golden> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let ties = if name.ends_with("_published") {
                FrequencyTie::MostFrequent
            } else {
                FrequencyTie::Rarest
            };
            Golden { name, json, ties }
        })
        .collect();
    assert!(!found.is_empty(), "{} should hold {prefix}*.json", folder.display());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

pub fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    value.as_array().unwrap().iter().map(number).collect()
}

pub fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    let shape = (rows.len(), rows.first().map_or(0, Vec::len));
    Array2::from_shape_vec(shape, rows.concat()).unwrap()
}

pub fn stack(value: &Value) -> Vec<Array2<f64>> {
    value.as_array().unwrap().iter().map(matrix).collect()
}

pub fn views(models: &[Array2<f64>]) -> Vec<ArrayView2<'_, f64>> {
    models.iter().map(|model| model.view()).collect()
}

pub fn labels(value: &Value) -> Labels {
    let rows: Vec<Vec<Option<Class>>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|row| numbers(row).iter().map(|&c| (c >= 0.0).then_some(Class(c as u16))).collect())
        .collect();
    Labels::from_wide(&rows).unwrap()
}

pub fn stream() -> Stream {
    Stream::new(Seed(0), "golden", Round(0), 0)
}

/// Comparisons made by the test that runs on this thread.
pub fn count() {
    COMPARED.with(|compared| compared.set(compared.get() + 1));
}

thread_local! {
    static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

pub fn report(prefix: &str) {
    let compared = COMPARED.with(|compared| compared.replace(0));
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{prefix}: {compared} results compared\n"),
    )
    .unwrap();
    assert!(compared > 0, "{prefix} should hold something to compare");
}

pub fn close(found: &[f64], expected: &[f64], what: &str) {
    count();
    assert_eq!(found.len(), expected.len(), "{what}: length");
    for (row, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = (a - b).abs() <= 1e-9 || (a.is_nan() && b.is_nan());
        assert!(same, "{what}, row {row}: {a}, recorded {b}");
    }
}

pub fn close_matrix(found: &Array2<f64>, expected: &Value, what: &str) {
    let expected = matrix(expected);
    let rows = expected.nrows();
    let found: Vec<f64> = found.rows().into_iter().take(rows).flatten().copied().collect();
    close(&found, expected.as_slice().unwrap(), what);
}

/// `random` lists the candidates of each tie that chance decided; the lowest was recorded.
pub fn same_classes(found: &[Class], expected: &Value, random: &Value, what: &str) {
    count();
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let ties: Vec<Vec<f64>> = random.as_array().unwrap().iter().map(numbers).collect();
    for (row, (class, expected)) in found.iter().zip(expected).enumerate() {
        let class = f64::from(class.0);
        let by_chance = |tie: &Vec<f64>| tie.contains(&class) && tie.contains(&expected);
        assert!(
            class == expected || ties.iter().any(by_chance),
            "{what}, row {row}: {class}, recorded {expected}"
        );
    }
}

pub fn cases(json: &Value, key: &str) -> Vec<Value> {
    json[key].as_array().unwrap_or_else(|| panic!("no {key}")).clone()
}
