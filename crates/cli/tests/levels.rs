//! Levels of annotator accuracy and heterogeneous crowds, as a user asks for
//! them. The runs need the real table and skip without it.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn relabel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relabel")).args(arguments).output().unwrap()
}

fn refusal(sets: &[&str]) -> String {
    let mut arguments = vec!["run", sets[0], "--dry-run"];
    arguments.extend(sets[1..].iter().flat_map(|set| ["--set", set]));
    let output = relabel(&arguments);
    assert_eq!(output.status.code(), Some(2), "{sets:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("RELABEL_DATA").map(PathBuf::from);
    if data.is_none() {
        let text = format_args!("skipped: RELABEL_DATA is not set\n");
        std::io::stderr().write_fmt(text).unwrap();
    }
    data
}

/// Two rounds of `preset` with small forests; measures by strategy, round and name.
fn run(preset: &str, out: &Path, sets: &[&str]) -> BTreeMap<(String, usize, String), f64> {
    let data = data().unwrap();
    let (data, folder) = (data.to_str().unwrap(), out.to_str().unwrap());
    let mut arguments = vec!["run", preset, "--data", data, "--out", folder];
    let few = ["loop.rounds=2", "model.trees=5", "grid.seeds=[0]"];
    arguments.extend(few.iter().chain(sets).flat_map(|set| ["--set", *set]));
    let output = relabel(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = fs::read_to_string(out.join(preset).join("default/summary.csv")).unwrap();
    let fields = summary.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    fields
        .map(|f| ((f[0].into(), f[2].parse().unwrap(), f[5].into()), f[6].parse().unwrap()))
        .collect()
}

#[test]
fn levels_belong_to_their_data_set_and_lie_between_a_half_and_one() {
    for (sets, said) in [
        (["wall-robot-et", "grid.strategies=random@0.6"], "only single-vs-multi has levels"),
        (["single-vs-multi", "grid.strategies=single"], "such as single@0.6"),
        (["single-vs-multi", "grid.strategies=single@0.3"], "from 0.5 to 1"),
        (["single-vs-multi", "grid.strategies=singel@0.6"], "did you mean 'single'"),
        (["single-vs-multi", "grid.strategies=single@1,single@1.0"], "listed twice"),
        (["single-label", "data.crowd=heterogeneous"], "only wall-robot, wall-robot-complete"),
        (["wall-robot-et", "data.crowd=mixed"], "unknown variant `mixed`"),
    ] {
        let text = refusal(&sets);
        assert!(text.contains(said), "{sets:?}: {text}");
    }
}

#[test]
fn both_arms_start_from_the_same_votes_and_only_one_of_them_relabels() {
    if data().is_none() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let arms = "grid.strategies=multiannotator@0.6,single@0.6,single@1";
    let found = run("single-vs-multi", out.path(), &[arms]);
    let measure = |arm: &str, round, name: &str| found[&(arm.to_owned(), round, name.to_owned())];
    let (multi, single) = ("multiannotator@0.6", "single@0.6");
    for name in ["model_accuracy", "consensus_accuracy"] {
        assert_eq!(measure(multi, 0, name), measure(single, 0, name), "{name}");
    }
    assert_eq!(measure(single, 0, "consensus_accuracy"), 0.71);
    assert_eq!(measure("single@1.0", 0, "consensus_accuracy"), 1.0);
    assert_eq!(measure(single, 0, "num_added"), 100.0);
    assert_eq!(measure(single, 1, "labels_per_example"), 1.0);
    assert!(measure(multi, 0, "num_added") < 100.0);
    assert_eq!(measure(multi, 1, "labels_spent"), 100.0);
    let arrays = out.path().join("single-vs-multi/default/npy");
    for file in ["0.6/multiannotator_0.npy", "0.6/single_0.npy", "1.0/single_accuracy_0.npy"] {
        assert!(arrays.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_heterogeneous_crowd_starts_elsewhere_than_the_published_one() {
    if data().is_none() {
        return;
    }
    let (out, one) = (tempfile::tempdir().unwrap(), "grid.strategies=random");
    let start =
        |found: BTreeMap<_, f64>| found[&("random".to_owned(), 0, "consensus_accuracy".to_owned())];
    let published = start(run("wall-robot-et", &out.path().join("a"), &[one]));
    let mixed =
        ["data.crowd=heterogeneous", one, "loop.protocol=corrected", "loop.annotators=real"];
    let mixed = start(run("wall-robot-et", &out.path().join("b"), &mixed));
    assert_eq!(published, 0.882);
    assert_ne!(mixed, published);
}
