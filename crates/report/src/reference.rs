//! The published curves: mean and population standard deviation per round, read
//! from `published_results.csv`, and which of them a run can be held against.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use crate::{ReportError, Run};

const ADVICE: &str = "name the folder that holds the published results with --reference";
const FILE: &str = "published_results.csv";

/// Published results by benchmark, model, method, measure and round.
#[derive(Clone, Debug)]
pub struct Reference {
    curves: BTreeMap<[String; 4], BTreeMap<usize, PublishedPoint>>,
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
    /// Reads `published_results.csv` in this folder.
    ///
    /// # Errors
    /// If the file cannot be read or is no such table.
    pub fn load(dir: &Path) -> Result<Self, ReportError> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(ReportError::NoReference { path: dir.display().to_string() });
        }
        let bytes = std::fs::read(&path).map_err(ReportError::io("read", &path))?;
        let mut curves: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for line in csv::Reader::from_reader(bytes.as_slice()).deserialize() {
            let line: Line = line.map_err(|error| ReportError::damaged(&path, error, ADVICE))?;
            let point = PublishedPoint { mean: line.mean, std: line.std, runs: line.runs };
            let key = [line.benchmark, line.model, line.method, line.metric];
            curves.entry(key).or_default().insert(line.iteration, point);
        }
        if curves.is_empty() {
            return Err(ReportError::damaged(&path, "it holds no results", ADVICE));
        }
        Ok(Self { curves })
    }

    /// The published curve of the same benchmark, models and strategy; empty if there is none.
    pub(crate) fn curve(
        &self,
        run: &Run,
        strategy: &str,
        metric: &str,
    ) -> BTreeMap<usize, PublishedPoint> {
        let found = published_key(run, strategy).and_then(|[benchmark, model, method]| {
            self.curves.get(&[benchmark, model, method, metric.to_owned()])
        });
        found.cloned().unwrap_or_default()
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
    if published_batch(benchmark).is_some_and(|batch| batch != run.batch) {
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

/// Labels per round in the published runs: with another batch the same round has other labels.
fn published_batch(benchmark: &str) -> Option<usize> {
    match benchmark {
        "cifar-10h" => Some(500),
        _ => Some(100),
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
