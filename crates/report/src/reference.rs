//! The published curves: mean and population standard deviation per round, from the
//! arrays of the published runs where these are at hand, else from
//! `published_results.csv`; and which of them a run can be held against.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    ReportError, Run,
    arrays::{array_files, strategy_name},
    curve::Curve,
    load_run,
    measure::ACCURACIES,
    run::benchmark_name,
    stats::mean_heights,
};

const ADVICE: &str = "name the folder that holds the published results with --reference";
const FILE: &str = "published_results.csv";

type Means = BTreeMap<[String; 4], BTreeMap<usize, PublishedPoint>>;

/// Published results.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Folders of arrays by their place, such as `wall-robot/et`; the folder itself is "".
    arrays: BTreeMap<String, Run>,
    /// Means by benchmark, model, method and measure, then round.
    means: Means,
    /// What could not be used, one sentence each.
    pub gaps: Vec<String>,
}

/// One round of a published curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PublishedPoint {
    pub mean: f64,
    /// Population standard deviation over runs; unknown for curves read off a picture.
    pub std: Option<f64>,
    pub runs: usize,
}

#[derive(Deserialize)]
struct Line {
    benchmark: String,
    model: String,
    method: String,
    metric: String,
    iteration: usize,
    mean: f64,
    std: Option<f64>,
    runs: usize,
}

impl Reference {
    /// Reads `published_results.csv` and all arrays in this folder and its subfolders.
    ///
    /// # Errors
    /// If there is neither, or the table cannot be read.
    pub fn load(dir: &Path) -> Result<Self, ReportError> {
        let mut reference = Self::default();
        reference.read_arrays(dir, "")?;
        let path = dir.join(FILE);
        if path.is_file() {
            reference.means = read_means(&path)?;
        } else if reference.arrays.is_empty() {
            return Err(ReportError::NoReference { path: dir.display().to_string() });
        }
        Ok(reference)
    }

    /// Two levels, `<benchmark>/<model>`, not counting folders called `results`.
    fn read_arrays(&mut self, dir: &Path, place: &str) -> Result<(), ReportError> {
        if !dir.is_dir() {
            return Ok(());
        }
        if !array_files(dir)?.is_empty() {
            match load_run(dir) {
                Ok(mut run) => {
                    self.gaps.append(&mut run.gaps);
                    self.arrays.insert(place.to_owned(), run);
                }
                Err(error) => self.gaps.push(error.to_string()),
            }
        }
        if place.contains('/') {
            return Ok(());
        }
        for folder in subfolders(dir)? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let inner = match (name.as_ref(), place) {
                ("results", _) => place.to_owned(),
                (name, "") => benchmark_name(name).to_owned(),
                (name, _) => format!("{place}/{name}"),
            };
            self.read_arrays(&folder, &inner)?;
        }
        Ok(())
    }

    /// The published curve of the same benchmark, models and strategy; empty if there is none.
    pub(crate) fn curve(
        &self,
        run: &Run,
        strategy: &str,
        metric: &str,
    ) -> BTreeMap<usize, PublishedPoint> {
        if let Some(arrays) = self.arrays.get("") {
            return curve_of(arrays, strategy, metric);
        }
        let Some([benchmark, model, method]) = published_key(run, strategy) else {
            return BTreeMap::new();
        };
        let first = model.split('+').next().unwrap_or_default();
        let places = [format!("{benchmark}/{first}"), benchmark.clone()];
        let found = places
            .iter()
            .filter_map(|place| self.arrays.get(place))
            .map(|arrays| curve_of(arrays, &method, metric))
            .find(|curve| !curve.is_empty());
        found.unwrap_or_else(|| self.mean_curve([benchmark, model, method], metric))
    }

    fn mean_curve(&self, key: [String; 3], metric: &str) -> BTreeMap<usize, PublishedPoint> {
        let [benchmark, model, method] = key;
        let curve = |metric: &str| {
            let key = [&benchmark, &model, &method, metric].map(Into::into);
            self.means.get(&key).cloned().unwrap_or_default()
        };
        let Some(measure) = ACCURACIES.iter().find(|measure| measure.area() == metric) else {
            return curve(metric);
        };
        // The area is linear, so the mean curve has the mean area; the spread is unknown.
        let points = curve(measure.key);
        let heights: Vec<_> = points.iter().map(|(&x, point)| (x as f64, point.mean)).collect();
        let areas = mean_heights(&heights);
        let point = |((&round, point), mean): ((&usize, &PublishedPoint), f64)| {
            (round, PublishedPoint { mean, std: None, ..*point })
        };
        points.iter().zip(areas).map(point).collect()
    }
}

fn curve_of(arrays: &Run, strategy: &str, metric: &str) -> BTreeMap<usize, PublishedPoint> {
    let curve = Curve::of_strategy(arrays, &strategy_name(strategy), metric);
    let point = |spread: crate::stats::Spread| PublishedPoint {
        mean: spread.mean,
        std: Some(spread.std),
        runs: spread.n,
    };
    curve.points.iter().map(|at| (at.round, point(at.spread))).collect()
}

fn subfolders(dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(ReportError::io("read", dir))? {
        let path = entry.map_err(ReportError::io("read", dir))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn read_means(path: &Path) -> Result<Means, ReportError> {
    let bytes = std::fs::read(path).map_err(ReportError::io("read", path))?;
    let mut curves = Means::new();
    for line in csv::Reader::from_reader(bytes.as_slice()).deserialize() {
        let line: Line = line.map_err(|error| ReportError::damaged(path, error, ADVICE))?;
        let point = PublishedPoint { mean: line.mean, std: line.std, runs: line.runs };
        let key = [line.benchmark, line.model, line.method, line.metric];
        curves.entry(key).or_default().insert(line.iteration, point);
    }
    match curves.is_empty() {
        true => Err(ReportError::damaged(path, "it holds no results", ADVICE)),
        false => Ok(curves),
    }
}

/// Benchmark, model and method under which a strategy of this run was published;
/// nothing for part of a data set or another start.
fn published_key(run: &Run, strategy: &str) -> Option<[String; 3]> {
    let (strategy, level) = strategy.split_once('@').unwrap_or((strategy, ""));
    let benchmark = match run.data.as_str() {
        _ if !run.whole_data => return None,
        "single-label" => "single-annotator",
        "single-vs-multi" => &format!("single-vs-multiannotator@{level}"),
        "cifar10h" => "cifar-10h",
        other => other,
    };
    if run.batch != published_batch(benchmark) {
        return None;
    }
    let (method, ensemble) = match strategy {
        "activelab" | "crowdlab" => ("crowdlab", false),
        "activelab_ensemble" | "crowdlab_ensemble" => ("crowdlab_ensemble", true),
        "disagreement" => ("disagreement", true),
        other => (other, false),
    };
    let model =
        if ensemble { ensemble_name(&run.ensemble) } else { model_name(&run.model).to_owned() };
    Some([benchmark.to_owned(), model, method.to_owned()])
}

/// Labels per round in the published runs: with another batch the same round has other
/// labels. Nothing for what was not published.
pub(crate) fn published_batch(benchmark: &str) -> Option<usize> {
    match benchmark {
        "cifar-10h" | "cifar10h" => Some(500),
        "wall-robot" | "wall-robot-complete" | "single-annotator" => Some(100),
        _ if benchmark.starts_with("single-vs-multiannotator@") => Some(100),
        _ => None,
    }
}

fn model_name(kind: &str) -> &str {
    match kind {
        "extra-trees" => "et",
        other => other,
    }
}

/// "mlp+et+knn"; residual networks share their prefix: "resnet18+34+50".
fn ensemble_name(kinds: &[String]) -> String {
    let mut name = String::new();
    for kind in kinds.iter().map(|kind| model_name(kind)) {
        match kind.strip_prefix("resnet") {
            Some(depth) if name.starts_with("resnet") => name.push_str(&format!("+{depth}")),
            _ if name.is_empty() => name.push_str(kind),
            _ => name.push_str(&format!("+{kind}")),
        }
    }
    name
}
