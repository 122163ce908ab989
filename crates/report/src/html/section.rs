//! What the page says about one experiment, and about how one run was made.

use maud::{Markup, html};

use super::{figure::figures, table};
use crate::{
    Reference, Run,
    measure::ACCURACIES,
    plot::{Looks, pictures},
    report::Group,
    table::{Table, accuracy, differences, facts, needed, published, sides, timings},
};

/// Figures, then tables: of the runs side by side, then of each run.
pub(super) fn experiment(
    group: &Group<'_>,
    reference: Option<&Reference>,
    looks: &Looks,
) -> Markup {
    let pictures = pictures(group, reference, looks);
    let aside: Vec<Table> = [differences(group), sides(group)].into_iter().flatten().collect();
    html! {
        section {
            h2 { (group.experiment) }
            @if pictures.is_empty() {
                p { "No round is finished yet, so there is nothing to report." }
            } @else {
                p class="note" {
                    "Lines: mean over seeds; bands and whiskers: \u{b1} one population standard \
                     deviation. The legend is beside each figure; a line shows its name under \
                     the pointer."
                }
                (figures(&pictures))
            }
            @for one in &aside { (table(one)) }
        }
        @for run in &group.runs {
            (results(run, reference))
        }
    }
}

fn results(run: &Run, reference: Option<&Reference>) -> Markup {
    let against = reference.and_then(|reference| published(run, reference));
    let needed: Vec<Table> =
        ACCURACIES.iter().filter_map(|&measure| needed(run, reference, measure)).collect();
    html! {
        @if let Some(accuracy) = accuracy(run) {
            section {
                h2 { "Results of " (run.title()) }
                (table(&accuracy))
                @match (reference, &against) {
                    (Some(_), Some(against)) => (table(against)),
                    (Some(_), None) => {
                        h3 { "Against the published results" }
                        p {
                            "The reference holds no curve of this benchmark with these models, \
                             strategies and labels per round."
                        }
                    },
                    (None, _) => {},
                }
                @for one in &needed { (table(one)) }
            }
        }
    }
}

/// Devices, versions, data, times, configuration.
pub(super) fn provenance(run: &Run) -> Markup {
    let tables: Vec<Table> = timings(run).into_iter().chain(facts(run)).collect();
    html! {
        @if !(tables.is_empty() && run.is_arrays()) {
            section {
                h2 { "How " (run.title()) " was made" }
                @for one in &tables { (table(one)) }
                @if !run.is_arrays() {
                    h3 { "Configuration" }
                    pre { (run.config.trim()) }
                }
            }
        }
    }
}
