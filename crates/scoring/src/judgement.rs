//! What follows from one consensus label per example: how likely each is right,
//! how many annotators agree, what every class's probability is, and whose word
//! weighs how much.

use std::ops::Range;

use ndarray::Array2;

use crate::{
    Class, Compat, ConsensusMethod, ExampleId, FurtherConsensus, InputError, Labels, QualityMethod,
    QualityOptions,
    blocks::{map_rows, table},
    crowdlab::best_class,
    trust::{Evidence, Trust},
    validation::check_posterior,
};

/// Labels, models and how they are to be judged.
pub(crate) struct Judge<'a> {
    pub(crate) evidence: Evidence<'a>,
    pub(crate) options: &'a QualityOptions,
}

/// One consensus and what follows from it.
pub(crate) struct Judgement {
    pub(crate) consensus: Vec<Class>,
    pub(crate) quality: Vec<f64>,
    pub(crate) agreement: Vec<f64>,
    pub(crate) posterior: Array2<f64>,
    pub(crate) model_weights: Vec<f64>,
    pub(crate) annotator_weights: Vec<f64>,
}

/// Where the posterior comes from.
enum Belief {
    /// Weighted votes.
    Weighted(Trust),
    /// The shares of an example's labels.
    Shares,
}

impl Judge<'_> {
    /// What follows from `consensus`.
    pub(crate) fn judge(&self, consensus: Vec<Class>) -> Result<Judgement, InputError> {
        let belief = self.belief(&consensus);
        let posterior = self.posterior(&belief)?;
        let agreement = agreement(self.evidence.labels, &consensus);
        let pairs = consensus.iter().copied().enumerate();
        let quality = match belief {
            Belief::Weighted(_) => self.options.scorer().scores(pairs, &posterior),
            Belief::Shares => pairs
                .zip(&agreement)
                .map(|((row, class), &a)| if a.is_nan() { posterior[[row, class.at()]] } else { a })
                .collect(),
        };
        let (model_weights, annotator_weights) = match belief {
            Belief::Weighted(trust) => (trust.models, trust.annotators),
            Belief::Shares => (Vec::new(), Vec::new()),
        };
        Ok(Judgement { consensus, quality, agreement, posterior, model_weights, annotator_weights })
    }

    /// The classes of highest posterior under the majority vote, which stays where two are level.
    pub(crate) fn best_quality(&self, majority: &[Class]) -> Result<Vec<Class>, InputError> {
        let belief = self.belief(majority);
        if self.options.compat == Compat::Cleanlab29 {
            self.posterior(&belief)?;
        }
        let fill = |rows, block: &mut [f64]| self.fill(&belief, rows, block);
        let best = |row: usize, posterior: &[f64]| best_class(posterior, majority[row]);
        Ok(map_rows(self.evidence.dim(), fill, best))
    }

    fn belief(&self, consensus: &[Class]) -> Belief {
        match self.options.quality_method {
            QualityMethod::Crowdlab => Belief::Weighted(Trust::new(&self.evidence, consensus)),
            QualityMethod::Agreement => Belief::Shares,
        }
    }

    fn posterior(&self, belief: &Belief) -> Result<Array2<f64>, InputError> {
        let fill = |rows, block: &mut [f64]| self.fill(belief, rows, block);
        let posterior = table(self.evidence.dim(), fill);
        check_posterior(&posterior, self.options)?;
        Ok(posterior)
    }

    fn fill(&self, belief: &Belief, rows: Range<usize>, block: &mut [f64]) {
        match belief {
            Belief::Weighted(trust) => trust.fill(&self.evidence, rows, block),
            Belief::Shares => {
                let (_, k) = self.evidence.dim();
                for (row, out) in rows.zip(block.chunks_exact_mut(k)) {
                    self.shares(row, out);
                }
            }
        }
    }

    /// Shares of an example's labels; the models' mean where it has none.
    fn shares(&self, row: usize, out: &mut [f64]) {
        let Evidence { labels, probs, .. } = self.evidence;
        let given = labels.of_example(ExampleId(row as u32));
        if given.is_empty() {
            for (class, mean) in out.iter_mut().enumerate() {
                let sum: f64 = probs.iter().map(|model| model[[row, class]]).sum();
                *mean = sum / probs.len() as f64;
            }
            return;
        }
        out.fill(0.0);
        for (_, class) in given {
            out[class.at()] += 1.0;
        }
        out.iter_mut().for_each(|count| *count /= given.len() as f64);
        if self.options.compat == Compat::Cleanlab29 && !labels.is_complete() {
            let present: Vec<f64> = out.iter().copied().filter(|&share| share > 0.0).collect();
            out.fill(0.0);
            out[..present.len()].copy_from_slice(&present);
        }
    }
}

impl Judgement {
    pub(crate) fn into_columns(self, method: ConsensusMethod) -> FurtherConsensus {
        FurtherConsensus {
            method,
            consensus: self.consensus,
            quality: self.quality,
            annotator_agreement: self.agreement,
            model_weights: self.model_weights,
            annotator_weights: self.annotator_weights,
        }
    }
}

/// Share of each example's labels that equal its consensus.
fn agreement(labels: &Labels, consensus: &[Class]) -> Vec<f64> {
    let share = |(given, consensus): (&[(_, Class)], &Class)| {
        let equal = given.iter().filter(|(_, class)| class == consensus).count();
        equal as f64 / given.len() as f64
    };
    labels.examples().zip(consensus).map(share).collect()
}
