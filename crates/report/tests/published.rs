//! A run beside published results: comparison.csv and the page.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_run;

use std::{fs, path::Path};

use fake_run::{WALL_ROBOT, add_curve, make_run, whole_run};
use relabel_report::{Reference, Run, load_run, write_comparison};

const ROWS: &str = "benchmark,model,method,metric,iteration,mean,std,runs\n\
    wall-robot,et,crowdlab,model_accuracy,1,0.84,0.02,2\n\
    wall-robot,et,crowdlab,model_accuracy,2,0.96,,1\n\
    wall-robot,et,crowdlab,model_accuracy,3,0.97,0.01,5\n\
    wall-robot,mlp,random,model_accuracy,0,0.5,0.01,5\n\
    wall-robot,mlp+et+knn,disagreement,model_accuracy,0,0.7,0.01,5\n";

fn reference(folder: &Path, rows: &str) -> Reference {
    fs::write(folder.join("published_results.csv"), rows).unwrap();
    Reference::load(folder).unwrap()
}

#[test]
fn comparison_has_the_numbers_worked_out_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(folder.path(), ROWS);
    let run = load_run(&whole_run(folder.path())).unwrap();
    let path = write_comparison(&run, &reference, &run.path).unwrap().unwrap();
    assert!(path.ends_with("first/comparison.csv"));
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    // Rounds 1 and 2 of the accuracy and of the area under its curve.
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(lines[1][..3], ["activelab", "model_accuracy", "1"]);
    let number = |line: usize, column: usize| lines[line][column].parse::<f64>().unwrap();
    // Ours .86 and .90: mean .88, population std .02; published .84 and .02 of two runs.
    // Each mean has variance .02^2 / (2 - 1), so t^2 = .04^2 / .0008 = 2 with two degrees
    // of freedom, and p = 1 - t / sqrt(2 + t^2) = 1 - sqrt(1/2).
    for (column, expected) in [
        (3, 0.88),
        (4, 0.02),
        (5, 2.0),
        (6, 0.84),
        (7, 0.02),
        (8, 2.0),
        (9, 0.04),
        (10, 1.0 - 0.5_f64.sqrt()),
    ] {
        assert!((number(1, column) - expected).abs() < 1e-9, "{column}: {text}");
    }
    // Without a published spread there is a difference and no test.
    assert!((number(2, 9) + 0.01).abs() < 1e-12, "{text}");
    assert_eq!((lines[2][7], lines[2][10], lines[2][11]), ("", "", ""));
    assert_eq!(lines[1][11], "false", ".04 is outside of a band of .02");
    // Areas begin at round 1 of the published curve, whose mean is its area then.
    assert_eq!(lines[3][..3], ["activelab", "model_accuracy_area", "1"]);
    assert!((number(3, 3) - (0.81 + 0.88) / 2.0).abs() < 1e-12, "{text}");
    assert!((number(3, 6) - 0.84).abs() < 1e-12, "{text}");
    assert!((number(4, 6) - (0.84 + 0.96) / 2.0).abs() < 1e-12, "{text}");
}

#[test]
fn runs_of_other_data_or_models_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(folder.path(), ROWS);
    let run = load_run(&whole_run(folder.path())).unwrap();
    let on = |model: &str| Run { model: model.into(), ..run.clone() };
    let compare = |run: &Run| write_comparison(run, &reference, folder.path()).unwrap();
    assert_eq!(compare(&on("knn")), None);
    let part = WALL_ROBOT.replace("name = \"wall-robot\"", "name = \"wall-robot\"\nlimit = 100");
    fs::write(run.path.join("config.toml"), part).unwrap();
    let part = load_run(&run.path).unwrap();
    assert_eq!(compare(&part), None);
    assert!(compare(&on("mlp")).is_some());
}

#[test]
fn ensembles_are_found_under_the_names_of_their_models() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "benchmark,model,method,metric,iteration,mean,std,runs\n\
                wall-robot,mlp+et+knn,disagreement,model_accuracy,0,0.7,0.01,5\n\
                cifar-10h,resnet18+34+50,crowdlab_ensemble,model_accuracy,0,0.9,0.01,5\n";
    let reference = reference(folder.path(), rows);
    let mut run = load_run(&whole_run(folder.path())).unwrap();
    run.cells[0].strategy = "disagreement".into();
    run.cells[1].strategy = "activelab_ensemble".into();
    let strategy = |run: &Run| {
        let text =
            fs::read_to_string(write_comparison(run, &reference, folder.path()).unwrap().unwrap())
                .unwrap();
        text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned()
    };
    let kinds = |kinds: [&str; 3]| kinds.map(str::to_owned).to_vec();
    run.ensemble = kinds(["mlp", "extra-trees", "knn"]);
    assert_eq!(strategy(&run), "disagreement");
    run.ensemble = kinds(["resnet18", "resnet34", "resnet50"]);
    (run.data, run.batch) = ("cifar10h".into(), Some(500));
    assert_eq!(strategy(&run), "activelab_ensemble");
}

#[test]
fn a_bad_reference_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = Reference::load(folder.path()).unwrap_err().to_string();
    assert!(
        absent.contains("neither published_results.csv nor result arrays")
            && absent.contains("name the folder"),
        "{absent}"
    );
    for rows in [
        "benchmark,model\na,b\n",
        "",
        "benchmark,model,method,metric,iteration,mean,std,runs\na,b,c,d,e,f,g,h\n",
    ] {
        fs::write(folder.path().join("published_results.csv"), rows).unwrap();
        let text = Reference::load(folder.path()).unwrap_err().to_string();
        assert!(text.contains("is damaged") && text.contains("--reference"), "{text}");
    }
}

#[test]
fn runs_with_another_batch_are_not_compared() {
    let results = tempfile::tempdir().unwrap();
    whole_run(results.path());
    let run = make_run(results.path(), &WALL_ROBOT.replace("batch = 100", "batch = 50"));
    let reference = reference(results.path(), ROWS);
    let run = load_run(&run).unwrap();
    assert_eq!(write_comparison(&run, &reference, results.path()).unwrap(), None);
}

#[test]
fn arrays_are_found_where_their_authors_keep_them_and_go_before_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let run = load_run(&whole_run(folder.path())).unwrap();
    let published = |reference: &Path| {
        let reference = Reference::load(reference).unwrap();
        let path = write_comparison(&run, &reference, folder.path()).unwrap().unwrap();
        let text = fs::read_to_string(path).unwrap();
        text.lines().nth(3).unwrap().split(',').skip(6).take(3).collect::<Vec<_>>().join(" ")
    };
    for place in ["tree/wall-robot/et", "authors/wall-robot/results/et", "alone"] {
        let arrays = folder.path().join(place);
        for (seed, last) in [(0, 0.96), (1, 1.0)] {
            add_curve(&arrays, &format!("crowdlab_model_accuracy_{seed}.npy"), &[0.8, 0.9, last]);
        }
        // The last round of .96 and 1.0; the table says something else.
        let top = folder.path().join(place.split('/').next().unwrap());
        fs::write(top.join("published_results.csv"), ROWS).unwrap();
        let numbers = published(&top);
        let numbers: Vec<f64> = numbers.split(' ').map(|n| n.parse().unwrap()).collect();
        assert!((numbers[0] - 0.98).abs() < 1e-12 && (numbers[1] - 0.02).abs() < 1e-12, "{place}");
    }
}
