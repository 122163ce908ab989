//! What a round is judged by: accuracies of models and labels, of which only the
//! truth knows, and how mixed the labels are.

use ndarray::Array2;
use relabel_scoring::{Class, ExampleId, Labels, first_max};

use crate::{Pool, Predictions, Setting};

/// The measures of a round; accuracies are in [0, 1].
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Test accuracy as published: mean over folds for one model, of the combined prediction for several.
    pub model_accuracy: f64,
    /// Test accuracy of the fold-averaged (and model-averaged) prediction.
    pub averaged_accuracy: f64,
    /// Mean over models and folds of each fold model's own test accuracy.
    pub fold_accuracy: f64,
    /// Share of labelled examples whose consensus label is true.
    pub consensus_accuracy: f64,
    /// The same over labelled and pool examples, with the model's class where there is no label.
    pub accuracy_all: f64,
    /// Normalised entropy of the mean label distribution over labelled examples.
    pub distribution_entropy: f64,
}

/// What a round is measured from.
pub(crate) struct Measured<'a> {
    pub pool: &'a Pool,
    pub labels: &'a Labels,
    pub consensus: &'a [Class],
    pub predictions: &'a [Predictions],
    /// Weights of the models in the combined prediction; `None` = equal.
    pub model_weights: Option<&'a [f64]>,
    pub setting: &'a Setting<'a>,
}

impl Metrics {
    pub(crate) fn of(round: &Measured<'_>) -> Self {
        let Setting { n_classes, test_truth, .. } = *round.setting;
        let averaged_accuracy =
            share(&top_classes(&round.combined(|model| &model.test)), test_truth);
        let model_accuracy = match round.predictions {
            [model] => model.accuracy,
            _ => averaged_accuracy,
        };
        let each = round.predictions.iter().map(|model| model.fold_accuracy);
        Self {
            model_accuracy,
            averaged_accuracy,
            fold_accuracy: each.sum::<f64>() / round.predictions.len() as f64,
            consensus_accuracy: share(round.consensus, &round.truth(&round.pool.labeled)),
            accuracy_all: round.accuracy_all(),
            distribution_entropy: distribution_entropy(round.labels, n_classes),
        }
    }
}

impl Measured<'_> {
    fn truth(&self, examples: &[ExampleId]) -> Vec<Class> {
        examples.iter().map(|example| self.setting.truth[example.at()]).collect()
    }

    fn accuracy_all(&self) -> f64 {
        let mut found = self.consensus.to_vec();
        found.extend(top_classes(&self.combined(|model| &model.pool)));
        let examples = [self.pool.labeled.as_slice(), &self.pool.pool].concat();
        share(&found, &self.truth(&examples))
    }

    /// The weighted sum of the models' probabilities.
    fn combined(&self, part: impl Fn(&Predictions) -> &Array2<f64>) -> Array2<f64> {
        let weight = |model: usize| self.model_weights.map_or(1.0, |weights| weights[model]);
        self.predictions
            .iter()
            .enumerate()
            .map(|(model, predictions)| part(predictions) * weight(model))
            .reduce(|sum, probs| sum + probs)
            .expect("a cell should have at least one model")
    }
}

/// The first class of highest probability of every row.
pub(crate) fn top_classes(probs: &Array2<f64>) -> Vec<Class> {
    probs.rows().into_iter().map(|row| Class(first_max(row) as u16)).collect()
}

/// Share of equal entries; NaN for none.
pub(crate) fn share(found: &[Class], truth: &[Class]) -> f64 {
    let equal = found.iter().zip(truth).filter(|(a, b)| a == b).count();
    equal as f64 / truth.len() as f64
}

/// Normalised entropy of the mean over examples of their label shares, over the classes observed.
fn distribution_entropy(labels: &Labels, n_classes: usize) -> f64 {
    let mut mean = vec![0.0; n_classes];
    for row in 0..labels.n_examples() {
        let given = labels.of_example(ExampleId(row as u32));
        for (_, class) in given {
            mean[class.at()] += 1.0 / given.len() as f64;
        }
    }
    let observed: Vec<f64> =
        mean.into_iter().filter(|&p| p > 0.0).map(|p| p / labels.n_examples() as f64).collect();
    if observed.len() < 2 {
        return 0.0;
    }
    let entropy: f64 = observed.iter().map(|&p| -p * p.max(1e-6).ln()).sum();
    entropy / (observed.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use relabel_scoring::{FrequencyTie, Seed};

    use super::*;
    use crate::config::Protocol;

    /// A model that is right about the first of two test examples, or about both.
    fn predictions(second: f64, accuracy: f64, fold_accuracy: f64) -> Predictions {
        let test = array![[0.9, 0.1], [1.0 - second, second]];
        let labeled = array![[1.0, 0.0]];
        let pool = Array2::zeros((0, 2));
        Predictions { labeled, pool, test, fold_accuracy, accuracy, notes: Vec::new() }
    }

    fn measured(models: &[Predictions]) -> Metrics {
        let setting = Setting {
            n_classes: 2,
            batch: 1,
            relabel: true,
            protocol: Protocol::Corrected,
            ties: FrequencyTie::Rarest,
            seed: Seed(0),
            truth: &[Class(0)],
            test_truth: &[Class(0), Class(1)],
        };
        let event = relabel_scoring::LabelEvent {
            example: ExampleId(0),
            annotator: relabel_scoring::AnnotatorId(0),
            class: Class(0),
            round: relabel_scoring::Round(0),
        };
        let pool = Pool { labeled: vec![ExampleId(0)], pool: Vec::new(), events: vec![event] };
        let labels = pool.labels().expect("one label is enough");
        Metrics::of(&Measured {
            pool: &pool,
            labels: &labels,
            consensus: &[Class(0)],
            predictions: models,
            model_weights: None,
            setting: &setting,
        })
    }

    #[test]
    fn one_model_is_judged_by_its_folds_and_an_ensemble_by_its_mean() {
        let sure = || predictions(0.9, 0.7, 0.6);
        let alone = measured(&[sure()]);
        assert_eq!(alone.model_accuracy, 0.7);
        assert_eq!((alone.averaged_accuracy, alone.fold_accuracy), (1.0, 0.6));
        let wrong = predictions(0.2, 0.5, 0.4);
        let both = measured(&[sure(), wrong]);
        assert_eq!((both.model_accuracy, both.averaged_accuracy), (1.0, 1.0));
        assert_eq!(both.fold_accuracy, 0.5);
    }
}
