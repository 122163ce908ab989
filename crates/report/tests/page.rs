//! The page: everything in one file, without scripts and without links to others.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_cell, add_curve, make_run, record, report_on, signed, whole_run};
use relabel_report::{Reference, Report, write_report, write_tensorboard};

const ROWS: &str = "benchmark,model,method,metric,iteration,mean,std,runs\n\
    wall-robot,et,crowdlab,model_accuracy,1,0.84,0.02,2\n\
    wall-robot,et,crowdlab,model_accuracy,2,0.96,,1\n";

fn page_of(report: &Report) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("pages/report.html");
    write_report(report, &out).unwrap();
    fs::read_to_string(&out).unwrap()
}

fn with_reference(folder: &Path, run: &Path) -> Report {
    fs::write(folder.join("published_results.csv"), ROWS).unwrap();
    Report { reference: Some(Reference::load(folder).unwrap()), ..report_on(&[run]) }
}

#[test]
fn the_page_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&with_reference(folder.path(), &whole_run(folder.path())));
    // Four curves over rounds and over labels, one histogram; each wide and narrow.
    assert_eq!(page.matches("<svg").count(), 2 * (4 * 2 + 1));
    for text in [
        "0.9500 \u{b1} 0.0300 *",
        "kind = &quot;extra-trees&quot;",
        "run &lt;wall-robot-et&gt;",
        "<td class=\"number\">0.9600</td>",
        "Final accuracy against the published results",
        "Area under the curve against the published results",
        "Labels needed: model accuracy",
        "Timings",
        "2 cores",
        "prefers-color-scheme:dark",
        "@media print",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    for outside in ["<script", "<link", "src=", "href=", "url(", "@import", "onclick"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let without_names = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!without_names.contains("http"), "the name of the SVG format is no address");
}

#[test]
fn what_another_cell_trained_is_told_apart_from_the_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    assert!(!page_of(&report_on(&[&run])).contains("elsewhere"));
    let read = record(0, 0.8).replace("query_s", "first_round_elsewhere_s");
    fs::write(run.join("cells/activelab/seed-000/rounds/000.json"), signed(&read)).unwrap();
    let page = page_of(&report_on(&[&run]));
    let (_, table) = page.split_once("<h3>Timings</h3>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let row = |name: &str| {
        let (_, row) = table.split_once(&format!(">{name}</th>")).unwrap();
        row.split("</tr>").next().unwrap().to_owned()
    };
    assert!(table.contains("first round elsewhere"), "{table}");
    assert!(row("activelab").contains("1.50 s") && row("activelab").contains("0.06 s"));
    assert!(row("random").contains(">0.00 s") && !row("random").contains("-0.00"));
}

#[test]
fn labels_needed_are_those_of_the_mean_curves() {
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&report_on(&[&whole_run(folder.path())]));
    let (_, table) = page.split_once("<h3>Labels needed: model accuracy</h3>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    // activelab passes random's .85 in round 1, after 100 of random's 200 labels; random
    // never reaches .95.
    let row = |name: &str| {
        let at = table.find(&format!(">{name}</th><td")).unwrap();
        table[at..].split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("activelab").contains(">100 (-50 %)<"), "{table}");
    assert!(row("random").contains(">\u{2013}<"), "{table}");
}

#[test]
fn labels_needed_are_compared_within_a_level() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    add_cell(&run, "multiannotator@0.6", 0, &[0.5, 0.7, 0.8]);
    add_cell(&run, "single@0.6", 0, &[0.5, 0.6, 0.65]);
    add_cell(&run, "single@0.9", 0, &[0.9, 0.9, 0.91]);
    let page = page_of(&report_on(&[&run]));
    let (_, table) = page.split_once("<h3>Labels needed: model accuracy</h3>").unwrap();
    let (head, _) = table.split_once("</thead>").unwrap();
    assert_eq!(head.matches("<th ").count(), 3, "two columns for two arms: {head}");
    // 0.65 after 100 of 200 labels; at the other level nothing is known of the other arm.
    assert!(
        table.contains(
            "multiannotator@0.6</th><td class=\"number\">200</td><td class=\"number\">100 (-50 %)<"
        ),
        "{table}"
    );
    assert!(table.contains("single@0.9</th><td class=\"number\"></td>"), "{table}");
}

#[test]
fn the_page_says_which_strategy_ends_highest_and_how_soon_it_beats_random() {
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&report_on(&[&whole_run(folder.path())]));
    let highest = "activelab, 0.9500 \u{b1} 0.0300; then random, 0.8500 \u{b1} 0.0100 (Welch p 0.";
    assert!(page.contains(highest), "{page}");
    assert!(page.contains("final accuracy of random, 0.8500, with 100 (-50 %) of 200 labels"));
}

#[test]
fn the_page_of_an_empty_run_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&report_on(&[&make_run(folder.path(), WALL_ROBOT)]));
    assert!(page.contains("No round is finished yet") && !page.contains("<svg"), "{page}");
    assert!(page.contains("not begun: random (seeds 0, 1), activelab (seeds 0, 1)"), "{page}");
}

#[test]
fn runs_side_by_side_show_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report_on(&[&whole_run(folder.path()), &whole_run(folder.path())]);
    let second = &mut report.runs[1];
    (second.name, second.protocol) = ("second".into(), "corrected".into());
    second.config = second.config.replace("\"published\"", "\"corrected\"");
    let page = page_of(&report);
    let (_, differences) = page.split_once("Configurations differ in").unwrap();
    let (differences, _) = differences.split_once("</table>").unwrap();
    assert!(differences.contains("loop.protocol") && !differences.contains("loop.batch"));
    assert!(page.contains("Protocols side by side"));
    let links: Vec<&str> = page.split("href=\"").skip(1).collect();
    assert_eq!(links.len(), 1 + 2 + 2, "figures, results and origins of two runs");
    for link in links {
        let target = link.split('"').next().unwrap().strip_prefix('#').unwrap();
        assert!(page.contains(&format!("id=\"{target}\"")), "nothing is called {target}");
    }
}

#[test]
fn unknown_strategies_are_shown_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    for strategy in ["multiannotator@0.6", "single@0.6", "multiannotator@0.7", "mine"] {
        add_cell(&run, strategy, 0, &[0.8, 0.9, 0.95]);
    }
    let page = page_of(&report_on(&[&run]));
    for curve in ["single@0.6, one seed, single", "mine, one seed", "multiannotator@0.7, one seed"]
    {
        assert!(page.contains(&format!("<title>{curve}")), "{curve}");
    }
}

#[test]
fn arrays_alone_are_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let arrays = folder.path().join("wall-robot/et");
    for (method, last) in [("random", 0.9), ("crowdlab", 0.98)] {
        for run in 0..2 {
            for what in ["accuracy", "model_accuracy"] {
                let values = [0.8, 0.85, last];
                add_curve(&arrays, &format!("{method}_{what}_{run}.npy"), &values);
            }
        }
    }
    let report = report_on(&[&arrays]);
    assert_eq!(report.gaps(), [""; 0]);
    let run = &report.runs[0];
    assert_eq!(run.strategies(), ["random", "activelab"]);
    assert_eq!((run.experiment.as_str(), run.batch, run.rounds), ("wall-robot-et", Some(100), 3));
    let page = page_of(&report);
    assert_eq!(page.matches("<svg").count(), 2 * 2 * 2, "two accuracies, two axes, two sizes");
    assert!(
        page.contains("Labels spent (since the start)") && page.contains("0.9800 \u{b1} 0.0000")
    );
}

#[test]
fn event_files_hold_one_scalar_per_measure_and_round() {
    let folder = tempfile::tempdir().unwrap();
    let report = report_on(&[&whole_run(folder.path())]);
    let files = write_tensorboard(&report, &folder.path().join("events")).unwrap();
    assert_eq!(files.len(), 4);
    let place = "wall-robot-et/first/activelab/seed-001/events.out.tfevents.0.relabel";
    let bytes = fs::read(folder.path().join("events").join(place)).unwrap();
    // Records: length (8 bytes), its checksum (4), the event, its checksum (4).
    let mut rest = bytes.as_slice();
    let mut events = 0;
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        rest = &rest[8 + 4 + length + 4..];
        events += 1;
    }
    // The version, then three rounds of two sizes and nine measures.
    assert_eq!(events, 1 + 3 * (2 + 9));
}
