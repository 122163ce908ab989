//! What cannot be used is named in one sentence, and the rest is reported.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_curve, add_npy, record, report_on, signed, whole_run};
use relabel_report::{Report, load_run, write_report};

fn page_of(report: &Report) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report.html");
    write_report(report, &out).unwrap();
    fs::read_to_string(&out).unwrap()
}

/// The only gap of a report, which its page must show.
fn only_gap(report: &Report) -> String {
    let gaps = report.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0].matches('\n').count(), 0);
    let page = page_of(report);
    let (_, shown) = page.split_once("What could not be used").unwrap();
    let escaped = gaps[0].replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert!(shown.contains(&escaped.replace('"', "&quot;")), "{escaped} is not in the page");
    gaps[0].to_owned()
}

#[test]
fn a_folder_that_is_no_run_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let report = report_on(&[&empty, &run]);
    assert_eq!(report.runs.len(), 1);
    let gap = only_gap(&report);
    assert!(gap.contains("empty is no run folder (it holds no config.toml and no .npy"), "{gap}");
    let gap = only_gap(&report_on(&[&run, &folder.path().join("absent")]));
    assert!(gap.contains("absent is no run folder (there is no such folder)"), "{gap}");
}

#[test]
fn a_damaged_round_ends_its_cell_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    let path = run.join("cells/random/seed-000/rounds/001.json");
    let altered = record(1, 0.82).replace("0.82", "0.99");
    let other_format = signed(&record(1, 0.82).replace("\"version\":2", "\"version\":9"));
    for (text, reason) in [
        (b"{\"version\":".as_slice(), "EOF"),
        (altered.as_bytes(), "its checksum is wrong"),
        (record(2, 0.5).as_bytes(), "it holds round 2"),
        (other_format.as_bytes(), "format version 9"),
        (b"", "EOF"),
        (&[0xff, 0xfe], "it is no text"),
    ] {
        fs::write(&path, text).unwrap();
        let report = report_on(&[&run]);
        let gap = only_gap(&report);
        assert!(gap.contains("001.json is damaged") && gap.contains(reason), "{gap}");
        assert!(gap.contains("repeat the run") && gap.ends_with("the 1 rounds before it are used"));
        let rounds: Vec<usize> = report.runs[0].cells.iter().map(|c| c.rounds.len()).collect();
        assert_eq!(rounds, [1, 3, 3, 3]);
        assert!(!report.runs[0].cells[0].done);
        assert!(page_of(&report).contains("random, seed 0: 1 of 3 rounds"));
    }
}

#[test]
fn a_round_that_is_lost_between_others_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    fs::remove_file(run.join("cells/random/seed-000/rounds/001.json")).unwrap();
    let report = report_on(&[&run]);
    let gap = only_gap(&report);
    assert!(gap.contains("001.json is missing although 002.json is there"), "{gap}");
    assert_eq!((report.runs[0].cells[0].rounds.len(), report.runs[0].cells[0].done), (1, false));
}

#[test]
fn a_mark_of_completion_without_its_rounds_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    fs::remove_file(run.join("cells/activelab/seed-001/rounds/002.json")).unwrap();
    let gap = only_gap(&report_on(&[&run]));
    assert!(gap.contains("seed-001/done.json says that 3 rounds are finished, but 2"), "{gap}");
}

#[test]
fn a_cell_of_other_data_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    for round in 0..3 {
        let text = signed(&record(round, 0.8).replace("[1,1,3,0]", "[1,1,3]"));
        fs::write(run.join(format!("cells/random/seed-001/rounds/{round:03}.json")), text).unwrap();
    }
    let report = report_on(&[&run]);
    let gap = only_gap(&report);
    assert!(gap.contains("seed-001/rounds/000.json counts the labels of 3 examples"), "{gap}");
    assert_eq!(report.runs[0].cells.len(), 3);
}

#[test]
fn a_damaged_manifest_leaves_the_curves_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    fs::write(run.join("manifest.json"), "[]").unwrap();
    let gap = only_gap(&report_on(&[&run]));
    assert!(gap.contains("manifest.json is damaged (it is no table of facts)"), "{gap}");
}

#[test]
fn a_damaged_configuration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = whole_run(folder.path());
    let changed = relabel_data::seal(WALL_ROBOT).replace("batch = 100", "batch = 50");
    for text in [b"experiment = ".as_slice(), b"experiment = \"x\"\n", &[0xff], changed.as_bytes()]
    {
        fs::write(run.join("config.toml"), text).unwrap();
        let error = load_run(&run).unwrap_err().to_string();
        assert!(error.contains("config.toml is damaged"), "{error}");
    }
}

/// Two strategies, three runs, four rounds, as the published folders hold them.
fn arrays(folder: &Path) {
    for (method, rise) in [("random", 0.01), ("crowdlab", 0.03)] {
        for run in 0..3 {
            let values: Vec<f64> = (0..4).map(|round| 0.8 + rise * f64::from(round)).collect();
            for what in ["accuracy", "model_accuracy"] {
                add_curve(folder, &format!("{method}_{what}_{run}.npy"), &values);
            }
        }
    }
}

#[test]
fn arrays_of_another_shape_type_or_length_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let name = "random_accuracy_1.npy";
    let eight = |count: usize| vec![0; 8 * count];
    for (descr, shape, bytes, reason) in [
        ("<f4", "(4,)", vec![0; 16], "values of type <f4); expected float64"),
        ("<i8", "(4,)", eight(4), "values of type <i8); expected float64"),
        ("<f8", "(2, 2)", eight(4), "the shape [2, 2]); expected float64, one number per round"),
        ("<f8", "()", eight(1), "the shape []"),
        ("<f8", "(4,)", eight(3), "24 bytes of data"),
        ("<f8", "(3,)", eight(3), "has 3 rounds, the other arrays of random have 4"),
        ("<f8", "(4,)", 2.5_f64.to_le_bytes().repeat(4), "2.5 in round 0"),
        ("<f8", "(4,)", f64::NAN.to_le_bytes().repeat(4), "NaN in round 0"),
        ("<U3", "(4,)", vec![0; 48], "values of type <U3"),
    ] {
        arrays(folder.path());
        add_npy(folder.path(), name, descr, shape, &bytes);
        let report = report_on(&[folder.path()]);
        let gap = only_gap(&report);
        assert!(gap.contains(name) && gap.contains(reason), "{gap}");
        assert!(gap.ends_with("it is left out"), "{gap}");
        assert_eq!(report.runs[0].cells.len(), 6);
    }
}

#[test]
fn files_that_are_no_arrays_or_have_other_names_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    arrays(folder.path());
    fs::write(folder.path().join("random_accuracy_2.npy"), "rubbish").unwrap();
    let gap = only_gap(&report_on(&[folder.path()]));
    assert!(gap.contains("random_accuracy_2.npy is no result array"), "{gap}");
    arrays(folder.path());
    add_curve(folder.path(), "posterior.npy", &[0.5]);
    let gap = only_gap(&report_on(&[folder.path()]));
    assert!(gap.contains("posterior.npy") && gap.contains("a name such as"), "{gap}");
}

#[test]
fn a_folder_without_one_usable_array_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("random_accuracy_0.npy"), "rubbish").unwrap();
    let error = load_run(folder.path()).unwrap_err().to_string();
    assert!(error.contains("none of its arrays can be used"), "{error}");
}
