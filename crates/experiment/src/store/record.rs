//! One finished round on disk: measures, what was asked for, what was answered.
//! Initial labels plus these events rebuild the state after any round.

use std::{collections::BTreeMap, path::Path, time::Duration};

use relabel_data::sha256;
use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent, Round};
use serde::{Deserialize, Serialize};

use super::{MetricsRecord, StoreError, write_atomic};
use crate::{Cell, Selection};

/// The version of the file format.
const VERSION: u32 = 2;
/// The whole round, in [`RoundRecord::timings`].
const WHOLE: &str = "round_s";
/// The training of the first round in another cell of the seed.
const ELSEWHERE: &str = "first_round_elsewhere_s";

/// A new label: example, annotator, class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord(pub u32, pub u32, pub u16);

/// One finished round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundRecord {
    /// The version of the file format.
    pub version: u32,
    /// The round, from 0.
    pub round: u16,
    /// Labels that this round's consensus used.
    pub n_labels: usize,
    /// Labelled examples in this round.
    pub n_examples: usize,
    /// Accuracies and what they cost.
    pub metrics: MetricsRecord,
    /// Normalised entropy of the mean label distribution.
    pub distribution_entropy: f64,
    /// Pool examples chosen at the end of the round.
    pub num_added: usize,
    /// Labels per example at the start of the round: labelled examples in their order, then the pool.
    pub per_example_count: Vec<u32>,
    /// Labelled examples chosen for another label, best first.
    pub relabeled: Vec<u32>,
    /// Pool examples chosen for their first label, best first.
    pub queried: Vec<u32>,
    /// Positions of `queried` in the pool.
    pub queried_rows: Vec<usize>,
    /// The answers.
    pub events: Vec<EventRecord>,
    /// Temperatures that the strategy fitted.
    pub temperatures: Vec<f64>,
    /// What was out of the ordinary.
    pub notes: Vec<String>,
    /// What this round follows on: the [`RoundRecord::content`] of the round before
    /// it, or what the cell started from.
    pub previous: String,
    /// SHA-256 of the probabilities that the next round reads.
    pub carried_sha256: String,
    /// Wall seconds by part of the round.
    pub timings: BTreeMap<String, f64>,
    /// SHA-256 of the file with this field empty.
    pub checksum: String,
}

impl RoundRecord {
    /// What a cell starts from, as its first round has it in [`RoundRecord::previous`].
    pub fn origin(config_sha256: &str, data_sha256: &[&str], cell: &Cell) -> String {
        let Cell { strategy, seed } = cell;
        let data = data_sha256.join(" ");
        sha256(format!("{config_sha256} {data} {strategy} {seed}").as_bytes())
    }

    /// The version that new records carry.
    pub fn version() -> u32 {
        VERSION
    }

    /// The label events of this round.
    pub fn label_events(&self) -> Vec<LabelEvent> {
        self.events
            .iter()
            .map(|&EventRecord(example, annotator, class)| LabelEvent {
                example: ExampleId(example),
                annotator: AnnotatorId(annotator),
                class: Class(class),
                round: Round(self.round),
            })
            .collect()
    }

    /// What this round chose.
    pub fn selection(&self) -> Selection {
        Selection {
            relabel: self.relabeled.iter().copied().map(ExampleId).collect(),
            new: self.queried.iter().copied().map(ExampleId).collect(),
            new_rows: self.queried_rows.clone(),
        }
    }

    /// [`RoundRecord::timings`] of a round that took so long and left so much training to another cell.
    pub fn timings_of(took: Duration, elsewhere: Duration) -> BTreeMap<String, f64> {
        let parts = [(WHOLE, took), (ELSEWHERE, elsewhere)].into_iter();
        let parts = parts.filter(|(_, time)| !time.is_zero());
        parts.map(|(part, time)| (part.to_owned(), time.as_secs_f64())).collect()
    }

    /// Wall time of the round, if this cell had trained everything itself.
    pub fn took(&self) -> Duration {
        let seconds = [WHOLE, ELSEWHERE].iter().filter_map(|part| self.timings.get(*part)).sum();
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
    }

    /// SHA-256 of everything but the clock: the same on every machine that computes alike.
    pub fn content(&self) -> String {
        let timeless = Self { timings: BTreeMap::new(), checksum: String::new(), ..self.clone() };
        sha256(&serde_json::to_vec(&timeless).expect("a record should be JSON"))
    }

    /// Writes the record, signed with its checksum.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn write(&mut self, path: &Path) -> Result<(), StoreError> {
        let bytes = |record: &Self| serde_json::to_vec(record).expect("a record should be JSON");
        self.checksum.clear();
        self.checksum = sha256(&bytes(self));
        write_atomic(path, &bytes(self))
    }

    /// Reads a record and checks it.
    ///
    /// # Errors
    /// If the file cannot be read, is no record, or its checksum is wrong.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
        let text = std::str::from_utf8(&bytes).map_err(|e| StoreError::damaged(path, e))?;
        let head: Head =
            serde_json::from_str(text).map_err(|error| StoreError::damaged(path, error))?;
        if head.version != VERSION {
            let reason = format!("format version {}, expected {VERSION}", head.version);
            return Err(StoreError::damaged(path, reason));
        }
        let signed = format!("\"checksum\":\"{}\"", head.checksum);
        if head.checksum != sha256(text.replacen(&signed, "\"checksum\":\"\"", 1).as_bytes()) {
            return Err(StoreError::damaged(path, "its checksum is wrong"));
        }
        serde_json::from_str(text).map_err(|error| StoreError::damaged(path, error))
    }
}

/// What is read first: whether the rest can be read, and trusted to the byte.
#[derive(Deserialize)]
struct Head {
    version: u32,
    checksum: String,
}
