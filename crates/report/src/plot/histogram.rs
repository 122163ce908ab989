//! How many examples have how many labels in the last finished round.

use super::{
    bars::{BarChart, Bars},
    frame::Words,
    picture::{Across, Chart, Picture, source},
    style::Looks,
};
use crate::{Run, report::Group, stats::Spread};

/// Numbers of labels that have a bar of their own; the last one stands for all above.
const BINS: usize = 12;

/// The picture, if any run counted the labels of its examples.
pub(super) fn histogram(group: &Group<'_>, looks: &Looks) -> Option<Picture> {
    let counts = group.runs.iter().enumerate().flat_map(|(index, run)| {
        run.strategies().into_iter().map(move |strategy| (index, *run, strategy))
    });
    let order: Vec<&str> = group.runs.iter().flat_map(|run| run.strategies()).collect();
    let mut counts: Vec<_> = counts
        .map(|(index, run, strategy)| (index, run, strategy, last_counts(run, strategy)))
        .filter(|(.., counts)| !counts.is_empty())
        .collect();
    let most = counts.iter().flat_map(|(.., cells)| cells).map(|cell| cell.len()).max()?;
    let bins = most.min(BINS);
    // The runs of a strategy stand side by side.
    counts.sort_by_key(|&(.., strategy, _)| order.iter().position(|&known| known == strategy));
    let series = counts.into_iter().map(|(index, run, strategy, cells)| {
        let look = looks.look(strategy);
        Bars {
            strategy: strategy.to_owned(),
            source: source(looks, group.source_of(run), strategy),
            look,
            place: index * looks.arms() + look.arm,
            heights: (0..bins).filter_map(|bin| height(&cells, bin, bins)).collect(),
        }
    });
    let label = |bin: usize| match bin + 1 == bins && most > bins {
        true => format!("{bin}+"),
        false => bin.to_string(),
    };
    let words = Words {
        title: format!("Labels per example in the last finished round: {}", group.title()),
        x_title: "Labels that an example has (number)".into(),
        y_title: "Examples (number)".into(),
    };
    let bins: Vec<String> = (0..bins).map(label).collect();
    Some(Picture {
        stem: "labels_per_example".into(),
        title: "Labels per example",
        across: Across::Counts,
        chart: Chart::Bars(BarChart { words, bins, series: series.collect() }),
    })
}

/// The counts of every seed that has finished the last round of its strategy.
fn last_counts<'a>(run: &'a Run, strategy: &'a str) -> Vec<&'a [usize]> {
    let last = run.cells_of(strategy).map(|cell| cell.rounds.len()).max().unwrap_or(0);
    let reached = run.cells_of(strategy).filter(|cell| cell.rounds.len() == last);
    let counts = reached.filter_map(|cell| Some(cell.rounds.last()?.label_counts.as_slice()));
    counts.filter(|counts| !counts.is_empty()).collect()
}

/// Examples in a bin, the last one being open.
fn height(cells: &[&[usize]], bin: usize, bins: usize) -> Option<Spread> {
    let examples = cells.iter().map(|counts| match bin + 1 == bins {
        true => counts.iter().skip(bin).sum::<usize>() as f64,
        false => counts.get(bin).map_or(0.0, |&examples| examples as f64),
    });
    Spread::of(&examples.collect::<Vec<f64>>())
}
