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
    /// Whether somebody may be asked twice about one example, as in the published runs.
    pub repeats: bool,
}

impl Oracle for CrowdOracle {
    fn annotate(&self, batch: &[ExampleId], round: Round, known: &[LabelEvent]) -> Vec<LabelEvent> {
        batch.iter().filter_map(|&example| self.ask(example, round, known)).collect()
    }
}

impl CrowdOracle {
    fn ask(&self, example: ExampleId, round: Round, known: &[LabelEvent]) -> Option<LabelEvent> {
        let mut asked = Vec::new();
        if !self.repeats {
            for event in known.iter().filter(|event| event.example == example) {
                asked.extend(self.who_gave(event, &asked));
            }
        }
        let (annotator, class) = self.draw(example, round, &asked)?;
        let annotator = match self.mode {
            AnnotatorMode::Batch => self.batch(round),
            AnnotatorMode::Real => annotator,
        };
        Some(LabelEvent { example, annotator, class, round })
    }

    /// The column that holds all labels of a round.
    fn batch(&self, round: Round) -> AnnotatorId {
        AnnotatorId(self.n_annotators + u32::from(round.0))
    }

    /// Behind a batch stands whoever was drawn then: the draw is made again.
    fn who_gave(&self, event: &LabelEvent, asked: &[AnnotatorId]) -> Option<AnnotatorId> {
        if event.annotator != self.batch(event.round) {
            return Some(event.annotator);
        }
        self.draw(event.example, event.round, asked).map(|(annotator, _)| annotator)
    }

    fn draw(
        &self,
        example: ExampleId,
        round: Round,
        asked: &[AnnotatorId],
    ) -> Option<(AnnotatorId, Class)> {
        let answers: Vec<_> = self.dense[example.at()]
            .iter()
            .filter(|(annotator, _)| !asked.contains(annotator))
            .collect();
        if answers.is_empty() {
            return None;
        }
        let stream = Stream::new(self.seed, "oracle", round, 0).child(u64::from(example.0));
        Some(*answers[below(&mut stream.rng(), answers.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three annotators who answer one example with their own number.
    fn oracle(mode: AnnotatorMode, repeats: bool) -> CrowdOracle {
        let answers = (0..3).map(|who| (AnnotatorId(who), Class(who as u16))).collect();
        CrowdOracle {
            dense: Arc::new(vec![answers]),
            n_annotators: 3,
            seed: Seed(7),
            mode,
            repeats,
        }
    }

    /// The answers of ten rounds.
    fn ask(oracle: &CrowdOracle) -> Vec<LabelEvent> {
        let mut known = Vec::new();
        for round in 0..10 {
            known.extend(oracle.annotate(&[ExampleId(0)], Round(round), &known));
        }
        known
    }

    #[test]
    fn nobody_is_asked_twice_unless_repeats_are_allowed() {
        for mode in [AnnotatorMode::Batch, AnnotatorMode::Real] {
            let mut classes: Vec<u16> =
                ask(&oracle(mode, false)).iter().map(|event| event.class.0).collect();
            classes.sort_unstable();
            assert_eq!(classes, [0, 1, 2], "{mode:?}");
        }
        assert_eq!(ask(&oracle(AnnotatorMode::Batch, true)).len(), 10);
    }

    #[test]
    fn a_batch_and_the_real_annotators_give_the_same_answers() {
        let (batch, real) =
            (ask(&oracle(AnnotatorMode::Batch, false)), ask(&oracle(AnnotatorMode::Real, false)));
        for (batch, real) in batch.iter().zip(&real) {
            assert_eq!(batch.class, real.class);
            assert_eq!(batch.annotator.0, 3 + u32::from(batch.round.0));
            assert_eq!(real.annotator.0, u32::from(real.class.0));
        }
    }
}
