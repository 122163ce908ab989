//! The files `g07_trace_*.json`: whole runs with their inputs and every intermediate.

use std::collections::HashMap;

use relabel_experiment::Pool;
use relabel_scoring::{AnnotatorId, Class, ExampleId, LabelEvent, Round};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Trace {
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Case {
    pub benchmark: String,
    pub method: String,
    #[serde(rename = "K")]
    pub n_classes: usize,
    pub n: usize,
    pub nu: usize,
    pub batch: usize,
    pub error: Option<serde_json::Value>,
    pub random_tie_break_hit: bool,
    pub true_labels: Vec<u16>,
    pub initial_labels: Vec<Vec<i32>>,
    pub test_labels: Vec<u16>,
    /// `[round][model][example][class]`
    pub pred_probs_by_id: Vec<Vec<Vec<Vec<f64>>>>,
    pub test_probs: Option<Vec<Vec<Vec<Vec<f64>>>>>,
    pub stub_model_accuracy: Vec<Vec<f64>>,
    pub steps: Vec<Step>,
    pub saved: HashMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
pub struct Step {
    pub ambiguous_cut: bool,
    pub ambiguous_order: bool,
    pub consensus: Vec<u16>,
    pub labeled_ids: Vec<u32>,
    pub temps: Vec<f64>,
    pub rand: Vec<Vec<f64>>,
    pub quality: Vec<Option<f64>>,
    pub quality_unlabeled: Vec<Option<f64>>,
    pub num_new: usize,
    /// Positions in the labelled set after new examples were appended to it.
    pub idx_to_annotate: Vec<usize>,
    pub new_labels: Vec<u16>,
}

impl Case {
    /// The pool before the first round.
    pub fn start(&self) -> Pool {
        let mut events = Vec::new();
        for (row, labels) in self.initial_labels.iter().enumerate() {
            for (annotator, &class) in labels.iter().enumerate().filter(|(_, class)| **class >= 0) {
                events.push(LabelEvent {
                    example: ExampleId(row as u32),
                    annotator: AnnotatorId(annotator as u32),
                    class: Class(class as u16),
                    round: Round(0),
                });
            }
        }
        Pool {
            labeled: (0..self.n as u32).map(ExampleId).collect(),
            pool: (self.n as u32..(self.n + self.nu) as u32).map(ExampleId).collect(),
            events,
        }
    }
}
