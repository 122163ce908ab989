//! Our last round beside the published one, and how far apart the whole curves are.

use super::{Table, mean_std, or_dash, p_value};
use crate::{
    Reference, Run,
    compare::{Comparison, PUBLISHED},
};

const HEADINGS: [&str; 11] = [
    "strategy",
    "measure",
    "ours",
    "published",
    "difference",
    "Welch p",
    "within band",
    "rounds within",
    "greatest difference",
    "round",
    "n",
];
const NOTES: [&str; 8] = [
    "Mean \u{b1} population standard deviation.",
    "difference: ours minus published.",
    "Welch p: two-sided t-test of equal means.",
    "within band: our mean lies within one published standard deviation of the published mean.",
    "rounds within: of all rounds.",
    "greatest difference: of the means, with its round; comparison.csv has every round.",
    "round: the last one that both have.",
    "n: our seeds and the published runs.",
];
const PROTOCOLS: &str = "The published results were made with the published protocol, this run \
                         with the corrected one: a difference may be due to that.";

/// One row per strategy and measure, for the accuracies and for the areas under their
/// curves; nothing if no published curve belongs to the run.
pub(crate) fn published(run: &Run, reference: &Reference) -> Vec<Table> {
    let all = Comparison::of(run, reference);
    let (areas, finals): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|comparison| comparison.metric.ends_with("_area"));
    let titles = [
        ("Final accuracy against the published results", finals),
        ("Area under the curve against the published results", areas),
    ];
    let tables = titles.iter().filter_map(|(title, comparisons)| of_kind(run, title, comparisons));
    let mut tables: Vec<Table> = tables.collect();
    if let Some(first) = tables.first_mut() {
        first.say(&NOTES);
        if run.protocol == "corrected" {
            first.say(&[PROTOCOLS]);
        }
    }
    tables
}

fn of_kind(run: &Run, title: &str, comparisons: &[Comparison]) -> Option<Table> {
    let mut table = Table::new(title, &HEADINGS, 2);
    let same = |a: &Comparison, b: &Comparison| a.strategy == b.strategy && a.metric == b.metric;
    let curves = || comparisons.chunk_by(same);
    table.rows = curves().filter_map(row).collect();
    // By strategy, as a reader looks for it.
    let place = |name: &String| run.strategies().iter().position(|strategy| strategy == name);
    table.rows.sort_by_key(|cells| place(&cells[0]));
    let tested: Vec<f64> = curves().filter_map(|rounds| rounds.last()?.p()).collect();
    table.notes.push(verdict(&tested));
    table.or_nothing()
}

/// How many of the differences are real, as far as the test can tell.
fn verdict(tested: &[f64]) -> String {
    match tested.len() {
        0 => "\u{2013}: the published spread is not known, so nothing can be tested.".into(),
        all => format!(
            "{} of {all} differences have p < 0.05; chance alone would give about {:.1}.",
            tested.iter().filter(|&&p| p < 0.05).count(),
            all as f64 * 0.05
        ),
    }
}

fn row(rounds: &[Comparison]) -> Option<Vec<String>> {
    let last = rounds.last()?;
    let (ours, theirs) = (last.ours.spread, last.published);
    let within: Vec<bool> = rounds.iter().filter_map(Comparison::is_within_band).collect();
    let farthest = rounds.iter().max_by(|a, b| {
        let size = |c: &Comparison| c.difference().abs();
        size(a).total_cmp(&size(b))
    })?;
    let published = match theirs.std {
        Some(std) => format!("{:.4} \u{b1} {std:.4}", theirs.mean),
        None => format!("{:.4}", theirs.mean),
    };
    Some(vec![
        last.strategy.clone(),
        measure_name(&last.metric),
        mean_std(ours),
        published,
        format!("{:+.4}", last.difference()),
        p_value(last.p()),
        or_dash(last.is_within_band().map(|within| if within { "yes" } else { "no" }.into())),
        or_dash((!within.is_empty()).then(|| {
            format!("{} of {}", within.iter().filter(|&&within| within).count(), within.len())
        })),
        format!("{:+.4} ({})", farthest.difference(), farthest.ours.round),
        last.ours.round.to_string(),
        format!("{}, {}", ours.n, theirs.runs),
    ])
}

fn measure_name(metric: &str) -> String {
    let key = metric.strip_suffix("_area").unwrap_or(metric);
    let found = PUBLISHED.iter().find(|measure| measure.key == key);
    found.map_or(metric, |measure| measure.short).to_owned()
}
