//! Several runs of one experiment side by side: two protocols, two devices, ten seeds
//! and twenty.

use super::{Table, mean_std, or_dash, p_value};
use crate::{
    Run,
    curve::Curve,
    measure::ACCURACIES,
    report::Group,
    stats::{Spread, welch_p},
};

/// One row per strategy and measure, final and area; every further run is compared
/// with the first. Nothing for a single run.
pub(crate) fn sides(group: &Group<'_>) -> Option<Table> {
    let (first, others) = group.runs.split_first()?;
    if others.is_empty() {
        return None;
    }
    let title = match others.iter().all(|run| run.protocol == first.protocol) {
        true => "Runs side by side",
        false => "Protocols side by side",
    };
    let mut table = Table::new(title, &["strategy", "measure", "round"], 2);
    let name = |run: &Run| match run.protocol.as_str() {
        "" => run.name.clone(),
        protocol => format!("{} ({protocol} protocol)", run.name),
    };
    table.headings.extend(group.runs.iter().map(|run| name(run)));
    for run in others {
        let name = if others.len() > 1 { format!(", {}", run.name) } else { String::new() };
        table.headings.extend([format!("difference{name}"), format!("Welch p{name}")]);
    }
    for strategy in first.strategies() {
        for measure in ACCURACIES {
            for (key, ending) in [(measure.key.to_owned(), ""), (measure.area(), ", area")] {
                let what = format!("{}{ending}", measure.short);
                table.rows.extend(row(group, strategy, &key, what));
            }
        }
    }
    table.say(&[
        "Mean \u{b1} population standard deviation (seeds).",
        "round: the last one that all have.",
        "difference: from the first run.",
        "Welch p: two-sided t-test of equal means, which takes the seeds of two runs as independent.",
    ]);
    table.or_nothing()
}

fn row(group: &Group<'_>, strategy: &str, key: &str, what: String) -> Option<Vec<String>> {
    let curves: Vec<Curve> =
        group.runs.iter().map(|run| Curve::of_strategy(run, strategy, key)).collect();
    let with_data = curves.iter().filter_map(|curve| Some(curve.last()?.round));
    let round = with_data.clone().min()?;
    if with_data.count() < 2 {
        return None;
    }
    let spread = |curve: &Curve| -> Option<Spread> {
        Some(curve.points.iter().find(|point| point.round == round)?.spread)
    };
    let spreads: Vec<Option<Spread>> = curves.iter().map(spread).collect();
    let mut cells = vec![strategy.to_owned(), what, round.to_string()];
    let with_seeds = |spread: Spread| format!("{} ({})", mean_std(spread), spread.n);
    cells.extend(spreads.iter().map(|spread| or_dash(spread.map(with_seeds))));
    for other in &spreads[1..] {
        let both = spreads[0].zip(*other);
        cells.push(or_dash(both.map(|(a, b)| format!("{:+.4}", b.mean - a.mean))));
        cells.push(p_value(both.and_then(|(a, b)| welch_p(a, b))));
    }
    Some(cells)
}
