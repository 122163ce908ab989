//! One finished round as a report sees it, and the file that it is read from. A
//! round file must carry its own checksum.

use std::{collections::BTreeMap, path::Path};

use relabel_data::sha256;
use serde::Deserialize;

use crate::{ReportError, measure::ACCURACIES, stats::mean_heights};

/// What one round measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundPoint {
    /// The round, from 0.
    pub round: usize,
    /// Labels that this round's consensus used, if known.
    pub n_labels: Option<usize>,
    /// Labelled examples, if known.
    pub n_examples: Option<usize>,
    /// Measures by name.
    pub metrics: BTreeMap<String, f64>,
    /// How many examples have no label, one label, two, ...; empty if unknown.
    pub label_counts: Vec<usize>,
    /// Wall seconds by part of the round.
    pub timings: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct RoundFile {
    version: u32,
    round: usize,
    n_labels: usize,
    n_examples: usize,
    /// Not a number is written as null.
    metrics: BTreeMap<String, Option<f64>>,
    distribution_entropy: Option<f64>,
    num_added: usize,
    per_example_count: Vec<usize>,
    #[serde(default)]
    timings: BTreeMap<String, f64>,
    checksum: String,
}

impl RoundPoint {
    /// A measure by its name.
    pub(crate) fn value(&self, key: &str) -> Option<f64> {
        match key {
            "n_examples" => self.n_examples.map(|count| count as f64),
            _ => self.metrics.get(key).copied(),
        }
    }

    /// Labels bought since the start, if known.
    pub(crate) fn labels_spent(&self) -> Option<f64> {
        self.metrics.get("labels_spent").copied()
    }

    /// Examples that are counted, labelled or not; 0 if unknown.
    pub(crate) fn counted(&self) -> usize {
        self.label_counts.iter().sum()
    }

    /// Reads the text of a round file.
    pub(crate) fn read(path: &Path, text: &str, round: usize) -> Result<Self, ReportError> {
        let file: RoundFile =
            serde_json::from_str(text).map_err(|error| ReportError::damaged_round(path, error))?;
        file.check(text, round).map_err(|reason| ReportError::damaged_round(path, reason))?;
        let mut metrics = file.metrics;
        metrics.insert("distribution_entropy".into(), file.distribution_entropy);
        metrics.insert("num_added".into(), Some(file.num_added as f64));
        // The first version of the format had another name for this measure.
        if let Some(value) = metrics.remove("all_examples_accuracy") {
            metrics.insert("accuracy_all".into(), value);
        }
        Ok(Self {
            round,
            n_labels: Some(file.n_labels),
            n_examples: Some(file.n_examples),
            metrics: metrics.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            label_counts: histogram(&file.per_example_count),
            timings: file.timings,
        })
    }
}

impl RoundFile {
    fn check(&self, text: &str, round: usize) -> Result<(), String> {
        if !(1..=2).contains(&self.version) {
            return Err(format!("format version {}, expected 1 or 2", self.version));
        }
        if self.round != round {
            return Err(format!("it holds round {}", self.round));
        }
        match self.checksum == digest(text, &self.checksum) {
            true => Ok(()),
            false => Err("its checksum is wrong".into()),
        }
    }
}

/// How often each number occurs, from 0 on.
pub(crate) fn histogram(counts: &[usize]) -> Vec<usize> {
    let bins = counts.iter().max().map_or(0, |&most| most + 1);
    let mut histogram = vec![0; bins];
    counts.iter().for_each(|&count| histogram[count] += 1);
    histogram
}

/// Adds what older files and published arrays leave out: labels spent, and the
/// area under each curve so far, over labels spent or else over rounds.
pub(crate) fn complete(points: &mut [RoundPoint], batch: Option<usize>) {
    let start = points.first().and_then(|point| point.n_labels);
    for point in points.iter_mut() {
        let bought = match (point.n_labels, start, batch) {
            (Some(now), Some(start), _) => now.checked_sub(start),
            (_, _, batch) => batch.map(|batch| batch * point.round),
        };
        if let Some(bought) = bought {
            point.metrics.entry("labels_spent".into()).or_insert(bought as f64);
        }
    }
    for measure in ACCURACIES {
        let curve: Option<Vec<(f64, f64)>> = points
            .iter()
            .map(|point| {
                let x = point.labels_spent().unwrap_or(point.round as f64);
                Some((x, point.value(measure.key)?))
            })
            .collect();
        let areas = curve.map(|curve| mean_heights(&curve)).unwrap_or_default();
        for (point, area) in points.iter_mut().zip(areas) {
            point.metrics.entry(measure.area()).or_insert(area);
        }
    }
}

/// SHA-256 of the record with its checksum blank, as the record was when it was signed.
fn digest(text: &str, checksum: &str) -> String {
    let signed = format!("\"checksum\":\"{checksum}\"");
    let blank = text.replacen(&signed, "\"checksum\":\"\"", 1);
    sha256(blank.as_bytes())
}
