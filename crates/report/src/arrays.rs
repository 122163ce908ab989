//! Result arrays as the published runs left them: `<method>_<what>_<run>.npy`, float64
//! with one number per round, in one folder; `<method>_<run>.npy` is a model accuracy.
//! A file that is none of these becomes a sentence, and the others are read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use relabel_data::npy::{self, Npy};

use crate::{
    CellCurve, ReportError,
    plot::rank,
    round::{RoundPoint, complete, histogram},
};

/// What a file name says after the method, and the name of the measure; longer endings first.
const KINDS: [(&str, &str); 5] = [
    ("_per_example_count", PER_EXAMPLE),
    ("_distribution_entropy", "distribution_entropy"),
    ("_model_accuracy", "model_accuracy"),
    ("_num_added", "num_added"),
    ("_accuracy", "consensus_accuracy"),
];
const PER_EXAMPLE: &str = "per_example_count";
/// More labels of one example than anybody buys.
const MOST_LABELS: f64 = 1e6;

/// The arrays of a folder by strategy and run, then by measure.
#[derive(Debug, Default)]
pub(crate) struct Arrays {
    runs: BTreeMap<(String, u64), BTreeMap<&'static str, Array>>,
    /// What could not be used.
    pub gaps: Vec<String>,
}

#[derive(Debug)]
struct Array {
    path: PathBuf,
    /// One row per round; a single column for everything but counts per example.
    rows: Vec<Vec<f64>>,
}

/// The `.npy` files of a folder by name.
pub(crate) fn array_files(folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let entries = std::fs::read_dir(folder).map_err(ReportError::io("read", folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(ReportError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "npy") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The name that this project gives to a strategy; the published files call ActiveLab CROWDLAB.
pub(crate) fn strategy_name(method: &str) -> String {
    match method.strip_prefix("crowdlab") {
        Some(rest @ ("" | "_ensemble")) => format!("activelab{rest}"),
        _ => method.to_owned(),
    }
}

impl Arrays {
    /// Reads all arrays of a folder.
    pub fn read(folder: &Path) -> Result<Self, ReportError> {
        let mut arrays = Self::default();
        for path in array_files(folder)? {
            match Array::read(&path) {
                Ok((method, run, what, array)) => {
                    arrays.runs.entry((method, run)).or_default().insert(what, array);
                }
                Err(error) => arrays.gaps.push(format!("{error}; it is left out")),
            }
        }
        arrays.drop_odd_lengths();
        Ok(arrays)
    }

    /// One cell per strategy and run; strategies in the order of the tables.
    pub fn cells(&self, batch: Option<usize>) -> Vec<CellCurve> {
        let cells = self.runs.iter().map(|((strategy, seed), arrays)| {
            let mut rounds = points(arrays);
            complete(&mut rounds, batch);
            let strategy = strategy.clone();
            CellCurve { strategy, seed: *seed, rounds, done: true, failure: None }
        });
        let mut cells: Vec<_> = cells.filter(|cell| !cell.rounds.is_empty()).collect();
        cells.sort_by_key(|cell| rank(&cell.strategy));
        cells
    }

    /// Leaves out arrays whose number of rounds is not the usual one of their strategy.
    fn drop_odd_lengths(&mut self) {
        let mut lengths: BTreeMap<String, BTreeMap<usize, usize>> = BTreeMap::new();
        for ((strategy, _), arrays) in &self.runs {
            let seen = lengths.entry(strategy.clone()).or_default();
            arrays.values().for_each(|array| *seen.entry(array.rows.len()).or_default() += 1);
        }
        for ((strategy, _), arrays) in &mut self.runs {
            let seen = &lengths[strategy];
            let usual = seen.iter().max_by_key(|&(&rounds, &times)| (times, rounds));
            let usual = usual.map_or(0, |(&rounds, _)| rounds);
            arrays.retain(|_, array| {
                let found = array.rows.len();
                if found != usual {
                    self.gaps.push(format!(
                        "{} has {found} rounds, the other arrays of {strategy} have {usual}; it is left out",
                        array.path.display()
                    ));
                }
                found == usual
            });
        }
    }
}

impl Array {
    /// Method, run, measure and values of a file.
    fn read(path: &Path) -> Result<(String, u64, &'static str, Self), ReportError> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let Some((method, what, run)) = parse_name(&stem) else {
            let expected = "a name such as crowdlab_model_accuracy_0.npy";
            return Err(ReportError::no_result(path, format!("it is called {stem}"), expected));
        };
        let array = npy::read(path).map_err(|error| {
            let path_there = format!("{}: ", path.display());
            let reason = error.to_string();
            let found = reason.strip_prefix(&path_there).unwrap_or(&reason);
            ReportError::no_result(path, found, "numbers as numpy.save writes them")
        })?;
        let rows = if what == PER_EXAMPLE { counts(&array) } else { curve(&array, what) };
        let (found, expected) = match rows {
            Ok(rows) => {
                let path = path.to_owned();
                return Ok((strategy_name(method), run, what, Self { path, rows }));
            }
            Err(found) if what == PER_EXAMPLE => (found, "whole numbers, [rounds, examples]"),
            Err(found) => (found, "float64, one number per round"),
        };
        Err(ReportError::no_result(path, found, expected))
    }
}

/// Method, measure and run of a file name without its ending.
fn parse_name(stem: &str) -> Option<(&str, &'static str, u64)> {
    let (rest, run) = stem.rsplit_once('_')?;
    let run = run.parse().ok()?;
    let (method, what) = KINDS
        .iter()
        .find_map(|(ending, what)| Some((rest.strip_suffix(ending)?, *what)))
        .unwrap_or((rest, "model_accuracy"));
    (!method.is_empty()).then_some((method, what, run))
}

fn curve(array: &Npy, what: &str) -> Result<Vec<Vec<f64>>, String> {
    if array.descr.trim_start_matches(['<', '>', '=']) != "f8" {
        return Err(format!("values of type {}", array.descr));
    }
    if array.values.ndim() != 1 || array.values.is_empty() {
        return Err(format!("the shape {:?}", array.values.shape()));
    }
    let wrong = |value: &f64| {
        what.ends_with("accuracy") && !(0.0..=1.0).contains(value) || !value.is_finite()
    };
    match array.values.iter().position(wrong) {
        Some(round) => Err(format!("{} in round {round}", array.values[[round]])),
        None => Ok(array.values.iter().map(|&value| vec![value]).collect()),
    }
}

fn counts(array: &Npy) -> Result<Vec<Vec<f64>>, String> {
    if array.values.ndim() != 2 || array.values.is_empty() {
        return Err(format!("the shape {:?}", array.values.shape()));
    }
    let whole = |value: &&f64| value.fract() != 0.0 || !(0.0..MOST_LABELS).contains(*value);
    match array.values.iter().find(whole) {
        Some(value) => Err(format!("the count {value}")),
        None => {
            let columns = array.values.shape()[1];
            let values: Vec<f64> = array.values.iter().copied().collect();
            Ok(values.chunks(columns).map(<[f64]>::to_vec).collect())
        }
    }
}

fn points(arrays: &BTreeMap<&'static str, Array>) -> Vec<RoundPoint> {
    let rounds = arrays.values().map(|array| array.rows.len()).max().unwrap_or(0);
    let point = |round: usize| {
        let mut point = RoundPoint { round, ..RoundPoint::default() };
        for (&what, array) in arrays {
            if what == PER_EXAMPLE {
                let counts: Vec<usize> =
                    array.rows[round].iter().map(|&count| count as usize).collect();
                point.n_labels = Some(counts.iter().sum());
                point.n_examples = Some(counts.iter().filter(|&&count| count > 0).count());
                point.label_counts = histogram(&counts);
            } else {
                point.metrics.insert(what.to_owned(), array.rows[round][0]);
            }
        }
        point
    };
    (0..rounds).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_say_method_measure_and_run() {
        assert_eq!(parse_name("good_random_accuracy_3"), Some(("good_random", KINDS[4].1, 3)));
        assert_eq!(
            parse_name("crowdlab_ensemble_model_accuracy_20221124022113"),
            Some(("crowdlab_ensemble", "model_accuracy", 20_221_124_022_113))
        );
        assert_eq!(parse_name("random_0"), Some(("random", "model_accuracy", 0)));
        assert_eq!(parse_name("random_per_example_count_0").map(|name| name.1), Some(PER_EXAMPLE));
        assert_eq!((parse_name("posterior"), parse_name("_accuracy_1")), (None, None));
        assert_eq!(strategy_name("crowdlab_ensemble"), "activelab_ensemble");
        assert_eq!(strategy_name("crowdlab_x"), "crowdlab_x");
    }
}
