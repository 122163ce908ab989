//! The pictures: curves in the SVG, and a PNG with its text on any machine.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_cell, make_run, report_on, whole_run};
use relabel_report::{Reference, Report, write_plots};
use tiny_skia::Pixmap;

/// The text of one picture.
fn svg_of(report: &Report, stem: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_plots(report, folder.path()).unwrap();
    fs::read_to_string(folder.path().join(format!("{stem}.svg"))).unwrap()
}

/// Pixel positions of a named curve.
fn curve(svg: &str, name: &str) -> Vec<(f64, f64)> {
    let line = svg.lines().find(|line| line.contains(&format!("<title>{name}</title>"))).unwrap();
    let path = line.split('"').nth(1).unwrap();
    let points = path.split(['M', 'L']).filter(|point| !point.is_empty());
    let place = |text: &str| text.parse::<f64>().unwrap();
    points.map(|point| point.split_once(' ').unwrap()).map(|(x, y)| (place(x), place(y))).collect()
}

#[test]
fn svg_has_one_curve_per_strategy_at_the_mean_of_its_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let report = report_on(&[&whole_run(folder.path())]);
    for (stem, words) in [
        ("model_accuracy", ["Round (counted from 0)", ">0.94<", ">2<"]),
        ("model_accuracy_by_labels", ["Labels spent (since the start)", ">0.94<", ">200<"]),
    ] {
        let svg = svg_of(&report, stem);
        let random = curve(&svg, "random, mean of 2 seeds");
        let activelab = curve(&svg, "activelab, mean of 2 seeds");
        assert_eq!((random.len(), activelab.len()), (3, 3));
        assert_eq!(random[0], activelab[0], "both start at 0.81");
        // Means .81 .83 .85 and .81 .88 .95: the rise in pixels is in proportion to the means.
        let rise = |curve: &[(f64, f64)]| curve[0].1 - curve[2].1;
        assert!((rise(&activelab) / rise(&random) - 0.14 / 0.04).abs() < 0.01, "{svg}");
        assert!((random[2].0 - random[1].0 - (random[1].0 - random[0].0)).abs() < 0.02);
        for text in words.iter().chain(&["Model accuracy (fraction", ">random<"]) {
            assert!(svg.contains(text), "{text} is not in {svg}");
        }
        assert_eq!(svg.matches("fill-opacity").count(), 3, "two bands and the key of the legend");
    }
}

#[test]
fn the_legend_is_right_of_all_data() {
    let folder = tempfile::tempdir().unwrap();
    let svg = svg_of(&report_on(&[&whole_run(folder.path())]), "model_accuracy");
    let last = curve(&svg, "activelab, mean of 2 seeds")[2].0;
    let entry = svg.lines().find(|line| line.ends_with(">activelab</text>")).unwrap();
    let left: f64 = entry.split('"').nth(1).unwrap().parse().unwrap();
    assert!(last + 28.0 < left, "{last} {left}");
}

#[test]
fn published_means_are_thin_and_dashed_on_both_axes() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "benchmark,model,method,metric,iteration,mean,std,runs\n\
                wall-robot,et,crowdlab,model_accuracy,0,0.9,0.01,5\n\
                wall-robot,et,crowdlab,model_accuracy,1,0.95,0.01,5\n";
    fs::write(folder.path().join("published_results.csv"), rows).unwrap();
    let reference = Reference::load(folder.path()).unwrap();
    let report = Report { reference: Some(reference), ..report_on(&[&whole_run(folder.path())]) };
    for stem in ["model_accuracy", "model_accuracy_by_labels"] {
        let svg = svg_of(&report, stem);
        let published = curve(&svg, "activelab, published mean");
        let ours = curve(&svg, "activelab, mean of 2 seeds");
        assert_eq!(published.len(), 2);
        assert!((published[1].0 - ours[1].0).abs() < 0.02, "a round bought a batch of 100");
        let line = svg.lines().find(|line| line.contains("activelab, published mean")).unwrap();
        assert!(line.contains("stroke-dasharray=\"6 4\"") && line.contains("#d55e00"), "{line}");
        assert!(line.contains("stroke-width=\"1.2\""), "{line}");
        assert!(!svg.contains("random, published mean"));
    }
}

#[test]
fn several_runs_share_the_plot_and_tell_their_lines_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report_on(&[&whole_run(folder.path()), &whole_run(folder.path())]);
    report.runs[0].name = "first".into();
    report.runs[1].name = "<second> & more".into();
    let svg = svg_of(&report, "model_accuracy");
    assert_eq!(curve(&svg, "random, run first").len(), 3);
    let line = svg.lines().find(|line| line.contains("random, run &lt;second&gt; &amp;"));
    assert!(line.unwrap().contains("stroke-dasharray"), "{svg}");
    assert!(svg.contains("wall-robot-et: first, &lt;second&gt;"), "{svg}");
}

#[test]
fn runs_of_two_experiments_have_plots_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report_on(&[&whole_run(folder.path()), &whole_run(folder.path())]);
    report.runs[1].experiment = "other".into();
    let plots = folder.path().join("plots");
    let written = write_plots(&report, &plots).unwrap();
    assert_eq!(written.len(), 2 * 2 * 9);
    for experiment in ["wall-robot-et", "other"] {
        assert!(plots.join(experiment).join("model_accuracy.svg").is_file());
    }
}

#[test]
fn a_partial_run_is_drawn_as_far_as_it_got_and_an_empty_one_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    assert!(write_plots(&report_on(&[&run]), folder.path()).unwrap().is_empty());
    add_cell(&run, "random", 0, &[0.8]);
    let svg = svg_of(&report_on(&[&run]), "model_accuracy");
    assert_eq!(curve(&svg, "random, one seed").len(), 1);
    assert!(svg.contains("a3 3 0 1 0"), "a single round is a dot: {svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn labels_per_example_have_a_bar_per_number() {
    let folder = tempfile::tempdir().unwrap();
    let svg = svg_of(&report_on(&[&whole_run(folder.path())]), "labels_per_example");
    for bar in ["2.0 examples with 1 label<", "1.0 examples with 3 labels", "1.0 examples with 0"] {
        assert_eq!(svg.matches(bar).count(), 2, "{bar}: {svg}");
    }
    assert!(!svg.contains("with 2 labels") && svg.contains(">3</text>"), "{svg}");
}

fn dark_pixels(
    picture: &Pixmap,
    columns: std::ops::Range<u32>,
    rows: std::ops::Range<u32>,
) -> usize {
    let dark = |x, y| picture.pixel(x, y).is_some_and(|pixel| pixel.red() < 100);
    rows.flat_map(|y| columns.clone().map(move |x| (x, y))).filter(|&(x, y)| dark(x, y)).count()
}

fn png_of(run: &Path) -> Pixmap {
    let folder = tempfile::tempdir().unwrap();
    let paths = write_plots(&report_on(&[run]), folder.path()).unwrap();
    assert!(paths[1].ends_with("model_accuracy.png"));
    Pixmap::load_png(&paths[1]).unwrap()
}

#[test]
fn png_has_the_size_the_curves_and_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let picture = png_of(&whole_run(folder.path()));
    assert_eq!((picture.width(), picture.height()), (1800, 1120));
    // Title, title of the horizontal axis, title of the vertical axis.
    assert!(dark_pixels(&picture, 168..1000, 36..72) > 1200);
    assert!(dark_pixels(&picture, 500..1100, 1050..1110) > 500);
    assert!(dark_pixels(&picture, 20..60, 200..900) > 800);
    let vermilion = picture.pixels().iter().filter(|p| p.red() == 213 && p.green() == 94).count();
    assert!(vermilion > 1200, "{vermilion}");
}

#[test]
fn pictures_are_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let report = report_on(&[&whole_run(folder.path())]);
    let read = || -> Vec<Vec<u8>> {
        let paths = write_plots(&report, folder.path()).unwrap();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    };
    assert_eq!(read(), read());
    assert_eq!(read().len(), 18);
}

#[test]
fn runs_of_the_same_name_are_told_apart_by_their_folders() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = [&one, &other].map(|results| whole_run(results.path()));
    let svg = svg_of(&report_on(&[&folders[0], &folders[1]]), "model_accuracy");
    for (results, folder) in [&one, &other].into_iter().zip(&folders) {
        assert!(folder.ends_with("wall-robot-et/first"), "{}", folder.display());
        let name = format!("random, run first in {}<", results.path().display());
        assert!(svg.contains(&name), "no curve of {}", folder.display());
    }
}
