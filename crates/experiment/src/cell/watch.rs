//! Between a cell and the models that it trains: progress goes up, the wish to
//! stop goes down.

use std::sync::atomic::{AtomicUsize, Ordering};

use relabel_models::{FoldWatch, Watch};

use super::CellRun;
use crate::CellEvent;

/// Passes progress on and the wish to stop down.
pub(super) struct CellWatch<'a> {
    pub run: &'a CellRun<'a>,
    pub round: AtomicUsize,
}

impl Watch for CellWatch<'_> {
    fn stopped(&self) -> bool {
        self.run.stop.load(Ordering::Relaxed)
    }

    fn step(&self, done: usize, total: usize) {
        self.run.tell(CellEvent::Step { done, total });
    }

    fn trained(&self, rows: u64) {
        self.run.tell(CellEvent::Trained { rows });
    }
}

impl FoldWatch for CellWatch<'_> {
    fn fold(&self, done: usize, total: usize) {
        let round = self.round.load(Ordering::Relaxed);
        self.run.tell(CellEvent::Fold { round, done, total });
    }
}
