//! What a model has to say of its device is told with its cell, once, and not when there
//! is nothing left to compute.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use relabel_experiment::config::Source;
use relabel_experiment::{
    Cell, CellEvent, CellRun, Config, Deadline, ExperimentError, Observer, RoundRecord, RunFolder,
    cells, load_dataset, strategy,
};
use relabel_models::{
    ClassesRule, Classifier, CrossValidation, ExtraTrees, Features, Fitted, ModelError, Watch,
};
use relabel_scoring::{Class, Stream};

/// Trees on a device that does less than it promises, or nothing.
struct Odd {
    broken: bool,
}

impl Classifier for Odd {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        ExtraTrees { trees: 3 }.fit(x, y, n_classes, stream, watch)
    }

    fn note(&self) -> Result<Option<String>, ModelError> {
        match self.broken {
            true => Err(ModelError::Device("it is broken".into())),
            false => Ok(Some("it is slow".into())),
        }
    }
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn cell(&self, _: &Cell, event: &CellEvent) {
        if let CellEvent::Note(note) = event {
            self.0.lock().unwrap().push(note.clone());
        }
    }
}

/// Runs a cell and gives what it told.
fn told(results: &Path, broken: bool) -> (Result<Vec<RoundRecord>, ExperimentError>, Vec<String>) {
    let mut source = Source::open("blobs").unwrap();
    source.set("loop.rounds=2").unwrap();
    let config: Config = source.validate().unwrap();
    let data = load_dataset(&config, results).unwrap();
    let folder = RunFolder::open(results, "default", &config).unwrap();
    let cell = cells(&config).swap_remove(0);
    let observer = Notes::default();
    let run = CellRun {
        cell: &cell,
        info: strategy::find(&cell.strategy).unwrap(),
        config: &config,
        data: &data,
        crowd: data.crowd(None),
        origin: RoundRecord::origin(&config.hash(), &["data"], &cell),
        first_rounds: folder.first_rounds("odd".into()),
        classifiers: vec![Box::new(Odd { broken }), Box::new(Odd { broken })],
        validation: CrossValidation {
            folds: config.run.folds,
            shuffle: true,
            classes: ClassesRule::Fixed(data.n_classes),
            parallel_folds: false,
        },
        observer: &observer,
        stop: &AtomicBool::new(false),
        deadline: &Deadline::never(),
    };
    let folder = folder.cell(&cell);
    let _lock = folder.lock().unwrap().unwrap();
    let records = run.run(&folder);
    (records, observer.0.into_inner().unwrap())
}

#[test]
fn a_device_that_does_less_is_told_once_and_only_while_there_are_rounds_to_run() {
    let results = tempfile::tempdir().unwrap();
    let (records, notes) = told(results.path(), false);
    assert_eq!(records.unwrap().len(), 2);
    assert_eq!(notes.iter().filter(|note| *note == "it is slow").count(), 1, "{notes:?}");
    let (records, notes) = told(results.path(), true);
    assert_eq!(records.unwrap().len(), 2);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn a_device_that_cannot_compute_ends_the_cell_before_its_first_round() {
    let results = tempfile::tempdir().unwrap();
    let (records, _) = told(results.path(), true);
    let error = records.err().unwrap().to_string();
    assert!(error.contains("it is broken"), "{error}");
}
