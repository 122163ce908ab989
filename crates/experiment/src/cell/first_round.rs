//! Round 0, which the strategies of a seed have in common: the first cell there
//! trains its models, the others read what they said.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use relabel_scoring::Round;

use super::CellRun;
use crate::{CellEvent, ExperimentError, Learner, Predictions, TrainingSet, store::Answers};

/// Learns like `inner`, but nothing twice in round 0.
pub(super) struct SharedFirstRound<'a> {
    inner: &'a dyn Learner,
    run: &'a CellRun<'a>,
    spared: Cell<Duration>,
}

impl Learner for SharedFirstRound<'_> {
    fn learn(&self, set: &TrainingSet<'_>) -> Result<Vec<Predictions>, ExperimentError> {
        if set.round != Round(0) {
            return self.inner.learn(set);
        }
        match self.run.first_rounds.read(set) {
            Ok(Some(answers)) => {
                self.spared.set(answers.took);
                return Ok(answers.predictions);
            }
            Ok(None) => {}
            Err(error) => {
                let note = format!("{error}; its models are trained again");
                self.run.tell(CellEvent::Note(note));
            }
        }
        let start = Instant::now();
        let answers = Answers { predictions: self.inner.learn(set)?, took: start.elapsed() };
        self.run.first_rounds.write(set, &answers)?;
        Ok(answers.predictions)
    }
}

impl<'a> SharedFirstRound<'a> {
    pub fn new(inner: &'a dyn Learner, run: &'a CellRun<'a>) -> Self {
        Self { inner, run, spared: Cell::default() }
    }

    /// What reading in place of training has spared since this was last asked.
    pub fn take_spared(&self) -> Duration {
        self.spared.take()
    }
}
