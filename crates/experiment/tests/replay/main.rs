//! Recorded runs of the published benchmark code, fed through our loop:
//! probabilities, uniform draws and answers come from the trace, everything in
//! between is ours. `RELABEL_TRACES=DIR` replays another folder.
#![allow(clippy::unwrap_used)]

mod trace;

use std::{cell::Cell, path::PathBuf};

use ndarray::Array2;
use relabel_experiment::{
    ExperimentError, Learner, Loop, Oracle, Pool, Predictions, RoundOutput, Selection, Setting,
    TrainingSet,
    config::Protocol,
    strategy::{self, Draws},
};
use relabel_scoring::{AnnotatorId, Class, ExampleId, FrequencyTie, LabelEvent, Round, Seed};
use trace::{Case, Step, Trace};

/// The recorded probabilities of one round after another.
struct Recorded<'a> {
    case: &'a Case,
}

impl Learner for Recorded<'_> {
    fn learn(&self, set: &TrainingSet<'_>) -> Result<Vec<Predictions>, ExperimentError> {
        let round = usize::from(set.round.0);
        let probs = &self.case.pred_probs_by_id[round];
        let k = self.case.n_classes;
        let test = self.case.test_probs.as_ref().map(|rounds| &rounds[round]);
        Ok((0..probs.len())
            .map(|model| {
                let rows = |ids: &[ExampleId]| {
                    let flat = ids.iter().flat_map(|id| probs[model][id.at()].clone()).collect();
                    Array2::from_shape_vec((ids.len(), k), flat).unwrap()
                };
                let n_test = self.case.test_labels.len();
                let test = match test {
                    Some(test) => test[model].concat(),
                    None => vec![0.0; n_test * k],
                };
                Predictions {
                    labeled: rows(set.labeled),
                    pool: rows(set.pool),
                    test: Array2::from_shape_vec((n_test, k), test).unwrap(),
                    fold_accuracy: self.case.stub_model_accuracy[round][model],
                    accuracy: self.case.stub_model_accuracy[round][model],
                    notes: Vec::new(),
                }
            })
            .collect())
    }
}

/// The recorded uniform numbers of one round.
struct RecordedDraws<'a> {
    draws: &'a [Vec<f64>],
    next: usize,
}

impl Draws for RecordedDraws<'_> {
    fn uniform(&mut self, n: usize) -> Vec<f64> {
        let numbers = self.draws[self.next].clone();
        assert_eq!(numbers.len(), n, "draw {}", self.next);
        self.next += 1;
        numbers
    }
}

/// Answers are taken from the trace, so this crowd stays silent.
struct Mute {
    asked: Cell<usize>,
}

impl Oracle for Mute {
    fn annotate(&self, batch: &[ExampleId], _: Round, _: &[LabelEvent]) -> Vec<LabelEvent> {
        self.asked.set(self.asked.get() + batch.len());
        Vec::new()
    }
}

fn close(found: &[f64], expected: &[Option<f64>], what: &str) -> usize {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    for (row, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = b.map_or(a.is_nan(), |b| (a - b).abs() <= 1e-9);
        assert!(same, "{what}, row {row}: {a}, recorded {b:?}");
    }
    found.len()
}

/// The recorded selection; new examples of the last round are not in the trace.
fn recorded_selection(step: &Step, next: Option<&Step>, pool: &Pool) -> Selection {
    let n = step.labeled_ids.len();
    let relabel =
        step.idx_to_annotate.iter().filter(|&&at| at < n).map(|&at| pool.labeled[at]).collect();
    let new: Vec<_> = next
        .map(|next| next.labeled_ids[n..n + step.num_new].iter().copied().map(ExampleId).collect())
        .unwrap_or_default();
    let row = |id| pool.pool.iter().position(|other| *other == id).unwrap();
    let new_rows = new.iter().map(|id| row(*id)).collect();
    Selection { relabel, new, new_rows }
}

fn replay(case: &Case, ties: FrequencyTie, name: &str) -> usize {
    let info = strategy::find(&case.method).unwrap_or_else(|| panic!("{name}: {}", case.method));
    let built = info.build();
    let truth: Vec<Class> = case.true_labels.iter().copied().map(Class).collect();
    let test_truth: Vec<Class> = case.test_labels.iter().copied().map(Class).collect();
    let oracle = Mute { asked: Cell::new(0) };
    let the_loop = Loop {
        setting: Setting {
            n_classes: case.n_classes,
            batch: case.batch,
            relabel: true,
            protocol: Protocol::Published,
            ties,
            seed: Seed(0),
            truth: &truth,
            test_truth: &test_truth,
        },
        strategy: built.as_ref(),
        learner: &Recorded { case },
        oracle: &oracle,
    };
    let mut pool = case.start();
    let mut carried: Option<Vec<Array2<f64>>> = None;
    let mut compared = 0;
    for (round, step) in case.steps.iter().enumerate() {
        let at = format!("{name} {} round {round}", case.method);
        let ids: Vec<u32> = pool.labeled.iter().map(|id| id.0).collect();
        assert_eq!(ids, step.labeled_ids, "{at}: labelled examples");
        let mut draws = RecordedDraws { draws: &step.rand, next: 0 };
        let output =
            the_loop.round(Round(round as u16), &pool, carried.as_deref(), &mut draws).unwrap();
        assert_eq!(draws.next, step.rand.len(), "{at}: draws");
        compared += compare(&output, step, &at);
        compare_saved(case, round, &output, &pool, &at);
        let recorded = recorded_selection(step, case.steps.get(round + 1), &pool);
        if !step.ambiguous_cut && !step.ambiguous_order {
            assert_eq!(output.selection.relabel, recorded.relabel, "{at}: relabelled");
            assert_eq!(output.selection.new.len(), step.num_new, "{at}: new examples");
            if round + 1 < case.steps.len() {
                assert_eq!(output.selection, recorded, "{at}: selection");
            }
        }
        carried = Some(output.carried(&recorded));
        let n_labeled = pool.labeled.len() + recorded.new.len();
        let events: Vec<LabelEvent> = step
            .idx_to_annotate
            .iter()
            .zip(&step.new_labels)
            .filter(|(at, _)| **at < n_labeled)
            .map(|(&at, &class)| LabelEvent {
                example: pool.labeled.iter().chain(&recorded.new).nth(at).copied().unwrap(),
                annotator: AnnotatorId((case.initial_labels[0].len() + round) as u32),
                class: Class(class),
                round: Round(round as u16),
            })
            .collect();
        pool.advance(&recorded, &events);
    }
    let asked = case.batch * case.steps.len();
    assert!(case.error.is_some() || oracle.asked.get() == asked, "{name}: labels asked for");
    compared
}

fn compare(output: &RoundOutput, step: &Step, at: &str) -> usize {
    let consensus: Vec<u16> = output.consensus.labels.iter().map(|class| class.0).collect();
    assert_eq!(consensus, step.consensus, "{at}: consensus");
    let temperatures: Vec<Option<f64>> = step.temps.iter().copied().map(Some).collect();
    close(&output.scores.temperatures, &temperatures, &format!("{at}: temperatures"));
    close(&output.scores.labeled, &step.quality, &format!("{at}: labelled scores"))
        + close(&output.scores.pool, &step.quality_unlabeled, &format!("{at}: pool scores"))
}

fn compare_saved(case: &Case, round: usize, output: &RoundOutput, pool: &Pool, at: &str) {
    let metrics = &output.metrics;
    for (what, found) in [
        ("accuracy", metrics.consensus_accuracy),
        ("model_accuracy", metrics.model_accuracy),
        ("distribution_entropy", metrics.distribution_entropy),
    ] {
        // For this strategy the code saved one model's accuracy, the published files hold the ensemble's.
        let other = case.benchmark == "cifar-10h" && case.method == "disagreement";
        if other && what == "model_accuracy" {
            continue;
        }
        let recorded = case.saved[what][round].as_f64().unwrap();
        assert!((found - recorded).abs() <= 1e-9, "{at}: {what} {found}, recorded {recorded}");
    }
    let recorded: Vec<u32> = case.saved["per_example_count"][round]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count.as_f64().unwrap() as u32)
        .collect();
    assert_eq!(pool.labels_per_example(), recorded, "{at}: labels per example");
}

#[test]
fn recorded_runs_give_the_recorded_scores_and_selections() {
    let folder = std::env::var_os("RELABEL_TRACES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces")),
        PathBuf::from,
    );
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("g07"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} should hold g07_*.json", folder.display());
    let (mut rounds, mut scores) = (0, 0);
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let ties = if name.ends_with("_published") {
            FrequencyTie::MostFrequent
        } else {
            FrequencyTie::Rarest
        };
        let trace: Trace = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for case in &trace.cases {
            if case.random_tie_break_hit {
                std::io::Write::write_fmt(
                    &mut std::io::stderr(),
                    format_args!(
                        "skipped: {name} {} was decided by chance in places\n",
                        case.method
                    ),
                )
                .unwrap();
                continue;
            }
            scores += replay(case, ties, &name);
            rounds += case.steps.len();
        }
    }
    std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("{} traces, {rounds} rounds, {scores} scores compared\n", files.len()),
    )
    .unwrap();
}
