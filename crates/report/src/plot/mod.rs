//! Curves as pictures: model accuracy and consensus accuracy, one line per
//! strategy (mean over seeds) in a band of one population standard deviation.

mod axis;
mod chart;
mod legend;
mod letters;
mod png;
mod scene;
mod style;
mod svg;

use std::{collections::BTreeSet, path::PathBuf};

pub(crate) use self::svg::escape;
use self::{
    chart::{Chart, Series},
    style::{Pattern, colour},
};
use crate::{Reference, ReportError, Run, curve::Curve, file::write_atomic, stats::Spread};

/// Measures that are drawn: name, title, title of the vertical axis.
const MEASURES: [(&str, &str, &str); 2] = [
    ("model_accuracy", "Model accuracy", "Model accuracy (fraction of test examples)"),
    (
        "consensus_accuracy",
        "Consensus label accuracy",
        "Consensus accuracy (fraction of labelled examples)",
    ),
];

/// Writes the curves of all runs into `plots/` of the first as SVG and PNG. Without
/// a reference the horizontal axis counts labels; with one it counts rounds, and the
/// published means are dashed. Nothing is written while no round is finished.
///
/// # Errors
/// [`ReportError::NoRuns`], or [`ReportError::Io`].
pub fn write_plots(
    runs: &[Run],
    reference: Option<&Reference>,
) -> Result<Vec<PathBuf>, ReportError> {
    let folder = runs.first().ok_or(ReportError::NoRuns)?.path.join("plots");
    let mut written = Vec::new();
    for (measure, chart) in charts(runs, reference) {
        let scene = chart.scene();
        for (kind, bytes) in [("svg", svg::svg(&scene).into_bytes()), ("png", png::png(&scene))] {
            let path = folder.join(format!("{measure}.{kind}"));
            write_atomic(&path, &bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// The same pictures as SVG text, for a page.
pub(crate) fn inline_svgs(runs: &[Run], reference: Option<&Reference>) -> Vec<String> {
    charts(runs, reference).iter().map(|(_, chart)| svg::svg(&chart.scene())).collect()
}

fn charts(runs: &[Run], reference: Option<&Reference>) -> Vec<(&'static str, Chart)> {
    let charts = MEASURES.iter().map(|&(measure, title, y_title)| {
        let mut series = own_series(runs, measure, reference.is_some());
        if !series.is_empty()
            && let Some(reference) = reference
        {
            series.extend(published_series(runs, measure, reference));
        }
        let names: Vec<String> = runs.iter().map(run_name).collect();
        let chart = Chart {
            title: format!("{title}: {}", names.join(", ")),
            x_title: if reference.is_some() { "Round" } else { "Labels collected (number)" },
            y_title,
            by_round: reference.is_some(),
            series,
        };
        (measure, chart)
    });
    charts.filter(|(_, chart)| !chart.series.is_empty()).collect()
}

fn run_name(run: &Run) -> String {
    format!("{}/{}", run.experiment, run.name)
}

/// What the lines of a run are called in the legend.
fn source(run: &Run, runs: &[Run]) -> String {
    if runs.len() == 1 {
        let seeds: BTreeSet<u64> = run.cells.iter().map(|cell| cell.seed).collect();
        return match seeds.len() {
            1 => "one seed".into(),
            n if run.cells.iter().all(|cell| cell.done) => format!("mean of {n} seeds"),
            n => format!("mean of up to {n} seeds"),
        };
    }
    let same = |name: &dyn Fn(&Run) -> String| {
        runs.iter().filter(|other| name(other) == name(run)).count() > 1
    };
    if same(&|run| run_name(run)) {
        return run.path.display().to_string();
    }
    match runs.iter().all(|other| other.experiment == run.experiment) {
        true => run.name.clone(),
        false => run_name(run),
    }
}

fn own_series(runs: &[Run], measure: &str, by_round: bool) -> Vec<Series> {
    let of_run = |(index, run): (usize, &Run)| {
        let curves = Curve::of_run(run, measure);
        let source = source(run, runs);
        let series = curves.into_iter().map(move |curve| Series {
            colour: colour(&curve.strategy),
            dash: Pattern::of_run(index),
            source: source.clone(),
            points: curve
                .points
                .iter()
                .map(|point| {
                    let x = if by_round { point.round as f64 } else { point.labels };
                    (x, point.spread)
                })
                .collect(),
            strategy: curve.strategy,
        });
        series.collect::<Vec<_>>()
    };
    runs.iter().enumerate().flat_map(of_run).collect()
}

/// The published mean of every strategy that was drawn, each once.
fn published_series(runs: &[Run], measure: &str, reference: &Reference) -> Vec<Series> {
    let mut drawn: Vec<(&str, Vec<(f64, Spread)>)> = Vec::new();
    for run in runs {
        for strategy in run.strategies() {
            let published = reference.curve(run, strategy, measure);
            let points: Vec<_> = published
                .iter()
                .map(|(&round, row)| {
                    (round as f64, Spread { mean: row.mean, std: 0.0, n: row.runs })
                })
                .collect();
            if !points.is_empty() && !drawn.contains(&(strategy, points.clone())) {
                drawn.push((strategy, points));
            }
        }
    }
    let series = drawn.into_iter().map(|(strategy, points)| Series {
        colour: colour(strategy),
        dash: Pattern::Published,
        source: "published mean".into(),
        points,
        strategy: strategy.to_owned(),
    });
    series.collect()
}
