//! The pictures: curves in the SVG, and a PNG with its text on any machine.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_cell, make_run, whole_run};
use relabel_report::{Reference, Run, load_run, write_plots};
use tiny_skia::Pixmap;

fn svg_of(runs: &[Run], reference: Option<&Reference>) -> String {
    let paths = write_plots(runs, reference).unwrap();
    assert!(paths[0].ends_with("plots/model_accuracy.svg"));
    fs::read_to_string(&paths[0]).unwrap()
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
    let svg = svg_of(&[load_run(&whole_run(folder.path())).unwrap()], None);
    let random = curve(&svg, "random, mean of 2 seeds");
    let activelab = curve(&svg, "activelab, mean of 2 seeds");
    assert_eq!((random.len(), activelab.len()), (3, 3));
    assert_eq!(random[0], activelab[0], "both start at 0.81");
    // Means .81 .83 .85 and .81 .88 .95: the rise in pixels is in proportion to the means.
    let rise = |curve: &[(f64, f64)]| curve[0].1 - curve[2].1;
    assert!((rise(&activelab) / rise(&random) - 0.14 / 0.04).abs() < 0.01, "{svg}");
    assert!((random[2].0 - random[1].0 - (random[1].0 - random[0].0)).abs() < 0.02);
    for text in ["Labels collected", "Model accuracy (fraction", ">0.94<", ">1200<", ">random<"] {
        assert!(svg.contains(text), "{text} is not in {svg}");
    }
    assert_eq!(svg.matches("fill-opacity").count(), 3, "two bands and the key of the legend");
}

#[test]
fn the_legend_is_right_of_all_data() {
    let folder = tempfile::tempdir().unwrap();
    let svg = svg_of(&[load_run(&whole_run(folder.path())).unwrap()], None);
    let last = curve(&svg, "activelab, mean of 2 seeds")[2].0;
    let entry = svg.lines().find(|line| line.ends_with(">activelab</text>")).unwrap();
    let left: f64 = entry.split('"').nth(1).unwrap().parse().unwrap();
    assert!(last + 28.0 < left, "{last} {left}");
}

#[test]
fn published_means_are_dashed_over_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "benchmark,model,method,metric,iteration,mean,std,runs\n\
                wall-robot,et,crowdlab,model_accuracy,0,0.9,0.01,5\n\
                wall-robot,et,crowdlab,model_accuracy,1,0.95,0.01,5\n";
    fs::write(folder.path().join("published_results.csv"), rows).unwrap();
    let reference = Reference::load(folder.path()).unwrap();
    let runs = [load_run(&whole_run(folder.path())).unwrap()];
    let svg = svg_of(&runs, Some(&reference));
    assert_eq!(curve(&svg, "activelab, published mean").len(), 2);
    let line = svg.lines().find(|line| line.contains("activelab, published mean")).unwrap();
    assert!(line.contains("stroke-dasharray=\"7 4\""), "{line}");
    assert!(svg.contains(">Round</text>") && svg.contains(">2</text>"), "{svg}");
    assert!(!svg.contains("random, published mean"));
}

#[test]
fn several_runs_share_the_plot_and_tell_their_lines_apart() {
    let folder = tempfile::tempdir().unwrap();
    let first = load_run(&whole_run(folder.path())).unwrap();
    let second = Run { name: "<second> & more".into(), ..first.clone() };
    let svg = svg_of(&[first, second], None);
    assert_eq!(curve(&svg, "random, first").len(), 3);
    let line = svg.lines().find(|line| line.contains("random, &lt;second&gt; &amp;"));
    assert!(line.unwrap().contains("stroke-dasharray"), "{svg}");
}

#[test]
fn a_partial_run_is_drawn_as_far_as_it_got_and_an_empty_one_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = make_run(folder.path(), WALL_ROBOT);
    assert!(write_plots(&[load_run(&run).unwrap()], None).unwrap().is_empty());
    add_cell(&run, "random", 0, &[0.8]);
    let svg = svg_of(&[load_run(&run).unwrap()], None);
    assert_eq!(curve(&svg, "random, one seed").len(), 1);
    assert!(svg.contains("<circle"), "a single round is a dot");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
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
    let paths = write_plots(&[load_run(run).unwrap()], None).unwrap();
    assert!(paths[1].ends_with("plots/model_accuracy.png"));
    Pixmap::load_png(&paths[1]).unwrap()
}

#[test]
fn png_has_the_size_the_curves_and_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let picture = png_of(&whole_run(folder.path()));
    assert_eq!((picture.width(), picture.height()), (900, 560));
    // Title, title of the horizontal axis, title of the vertical axis.
    assert!(dark_pixels(&picture, 84..500, 18..36) > 300);
    assert!(dark_pixels(&picture, 250..550, 530..550) > 200);
    assert!(dark_pixels(&picture, 10..30, 100..450) > 200);
    let vermilion = picture.pixels().iter().filter(|p| p.red() == 213 && p.green() == 94).count();
    assert!(vermilion > 300, "{vermilion}");
}

#[test]
fn pictures_are_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [load_run(&whole_run(folder.path())).unwrap()];
    let read = || -> Vec<Vec<u8>> {
        let paths = write_plots(&runs, None).unwrap();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    };
    assert_eq!(read(), read());
    assert_eq!(read().len(), 4);
}

#[test]
fn runs_of_the_same_name_are_told_apart_by_their_folders() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runs = [&one, &other].map(|results| load_run(&whole_run(results.path())).unwrap());
    let svg = std::fs::read_to_string(&write_plots(&runs, None).unwrap()[0]).unwrap();
    for run in &runs {
        let whole = format!("random, {}<", run.path.display());
        assert!(svg.contains(&whole), "no curve of {}", run.path.display());
    }
}
