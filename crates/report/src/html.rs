//! `report.html`: plots, tables, configuration and the facts of the manifest on one
//! page that needs no other file and no script.

use std::path::Path;

use crate::{
    Reference, ReportError, Run,
    compare::Comparison,
    file::write_atomic,
    plot::{escape, inline_svgs},
    text::Standing,
};

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1rem}
th,td{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
td{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}
pre{background:#f6f6f6;padding:.8rem;overflow-x:auto}";

/// Writes one self-contained page about these runs.
///
/// # Errors
/// [`ReportError::NoRuns`], or [`ReportError::Io`].
pub fn write_report(
    runs: &[Run],
    reference: Option<&Reference>,
    out: &Path,
) -> Result<(), ReportError> {
    if runs.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let names: Vec<String> =
        runs.iter().map(|run| escape(&format!("{}/{}", run.experiment, run.name))).collect();
    let names = names.join(", ");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{names}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{names}</h1>\n"
    );
    for svg in inline_svgs(runs, reference) {
        page.push_str(&format!("<figure>\n{svg}</figure>\n"));
    }
    for run in runs {
        page.push_str(&section(run, reference));
    }
    page.push_str("</body>\n</html>\n");
    write_atomic(out, page.as_bytes())
}

fn section(run: &Run, reference: Option<&Reference>) -> String {
    let mut text = format!(
        "<h2>{}/{}</h2>\n<p>Protocol: {}. Data: {}. {}</p>\n",
        escape(&run.experiment),
        escape(&run.name),
        escape(&run.protocol),
        escape(&run.data),
        models(run)
    );
    match Standing::of(run) {
        Some(standing) => {
            text.push_str(&table(&standing.table()));
            text.push_str(&format!("<p>{}</p>\n", escape(&standing.legend().join(" "))));
        }
        None => text.push_str("<p>No round is finished yet, so there is nothing to report.</p>\n"),
    }
    if let Some(reference) = reference {
        text.push_str(&comparison(run, reference));
    }
    text.push_str(&format!("<h3>Configuration</h3>\n<pre>{}</pre>\n", escape(run.config.trim())));
    text.push_str(&manifest(run));
    text
}

fn models(run: &Run) -> String {
    let mut text = format!("Model: {}.", escape(&run.model));
    if !run.ensemble.is_empty() {
        text.push_str(&format!(" Ensemble: {}.", escape(&run.ensemble.join(", "))));
    }
    text
}

/// The last round of every strategy beside the published one.
fn comparison(run: &Run, reference: &Reference) -> String {
    let all = Comparison::of(run, reference);
    if all.is_empty() {
        return "<h3>Published results</h3>\n<p>The reference holds no curve of this benchmark with \
                these models and strategies.</p>\n"
            .into();
    }
    let headings = [
        "strategy",
        "measure",
        "round",
        "mean",
        "std",
        "published",
        "std",
        "difference",
        "Welch p",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    // Rounds of one curve follow each other: the last of each stretch is the last round.
    for same in all.chunk_by(|a, b| a.strategy == b.strategy && a.metric == b.metric) {
        rows.extend(same.last().map(comparison_row));
    }
    format!(
        "<h3>Published results</h3>\n{}<p>Last round that both have; std = population standard \
         deviation over runs; p = two-sided Welch t-test of equal means. comparison.csv has every \
         round.</p>\n",
        table(&rows)
    )
}

fn comparison_row(comparison: &Comparison) -> Vec<String> {
    let or_dash = |value: Option<f64>, digits: usize| {
        value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let (ours, published) = (comparison.ours.spread, comparison.published);
    vec![
        comparison.strategy.clone(),
        comparison.metric.replace('_', " "),
        comparison.ours.round.to_string(),
        format!("{:.4}", ours.mean),
        or_dash((ours.n > 1).then_some(ours.std), 4),
        format!("{:.4}", published.mean),
        or_dash(published.std, 4),
        format!("{:+.4}", comparison.difference()),
        or_dash(comparison.p(), 3),
    ]
}

/// What each session reported.
fn manifest(run: &Run) -> String {
    let mut text = String::new();
    if !run.device_kind.is_empty() {
        text.push_str(&format!(
            "<h3>Sessions</h3>\n<p>Device: {}.</p>\n",
            escape(&run.device_kind)
        ));
    }
    for session in &run.sessions {
        let rows = session.iter().map(|(key, value)| vec![key.clone(), value.clone()]);
        let headings = vec!["fact".to_owned(), "value".to_owned()];
        text.push_str(&table(&std::iter::once(headings).chain(rows).collect::<Vec<_>>()));
    }
    text
}

/// A table whose first row is its heading.
fn table(rows: &[Vec<String>]) -> String {
    let mut text = "<table>\n".to_owned();
    for (place, row) in rows.iter().enumerate() {
        let tag = if place == 0 { "th" } else { "td" };
        let cells: String =
            row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell.trim_end()))).collect();
        text.push_str(&format!("<tr>{cells}</tr>\n"));
    }
    text + "</table>\n"
}
