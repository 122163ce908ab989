//! One finished round on disk: measures, what was asked for, what was answered.
//! Initial labels plus these events rebuild the state after any round.

use std::{collections::BTreeMap, path::Path};

use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent, Round};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MetricsRecord, StoreError, write_atomic};
use crate::Selection;

/// The version of the file format.
const VERSION: u32 = 2;

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
    /// SHA-256 of the probabilities that the next round reads.
    pub carried_sha256: String,
    /// Wall seconds by part of the round.
    pub timings: BTreeMap<String, f64>,
    /// SHA-256 of this record with this field empty.
    pub checksum: String,
}

impl RoundRecord {
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

    /// Writes the record with its checksum.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn write(mut self, path: &Path) -> Result<(), StoreError> {
        self.checksum = self.digest();
        let bytes = serde_json::to_vec(&self).expect("a record should be JSON");
        write_atomic(path, &bytes)
    }

    /// Reads a record and checks it.
    ///
    /// # Errors
    /// If the file cannot be read, is no record, or its checksum is wrong.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
        let record: Self =
            serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(path, error))?;
        if record.version != VERSION {
            let reason = format!("format version {}, expected {VERSION}", record.version);
            return Err(StoreError::damaged(path, reason));
        }
        if record.checksum != record.digest() {
            return Err(StoreError::damaged(path, "its checksum is wrong"));
        }
        Ok(record)
    }

    fn digest(&self) -> String {
        let blank = Self { checksum: String::new(), ..self.clone() };
        sha256(&serde_json::to_vec(&blank).expect("a record should be JSON"))
    }
}

/// SHA-256 as lower-case hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
