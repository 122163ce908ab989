//! How much of a run is finished, what is missing and what could not be used.

use crate::{Run, run::Missing};

/// Missing cells that are named one by one.
const NAMED: usize = 12;

/// One sentence: finished or not.
pub(crate) fn standing(run: &Run) -> String {
    let (done, all) = run.progress();
    if run.is_arrays() {
        let strategies = run.strategies().len();
        return format!("Arrays of {all} runs: {strategies} strategies, {} rounds.", run.rounds);
    }
    match done == all {
        true if all == 1 => "Its one cell is finished.".into(),
        true => format!("All {all} cells are finished."),
        false => format!("{done} of {all} cells are finished."),
    }
}

/// What is missing, one sentence per cell, and the rest as a number.
pub(crate) fn missing_cells(run: &Run) -> Vec<String> {
    let missing = run.missing();
    let mut sentences: Vec<String> = Vec::new();
    let (begun, absent): (Vec<&Missing<'_>>, Vec<_>) =
        missing.iter().partition(|cell| cell.finished > 0 || cell.failure.is_some());
    for cell in begun.iter().take(NAMED) {
        let failed = cell.failure.map(|reason| format!("; it failed: {reason}"));
        sentences.push(format!(
            "{}, seed {}: {} of {} rounds{}",
            cell.strategy,
            cell.seed,
            cell.finished,
            run.rounds,
            failed.unwrap_or_default()
        ));
    }
    if begun.len() > NAMED {
        sentences.push(format!("{} further cells that are not finished", begun.len() - NAMED));
    }
    if !absent.is_empty() {
        sentences.push(not_begun(&absent));
    }
    sentences
}

/// "not begun: random (seeds 3, 4), activelab (seed 4)".
fn not_begun(absent: &[&Missing<'_>]) -> String {
    let mut by_strategy: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in absent {
        match by_strategy.iter_mut().find(|(strategy, _)| *strategy == cell.strategy) {
            Some((_, seeds)) => seeds.push(cell.seed.to_string()),
            None => by_strategy.push((cell.strategy, vec![cell.seed.to_string()])),
        }
    }
    let named = by_strategy.iter().map(|(strategy, seeds)| match seeds.as_slice() {
        [seed] => format!("{strategy} (seed {seed})"),
        seeds if seeds.len() > NAMED => format!("{strategy} ({} seeds)", seeds.len()),
        seeds => format!("{strategy} (seeds {})", seeds.join(", ")),
    });
    format!("not begun: {}", named.collect::<Vec<_>>().join(", "))
}
