//! `relabel query` with examples that nobody labelled, given as rows of the label
//! table or as a pool, and with files and options of which one has no use.
#![allow(clippy::unwrap_used)]

use std::{fs, process::Command};

use ndarray::{Array3, Axis, array, stack};
use relabel_data::npy;
use tempfile::TempDir;

/// Three models and two annotators; the second example has no label.
const LABELS: &str = "id,ana,ben\na,0,0\nb,,\nc,1,1\nd,0,1\ne,1,1\n";

struct Case(TempDir);

impl Case {
    fn new() -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        let all = stack![
            Axis(0),
            array![[0.9, 0.1], [0.02, 0.98], [0.1, 0.9], [0.8, 0.2], [0.2, 0.8]],
            array![[0.6, 0.4], [0.6, 0.4], [0.7, 0.3], [0.4, 0.6], [0.3, 0.7]],
            array![[0.6, 0.4], [0.6, 0.4], [0.4, 0.6], [0.6, 0.4], [0.6, 0.4]]
        ];
        let without = all.select(Axis(1), &[0, 2, 3, 4]);
        case.text("table.csv", LABELS);
        case.text("labelled.csv", &LABELS.replace("b,,\n", ""));
        case.probs("table.npy", &all);
        case.probs("labelled.npy", &without);
        case.probs("pool.npy", &all.select(Axis(1), &[1]));
        case.text("pool.txt", "b\n");
        case
    }

    fn text(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn probs(&self, name: &str, probs: &Array3<f64>) {
        npy::write_f64(&self.0.path().join(name), probs.view().into_dyn()).unwrap();
    }

    /// Exit code and stderr of a query of `labels` with more arguments, all separated by spaces.
    fn query(&self, arguments: &str) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_relabel"))
            .current_dir(self.0.path())
            .args(["query", "--out", "out"])
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// What is said, and the lines of a table that was written.
    fn written(&self, arguments: &str, table: &str) -> (String, Vec<String>) {
        let (code, said) = self.query(arguments);
        assert_eq!(code, Some(0), "{said}");
        let text = fs::read_to_string(self.0.path().join("out").join(table)).unwrap();
        (said, text.lines().map(str::to_owned).collect())
    }

    fn refused(&self, arguments: &str, words: &str) {
        let (code, said) = self.query(arguments);
        assert!(code == Some(2) && said.contains(words) && said.lines().count() == 1, "{said}");
    }
}

const TABLE: &str = "--labels table.csv --pred-probs table.npy";
const POOL: &str = "--labels labelled.csv --pred-probs labelled.npy \
                    --unlabeled-pred-probs pool.npy --unlabeled-examples pool.txt";

#[test]
fn an_empty_row_of_the_table_is_an_example_of_the_pool_to_every_strategy() {
    let case = Case::new();
    for strategy in [
        "activelab",
        "random",
        "good_random",
        "entropy",
        "uncertainty",
        "disagreement",
        "active_label_cleaning",
    ] {
        let of = |files: &str, table: &str| {
            case.written(&format!("{files} --strategy {strategy} --batch 5"), table)
        };
        let (said, mut in_table) = of(TABLE, "scores.csv");
        assert!(in_table[2].starts_with("unlabeled,b,") && in_table[2].ends_with(",0"), "{said}");
        assert!(said.contains("4 examples, 2 annotators, 8 labels; 1 unlabelled example"));
        assert!(said.contains("batch of 5: 4 labelled examples again, 1 new one"), "{said}");
        let (_, mut apart) = of(POOL, "scores.csv");
        in_table.sort();
        apart.sort();
        assert_eq!(in_table, apart, "{strategy}");
        assert_eq!(of(TABLE, "batch.csv").1, of(POOL, "batch.csv").1, "{strategy}");
    }
}

#[test]
fn rows_of_the_table_and_the_pool_are_scored_together() {
    let case = Case::new();
    let both = format!("{TABLE} --unlabeled-pred-probs pool.npy --strategy active_label_cleaning");
    let (_, batch) = case.written(&both, "batch.csv");
    // Without labels there is nothing to clean: no score, and so the last places.
    assert_eq!(batch[5..], ["5,unlabeled,b,", "6,unlabeled,0,"]);
    let both = both.replace("active_label_cleaning", "activelab");
    let (_, scores) = case.written(&both, "scores.csv");
    assert_eq!(scores[2].replace(",b,", ",0,"), scores[6]);
    let (_, scores) = case.written("--labels table.csv --strategy random", "scores.csv");
    assert!(scores[2].starts_with("unlabeled,b,0.") && scores[2].ends_with(",0"), "{scores:?}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let case = Case::new();
    case.refused(&format!("{TABLE} --batch 0"), "--batch 0 chooses nothing");
    let pool = "--unlabeled-pred-probs pool.npy";
    case.refused(&format!("{pool} --examples pool.txt"), "--examples without --labels");
    case.refused(&format!("{pool} --classes a,b"), "--classes without --labels");
    let twice = format!("{TABLE} {pool} --unlabeled-examples pool.txt");
    case.refused(&twice, "pool.txt, line 1: example b is among those of --labels too");
}

#[test]
fn help_lists_the_strategies_there_are_and_no_others() {
    let case = Case::new();
    let program = env!("CARGO_BIN_EXE_relabel");
    let output = Command::new(program).args(["query", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let list = help.split("Strategies:\n").nth(1).unwrap().lines();
    let names: Vec<&str> = list.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names.len(), 8);
    for name in names {
        case.written(&format!("{TABLE} --strategy {name}"), "batch.csv");
    }
    case.refused(&format!("{TABLE} --strategy multiannotator"), "there is no strategy");
}
