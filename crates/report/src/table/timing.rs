//! Where the time went: wall seconds per cell, by part of the round.

use std::collections::BTreeSet;

use super::Table;
use crate::Run;

/// The part that is the whole round.
const ROUND: &str = "round_s";
/// No part of the round: what another cell trained for it.
const ELSEWHERE: &str = "first_round_elsewhere_s";

/// One row per strategy, one column per part; nothing if no round noted its time.
pub(crate) fn timings(run: &Run) -> Option<Table> {
    let rounds = || run.cells.iter().flat_map(|cell| &cell.rounds);
    let parts: BTreeSet<&str> =
        rounds().flat_map(|round| round.timings.keys()).map(String::as_str).collect();
    let (whole, parts): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| *part == ROUND);
    let mut table = Table::new("Timings", &["strategy", "cells", "rounds"], 1);
    table.headings.extend(whole.iter().map(|_| "whole rounds".to_owned()));
    table.headings.extend(parts.iter().map(|part| words(part)));
    for strategy in run.strategies() {
        let cells: Vec<_> = run.cells_of(strategy).filter(|cell| !cell.rounds.is_empty()).collect();
        let rounds: usize = cells.iter().map(|cell| cell.rounds.len()).sum();
        let seconds = |part: &&str| {
            let rounds = cells.iter().flat_map(|cell| &cell.rounds);
            // An empty sum of floats is -0.
            let sum: f64 = 0.0 + rounds.filter_map(|round| round.timings.get(*part)).sum::<f64>();
            sum / cells.len() as f64
        };
        let mut row = vec![strategy.to_owned(), cells.len().to_string(), rounds.to_string()];
        let all = whole.iter().chain(&parts);
        row.extend(all.map(|part| format!("{:.2} s", seconds(part))));
        table.rows.push(row);
    }
    table.say(&["Wall seconds per cell, finished rounds only, mean over cells."]);
    if parts.contains(&ELSEWHERE) {
        table.say(&["A first round that another strategy of the seed had trained was read, not \
                     trained: what that had taken is not in the whole rounds."]);
    }
    if whole.is_empty() && parts.is_empty() { None } else { table.or_nothing() }
}

/// "cross_validation_s" as a heading.
fn words(part: &str) -> String {
    part.strip_suffix("_s").unwrap_or(part).replace('_', " ")
}
