//! What the page says about one experiment, and about how one run was made.

use maud::{Markup, html};

use super::{anchor, figure::figures, table};
use crate::{
    Reference, Report, Run,
    measure::ACCURACIES,
    plot::{Looks, pictures},
    report::Group,
    table::{Table, areas, differences, facts, finals, finding, needed, published, sides, timings},
};

/// Figures, then tables: of the runs side by side, then of each run.
pub(super) fn experiment(group: &Group<'_>, report: &Report, looks: &Looks) -> Markup {
    let reference = report.reference.as_ref();
    let pictures = pictures(group, reference, looks);
    let aside: Vec<Table> = [differences(group), sides(group)].into_iter().flatten().collect();
    html! {
        section {
            h2 id=(group.experiment) { (group.experiment) }
            @if pictures.is_empty() {
                p { "No round is finished yet, so there is nothing to report." }
            } @else {
                p class="note" {
                    "Lines: mean over seeds; bands and whiskers: \u{b1} one population standard \
                     deviation. A line shows its name under the pointer."
                }
                (figures(&pictures))
            }
            @for one in &aside { (table(one)) }
        }
        @for run in &group.runs {
            (results(run, reference, &anchor(report, "results", run)))
        }
    }
}

fn results(run: &Run, reference: Option<&Reference>, anchor: &str) -> Markup {
    let against: Vec<Table> =
        reference.into_iter().flat_map(|other| published(run, other)).collect();
    let needed = ACCURACIES.iter().filter_map(|&measure| needed(run, reference, measure));
    let tables: Vec<Table> = finals(run).into_iter().chain(areas(run)).collect();
    html! {
        @if !tables.is_empty() {
            section {
                h2 id=(anchor) { "Results of " (run.title()) }
                @if let Some(sentences) = finding(run) { p { (sentences) } }
                @for one in &tables { (table(one)) }
                @for one in &against { (table(one)) }
                @if reference.is_some() && against.is_empty() {
                    p {
                        "The reference holds no curve of this benchmark with these models, \
                         strategies and labels per round."
                    }
                }
                @for one in needed { (table(&one)) }
            }
        }
    }
}

/// Devices, versions, data, times, configuration.
pub(super) fn provenance(run: &Run, anchor: &str) -> Markup {
    let tables: Vec<Table> = timings(run).into_iter().chain(facts(run)).collect();
    html! {
        @if !(tables.is_empty() && run.is_arrays()) {
            section {
                h2 id=(anchor) { "How " (run.title()) " was made" }
                @for one in &tables { (table(one)) }
                @if !run.is_arrays() {
                    h3 { "Configuration" }
                    pre { (run.config.trim()) }
                }
            }
        }
    }
}
