//! The report for a terminal: how far the runs are, where every strategy stands with a
//! sparkline of its mean curve, and the comparison with published results.

use crate::{
    Report, Run,
    curve::Curve,
    measure::MODEL,
    sparkline::sparkline,
    table::{Table, finals, finding, missing_cells, published, sides, standing},
};

/// Columns that sentences fill at most.
const WIDTH: usize = 100;

/// Tables as plain text. Nothing is written to disk.
pub fn text_report(report: &Report) -> String {
    let mut lines = Vec::new();
    for run in &report.runs {
        lines.extend(of_run(run));
        for table in report.reference.iter().flat_map(|reference| published(run, reference)) {
            // A terminal is not wide; the page has every column.
            let narrow = table.without(&["n", "rounds within"]);
            lines.extend(titled(&narrow));
        }
    }
    for group in report.groups() {
        lines.extend(sides(&group).iter().flat_map(titled));
    }
    lines.join("\n") + "\n"
}

fn of_run(run: &Run) -> Vec<String> {
    let mut lines = vec![match run.protocol.as_str() {
        "" => run.title(),
        protocol => format!("{} ({protocol} protocol)", run.title()),
    }];
    let Some(mut table) = finals(run) else {
        lines[0] += ": no round is finished yet, so there is nothing to report.";
        return lines;
    };
    add_sparklines(run, &mut table);
    lines.push(standing(run));
    lines.extend(finding(run).iter().flat_map(|sentences| wrapped(sentences)));
    lines.extend(missing_cells(run).iter().map(|sentence| format!("  {sentence}")));
    lines.push(String::new());
    lines.extend(body(&table));
    lines
}

/// The second column: model accuracy by round, all strategies on one scale.
fn add_sparklines(run: &Run, table: &mut Table) {
    let curves = Curve::of_run(run, MODEL.key);
    let means = |curve: &Curve| -> Vec<f64> {
        curve.points.iter().map(|point| point.spread.mean).collect()
    };
    let all: Vec<f64> = curves.iter().flat_map(means).collect();
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if all.is_empty() {
        return;
    }
    table.headings.insert(1, "by round".into());
    table.words = 2;
    for row in &mut table.rows {
        let curve = curves.iter().find(|curve| curve.strategy == row[0]);
        let line = curve.map(|curve| sparkline(&means(curve), low, high));
        row.insert(1, line.unwrap_or_default());
    }
    table.notes.push(format!("Sparklines: model accuracy by round, from {low:.4} to {high:.4}."));
}

fn titled(table: &Table) -> Vec<String> {
    let mut lines = vec![table.title.clone(), String::new()];
    lines.extend(body(table));
    lines
}

fn body(table: &Table) -> Vec<String> {
    let mut lines = table.lines();
    lines.push(String::new());
    lines.extend(wrapped(&table.notes.join(" ")));
    lines.push(String::new());
    lines
}

/// Lines of words that a terminal takes.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
