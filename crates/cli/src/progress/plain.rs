//! One line per finished round, for logs.

use relabel_experiment::{Cell, CellEvent, Observer};

use super::{Display, failed, name};
use crate::talk::tell;

/// Writes lines to stderr.
pub struct Plain;

impl Display for Plain {}

impl Observer for Plain {
    fn cell(&self, cell: &Cell, event: &CellEvent) {
        let name = name(cell);
        match event {
            CellEvent::Started { rounds_done: 0, .. } => {}
            CellEvent::Started { rounds_done, rounds } if rounds_done < rounds => {
                tell!("{name}: continues after {rounds_done} of {rounds} rounds");
            }
            CellEvent::Round {
                round,
                rounds,
                n_labels,
                model_accuracy,
                consensus_accuracy,
                took,
                ..
            } => tell!(
                "{name}: round {} of {rounds}, {n_labels} labels, model accuracy \
                 {model_accuracy:.4}, consensus accuracy {consensus_accuracy:.4}, {:.2} s",
                round + 1,
                took.as_secs_f64()
            ),
            CellEvent::Note(note) => tell!("{name}: {note}"),
            CellEvent::Locked(holder) => tell!("{name}: left alone, {holder} works on it"),
            CellEvent::Failed(reason) => tell!("{}", failed(cell, reason)),
            CellEvent::Started { .. }
            | CellEvent::Fold { .. }
            | CellEvent::Step { .. }
            | CellEvent::Trained { .. }
            | CellEvent::Finished => {}
        }
    }
}
