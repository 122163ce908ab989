//! `report.html`: plots, tables, configuration and the facts of the manifest on one
//! page that needs no other file and no script. Themes and the horizontal axis are
//! switched by radio buttons that the style sheet looks at.

mod figure;
mod section;

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    Report, ReportError, Run,
    file::write_whole,
    plot::declarations,
    table::{Table, missing_cells, standing},
};

const STYLE: &str = include_str!("style.css");

/// Writes one self-contained page about these runs.
///
/// # Errors
/// [`ReportError::NoRuns`], or [`ReportError::Io`].
pub fn write_report(report: &Report, out: &Path) -> Result<(), ReportError> {
    if report.runs.is_empty() {
        return Err(ReportError::NoRuns);
    }
    write_whole(out, page(report).into_string().as_bytes())
}

fn page(report: &Report) -> Markup {
    let (groups, looks) = (report.groups(), report.looks());
    let titles: Vec<String> = groups.iter().map(crate::report::Group::title).collect();
    let titles = titles.join("; ");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (titles) }
                style { (PreEscaped(style())) }
            }
            body {
                header {
                    h1 { (titles) }
                    (switches())
                }
                main {
                    (overview(report))
                    (gaps(report))
                    @if report.runs.len() > 1 { (contents(report)) }
                    @for group in &groups {
                        (section::experiment(group, report, &looks))
                    }
                    @for run in &report.runs {
                        (section::provenance(run, &anchor(report, "made", run)))
                    }
                }
                footer {
                    "Made by relabel " (env!("CARGO_PKG_VERSION")) "."
                }
            }
        }
    }
}

fn style() -> String {
    let (light, dark) = (declarations(false), declarations(true));
    STYLE.replace("/*light*/", &light).replace("/*dark*/", &dark)
}

/// The radio buttons of a choice; the first one is on.
fn choice(name: &str, what: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        fieldset {
            legend { (what) }
            @for (place, (id, label)) in options.iter().enumerate() {
                input type="radio" name=(name) id=(id) checked[place == 0];
                label for=(id) { (label) }
            }
        }
    }
}

fn switches() -> Markup {
    html! {
        form class="switches" {
            (choice("across", "Horizontal axis", &[("by-round", "round"), ("by-labels", "labels spent")]))
            (choice("theme", "Theme", &[("auto", "automatic"), ("light", "light"), ("dark", "dark")]))
        }
    }
}

/// Which runs, and how far each is.
fn overview(report: &Report) -> Markup {
    html! {
        section {
            @for run in &report.runs {
                p {
                    strong { (run.title()) }
                    @if run.is_arrays() {
                        ": result arrays in " code { (run.path.display()) } ". "
                    } @else {
                        ": " (run.protocol) " protocol, data " (run.data) ", model " (run.model)
                        @if !run.ensemble.is_empty() {
                            ", ensemble " (run.ensemble.join(" + "))
                        }
                        ". "
                    }
                    (standing(run))
                }
                @let missing = missing_cells(run);
                @if !missing.is_empty() {
                    div class="missing" {
                        p { "Still missing in " (run.title()) ", so that means are over fewer seeds or rounds:" }
                        ul { @for sentence in &missing { li { (sentence) } } }
                    }
                }
            }
        }
    }
}

/// The name of a section of the page.
fn anchor(report: &Report, what: &str, run: &Run) -> String {
    let place = report.runs.iter().position(|other| std::ptr::eq(other, run));
    format!("{what}-{}", place.unwrap_or(0))
}

/// Where to find what, on a page about several runs.
fn contents(report: &Report) -> Markup {
    html! {
        nav {
            @for group in report.groups() {
                a href={ "#" (group.experiment) } { (group.experiment) ": figures" }
            }
            @for run in &report.runs {
                a href={ "#" (anchor(report, "results", run)) } { "results of " (run.title()) }
            }
            @for run in report.runs.iter().filter(|run| !run.is_arrays()) {
                a href={ "#" (anchor(report, "made", run)) } { "how " (run.title()) " was made" }
            }
        }
    }
}

/// What could not be used.
fn gaps(report: &Report) -> Markup {
    let gaps = report.gaps();
    html! {
        @if !gaps.is_empty() {
            section class="gaps" {
                h2 { "What could not be used" }
                ul { @for gap in &gaps { li { (gap) } } }
            }
        }
    }
}

/// A table that scrolls sideways where it is wider than the page.
fn table(table: &Table) -> Markup {
    let align = |column: usize| if column < table.words { "words" } else { "number" };
    // A row about the same strategy as the one above.
    let again = |row: usize| row > 0 && table.rows[row][0] == table.rows[row - 1][0];
    html! {
        h3 { (table.title) }
        div class={ "wide" @if table.words >= table.headings.len() { " prose" } } tabindex="0" role="region" aria-label=(table.title) {
            table {
                thead {
                    tr {
                        @for (column, heading) in table.headings.iter().enumerate() {
                            th scope="col" class=(align(column)) { (heading) }
                        }
                    }
                }
                tbody {
                    @for (place, row) in table.rows.iter().enumerate() {
                        tr class=[again(place).then_some("again")] {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 {
                                    th scope="row" class=(align(column)) { (cell) }
                                } @else {
                                    td class=(align(column)) { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !table.notes.is_empty() {
            p class="note" { (table.notes.join(" ")) }
        }
    }
}
