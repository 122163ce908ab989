//! From runs to charts: which curves and bars a picture holds.

use super::{
    bars::BarChart,
    frame::Words,
    histogram::histogram,
    layout::Layout,
    lines::{LineChart, Series},
    png::png,
    scene::Scene,
    style::{Looks, Pattern},
    svg::{Place, svg},
};
use crate::{
    Reference, Run,
    curve::Curve,
    measure::{ACCURACIES, Measure, SIZE},
    report::Group,
    stats::Spread,
};

/// What a horizontal axis counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Across {
    /// Rounds.
    Rounds,
    /// Labels bought since the start.
    Labels,
    /// Labels that an example has.
    Counts,
}

/// A picture, to be drawn at several sizes.
pub(crate) struct Picture {
    /// Name of its files.
    pub stem: String,
    /// What it shows.
    pub title: &'static str,
    pub across: Across,
    pub(super) chart: Chart,
}

pub(super) enum Chart {
    Lines(LineChart),
    Bars(BarChart),
}

impl Picture {
    /// As a file.
    pub fn svg(&self) -> String {
        svg(&self.scene(&Layout::FILE), Place::File)
    }

    /// As a file.
    pub fn png(&self) -> Vec<u8> {
        png(&self.scene(&Layout::FILE))
    }

    /// On a page; the second one is for phones.
    pub fn inline(&self) -> [String; 2] {
        [Layout::PAGE, Layout::PHONE].map(|layout| svg(&self.scene(&layout), Place::Page))
    }

    fn scene(&self, layout: &Layout) -> Scene {
        match &self.chart {
            Chart::Lines(chart) => chart.scene(layout),
            Chart::Bars(chart) => chart.scene(layout),
        }
    }
}

/// All pictures of an experiment; none while no round is finished.
pub(crate) fn pictures(
    group: &Group<'_>,
    reference: Option<&Reference>,
    looks: &Looks,
) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for measure in ACCURACIES.iter().chain([&SIZE]) {
        for across in [Across::Rounds, Across::Labels] {
            let curves = Curves { group, reference, looks, measure, across };
            pictures.extend(curves.picture());
        }
    }
    pictures.extend(histogram(group, looks));
    pictures
}

/// What one picture of curves is made of.
struct Curves<'a> {
    group: &'a Group<'a>,
    reference: Option<&'a Reference>,
    looks: &'a Looks,
    measure: &'a Measure,
    across: Across,
}

impl Curves<'_> {
    fn picture(&self) -> Option<Picture> {
        let mut series = self.own();
        if series.is_empty() {
            return None;
        }
        series.extend(self.published());
        let Measure { key, title, axis, .. } = *self.measure;
        let stem = if key == SIZE.key { "labelled_set_size" } else { key };
        let (ending, x_title) = match self.across {
            Across::Rounds => ("", "Round (counted from 0)"),
            _ => ("_by_labels", "Labels spent (since the start)"),
        };
        let words = Words {
            title: format!("{title}: {}", self.group.title()),
            x_title: x_title.into(),
            y_title: axis.into(),
        };
        let by_round = self.across == Across::Rounds;
        Some(Picture {
            stem: format!("{stem}{ending}"),
            title,
            across: self.across,
            chart: Chart::Lines(LineChart { words, by_round, series }),
        })
    }

    fn own(&self) -> Vec<Series> {
        let mut series = Vec::new();
        for (index, run) in self.group.runs.iter().enumerate() {
            for Curve { strategy, points } in Curve::of_run(run, self.measure.key) {
                let look = self.looks.look(&strategy);
                let place = |round: usize, labels: Option<f64>| match self.across {
                    Across::Rounds => Some(round as f64),
                    _ => labels,
                };
                let points: Option<Vec<_>> = points
                    .iter()
                    .map(|at| Some((place(at.round, at.labels)?, at.spread)))
                    .collect();
                series.extend(points.map(|points| Series {
                    source: source(self.looks, self.group.source_of(run), &strategy),
                    look,
                    dash: Pattern::Run(index * self.looks.arms() + look.arm),
                    points,
                    strategy,
                }));
            }
        }
        series
    }

    /// The published mean of every strategy that was drawn, each once.
    fn published(&self) -> Vec<Series> {
        let Some(reference) = self.reference else { return Vec::new() };
        let mut drawn: Vec<Series> = Vec::new();
        for run in &self.group.runs {
            for strategy in run.strategies() {
                let points = self.published_points(reference, run, strategy);
                let known = drawn.iter().any(|at| at.strategy == strategy && at.points == points);
                if points.is_empty() || known {
                    continue;
                }
                let look = self.looks.look(strategy);
                drawn.push(Series {
                    strategy: strategy.to_owned(),
                    source: source(self.looks, "published mean".into(), strategy),
                    look,
                    dash: Pattern::Published(look.arm),
                    points,
                });
            }
        }
        drawn
    }

    fn published_points(
        &self,
        reference: &Reference,
        run: &Run,
        strategy: &str,
    ) -> Vec<(f64, Spread)> {
        let step = match self.across {
            Across::Rounds => 1,
            // Every published round bought one batch.
            _ => run.batch.unwrap_or(0),
        };
        let published = reference.curve(run, strategy, self.measure.key);
        let points = published.iter().map(|(&round, point)| {
            ((round * step) as f64, Spread { mean: point.mean, std: 0.0, n: point.runs })
        });
        points.filter(|_| step > 0).collect()
    }
}

/// Where strategies share colours, a stroke belongs to an arm as well.
pub(super) fn source(looks: &Looks, source: String, strategy: &str) -> String {
    match strategy.split_once('@') {
        Some((arm, _)) if looks.arms() > 1 => format!("{source}, {arm}"),
        _ => source,
    }
}
