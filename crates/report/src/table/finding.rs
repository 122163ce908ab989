//! What a run shows, in words: which strategy ends highest and how sure that is, and
//! how many labels it needs to be where random selection ends.

use super::{
    level, mean_std,
    needed::{Path, saving},
    p_value,
};
use crate::{Run, curve::Curve, measure::MODEL, stats::welch_p};

/// Nothing where fewer than two strategies have finished the same round, and nothing for
/// strategies of several levels, which are no rivals.
pub(crate) fn finding(run: &Run) -> Option<String> {
    let curves = Curve::of_run(run, MODEL.key);
    let furthest = curves.iter().filter_map(|curve| Some(curve.last()?.round)).max()?;
    let mut rivals: Vec<_> = curves
        .iter()
        .filter(|curve| level(&curve.strategy).is_none())
        .filter_map(|curve| Some((curve, curve.last()?.spread)))
        .filter(|(curve, _)| curve.last().is_some_and(|last| last.round == furthest))
        .collect();
    rivals.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    let [(first, best), (second, next), ..] = rivals[..] else { return None };
    let test = match welch_p(best, next) {
        Some(p) => format!(" (Welch p {})", p_value(Some(p))),
        None => String::new(),
    };
    let highest = format!(
        "Highest final model accuracy: {}, {}; then {}, {}{test}.",
        first.strategy,
        mean_std(best),
        second.strategy,
        mean_std(next)
    );
    Some(highest + &against_random(first, &curves).unwrap_or_default())
}

fn against_random(first: &Curve, curves: &[Curve]) -> Option<String> {
    let random = curves.iter().find(|curve| curve.strategy == "random")?;
    let (budget, target) = Path::of(random)?.end()?;
    let labels = Path::of(first)?.reaches(target)?;
    let labels = (first.strategy != "random").then(|| saving(labels, budget))?;
    Some(format!(
        " {} reaches the final accuracy of random, {target:.4}, with {labels} of {budget:.0} labels.",
        first.strategy
    ))
}
