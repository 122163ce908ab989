//! Rounds in which something runs out: the pool, people to ask, a class, examples
//! for a fold. Every strategy gets through all of them, and the notes say so.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, sync::Arc};

use ndarray::Array2;
use relabel_experiment::{
    CrossValidatedLearner, CrowdOracle, Loop, Pool, Setting,
    config::{AnnotatorMode, Protocol},
    strategy::{STRATEGIES, StrategyInfo, StreamDraws},
};
use relabel_models::{
    ClassesRule, Classifier, CrossValidation, ExtraTrees, FeatureStore, KNearest, Mlp, Unwatched,
};
use relabel_scoring::{
    AnnotatorId, Class, ExampleId, FrequencyTie, LabelEvent, Round, Seed, Stream, stream::uniform,
};

const K: usize = 4;
const LABELED: u32 = 12;
const ALL: u32 = 20;
const ANNOTATORS: u32 = 3;

/// Twelve labelled examples and eight in the pool; every third example is of class
/// 0, one labelled example of class 2, none of class 3, the others of class 1.
struct Case {
    protocol: Protocol,
    mode: AnnotatorMode,
    relabel: bool,
    batch: usize,
}

fn class(example: u32) -> Class {
    match example {
        5 => Class(2),
        _ if example.is_multiple_of(3) => Class(0),
        _ => Class(1),
    }
}

fn start() -> Pool {
    let label = |example: u32, annotator: u32| LabelEvent {
        example: ExampleId(example),
        annotator: AnnotatorId(annotator),
        class: class(example),
        round: Round(0),
    };
    let mut events: Vec<_> = (0..LABELED).map(|example| label(example, example % 2)).collect();
    events.extend((0..4).map(|example| label(example, 2)));
    Pool {
        labeled: (0..LABELED).map(ExampleId).collect(),
        pool: (LABELED..ALL).map(ExampleId).collect(),
        events,
    }
}

fn models(info: &StrategyInfo) -> Vec<Box<dyn Classifier>> {
    let mlp = || Box::new(Mlp { max_epochs: 3, ..Mlp::default() });
    match info.ensemble {
        true => vec![mlp(), Box::new(ExtraTrees { trees: 5 }), Box::new(KNearest::default())],
        false => vec![Box::new(ExtraTrees { trees: 5 })],
    }
}

/// Runs six rounds and returns each round's notes and the last pool.
fn run(info: &StrategyInfo, case: &Case) -> (Vec<Vec<String>>, Pool) {
    let mut rng = Stream::new(Seed(1), "features", Round(0), 0).rng();
    let table = Array2::from_shape_simple_fn((ALL as usize + 4, 2), || uniform(&mut rng));
    let truth: Vec<Class> = (0..ALL + 4).map(class).collect();
    let dense = |example| (0..ANNOTATORS).map(|a| (AnnotatorId(a), class(example))).collect();
    let classes = match case.protocol {
        Protocol::Published => ClassesRule::Published(K),
        Protocol::Corrected => ClassesRule::Fixed(K),
    };
    let (seed, test) = (Seed(0), Vec::from_iter(ALL..ALL + 4));
    let learner = CrossValidatedLearner {
        store: &FeatureStore::Table(table),
        test: &test,
        test_truth: &truth[ALL as usize..],
        classifiers: &models(info),
        validation: CrossValidation { folds: 5, shuffle: true, classes, parallel_folds: false },
        full_fit: false,
        seed,
        watch: &Unwatched,
    };
    let oracle = CrowdOracle {
        dense: Arc::new((0..ALL).map(dense).collect()),
        n_annotators: ANNOTATORS,
        seed,
        mode: case.mode,
        repeats: case.protocol == Protocol::Published,
    };
    let setting = Setting {
        n_classes: K,
        batch: case.batch,
        relabel: case.relabel && !info.one_label,
        protocol: case.protocol,
        ties: FrequencyTie::MostFrequent,
        seed,
        truth: &truth,
        test_truth: &truth[ALL as usize..],
    };
    let strategy = info.build();
    let cell = Loop { setting, strategy: strategy.as_ref(), learner: &learner, oracle: &oracle };
    let (mut pool, mut carried, mut notes) = (start(), None::<Vec<_>>, Vec::new());
    for number in 0..6 {
        let mut draws = StreamDraws::new(Stream::new(seed, "strategy", Round(number), 0));
        let out = cell.round(Round(number), &pool, carried.as_deref(), &mut draws).unwrap();
        carried = Some(out.carried(&out.selection));
        pool.advance(&out.selection, &out.events);
        notes.push(out.notes);
    }
    (notes, pool)
}

fn says(notes: &[Vec<String>], text: &str) -> bool {
    notes.iter().flatten().any(|note| note.contains(text))
}

#[test]
fn a_pool_that_runs_out_leaves_nothing_to_ask_for_when_labelled_examples_are_not_asked_again() {
    for info in STRATEGIES {
        for protocol in [Protocol::Published, Protocol::Corrected] {
            let case = Case { protocol, mode: AnnotatorMode::Batch, relabel: false, batch: 3 };
            let (notes, pool) = run(info, &case);
            assert!(pool.pool.is_empty(), "{}", info.name);
            assert!(notes[2].iter().any(|note| note.contains("last examples of the pool")));
            assert!(notes[2].iter().any(|note| note.contains("only 2 of 3 labels")));
            assert!(notes[3].iter().any(|note| note.contains("only 0 of 3 labels")));
        }
    }
}

#[test]
fn a_batch_larger_than_all_examples_takes_all_of_them() {
    for info in STRATEGIES {
        for protocol in [Protocol::Published, Protocol::Corrected] {
            let case = Case { protocol, mode: AnnotatorMode::Batch, relabel: true, batch: 50 };
            let (notes, pool) = run(info, &case);
            let asked = if info.one_label { 8 } else { 20 };
            assert!(
                says(&notes, &format!("only {asked} of 50 labels")),
                "{}: {notes:?}",
                info.name
            );
            assert!(pool.pool.is_empty() && pool.labeled.len() == ALL as usize, "{}", info.name);
        }
    }
}

#[test]
fn when_everybody_has_labelled_an_example_nobody_is_asked_about_it() {
    for info in STRATEGIES.iter().filter(|info| !info.one_label) {
        let (protocol, mode) = (Protocol::Corrected, AnnotatorMode::Real);
        let (notes, pool) = run(info, &Case { protocol, mode, relabel: true, batch: 20 });
        assert_eq!(pool.events.len(), (ALL * ANNOTATORS) as usize, "{}", info.name);
        assert!(says(&notes, "nobody was left to ask about 20 of 20"), "{}: {notes:?}", info.name);
    }
}

#[test]
fn a_fold_without_a_class_is_noted_as_the_protocol_handles_it() {
    for (protocol, text) in [
        (Protocol::Published, "class 2 was absent from the training rows, so labelled example"),
        (Protocol::Corrected, "class 2 is absent from the training rows; its probability is zero"),
    ] {
        for info in STRATEGIES {
            let case = Case { protocol, mode: AnnotatorMode::Batch, relabel: true, batch: 1 };
            assert!(says(&run(info, &case).0[..1], text), "{}", info.name);
        }
    }
}

#[test]
fn what_every_model_of_an_ensemble_says_is_noted_once() {
    for info in STRATEGIES.iter().filter(|info| info.ensemble) {
        let (protocol, mode) = (Protocol::Published, AnnotatorMode::Batch);
        let (notes, _) = run(info, &Case { protocol, mode, relabel: true, batch: 1 });
        for notes in notes {
            let once: BTreeSet<&String> = notes.iter().collect();
            assert!(notes.len() > 1 && notes.len() == once.len(), "{}: {notes:?}", info.name);
        }
    }
}

#[test]
fn a_class_that_nobody_has_is_noted_and_changes_no_column() {
    for info in STRATEGIES {
        for protocol in [Protocol::Published, Protocol::Corrected] {
            let case = Case { protocol, mode: AnnotatorMode::Batch, relabel: true, batch: 1 };
            assert!(says(&run(info, &case).0, "class 3 vanished from the consensus"));
        }
    }
}
