//! The crowd that answers queries: it holds every label that could be asked
//! for, and a draw depends on (seed, round, example) alone.

use std::sync::Arc;

use relabel_scoring::{
    AnnotatorId, Class, ExampleId, LabelEvent, Round, Seed, Stream, stream::below,
};

use crate::config::AnnotatorMode;

/// Answers a batch of queries with one label each.
pub trait Oracle {
    /// One new label per example of `batch`; fewer only when nobody is left to ask.
    fn annotate(&self, batch: &[ExampleId], round: Round, known: &[LabelEvent]) -> Vec<LabelEvent>;
}

/// Draws uniformly among the labels that people really gave to an example.
pub struct CrowdOracle {
    /// Per example, every label that can be drawn, by annotator.
    pub dense: Arc<Vec<Vec<(AnnotatorId, Class)>>>,
    /// Number of annotators of the data set.
    pub n_annotators: u32,
    /// The seed of the cell.
    pub seed: Seed,
    /// Who a drawn label is attributed to.
    pub mode: AnnotatorMode,
}

impl Oracle for CrowdOracle {
    fn annotate(&self, batch: &[ExampleId], round: Round, known: &[LabelEvent]) -> Vec<LabelEvent> {
        let stream = Stream::new(self.seed, "oracle", round, 0);
        batch.iter().filter_map(|&example| self.ask(example, round, known, stream)).collect()
    }
}

impl CrowdOracle {
    fn ask(
        &self,
        example: ExampleId,
        round: Round,
        known: &[LabelEvent],
        stream: Stream,
    ) -> Option<LabelEvent> {
        let mut rng = stream.child(u64::from(example.0)).rng();
        let answers = &self.dense[example.at()];
        let (annotator, class) = match self.mode {
            AnnotatorMode::Batch => {
                let (_, class) = answers[below(&mut rng, answers.len())];
                (AnnotatorId(self.n_annotators + u32::from(round.0)), class)
            }
            AnnotatorMode::Real => {
                let fresh: Vec<_> = answers
                    .iter()
                    .filter(|(annotator, _)| {
                        !known
                            .iter()
                            .any(|event| event.example == example && event.annotator == *annotator)
                    })
                    .collect();
                if fresh.is_empty() {
                    return None;
                }
                *fresh[below(&mut rng, fresh.len())]
            }
        };
        Some(LabelEvent { example, annotator, class, round })
    }
}
