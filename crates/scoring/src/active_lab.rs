//! ActiveLab (arXiv 2301.11856): how sure is the consensus label of an example,
//! shrunk towards not knowing as if one more average annotator had answered at
//! random? Low scores deserve the next label. Labelled examples and the pool are
//! scored on one scale.

use ndarray::{Array2, ArrayView2, Axis};

use crate::{
    AnnotatorId, Class, ExampleId, FrequencyTie, Labels, Stream,
    blocks::map_rows,
    crowdlab::{Agreed, mean_of_models},
    majority_vote,
    numpy::first_max,
    strategy::mix,
    temperature::{self, fill_scaled},
    trust::Evidence,
};

/// ActiveLab scores; lower = label sooner.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveLabScores {
    /// One score per labelled example.
    pub labeled: Vec<f64>,
    /// One score per pool example.
    pub pool: Vec<f64>,
    /// Temperature of each model, 1 where none was fitted.
    pub temperatures: Vec<f64>,
    /// Weight of each model.
    pub model_weights: Vec<f64>,
}

/// How a model's temperature is fitted.
pub type TemperatureSearch = fn(&Labels, ArrayView2<'_, f64>) -> f64;

/// Scores labelled examples (`labels` with `probs`, one `[N, K]` array per
/// model) and a pool (`pool`, one `[N_pool, K]` array per model). Either part may
/// be absent: `labels` is `None`, or `pool` is empty.
pub fn active_lab(
    labels: Option<&Labels>,
    probs: &[ArrayView2<'_, f64>],
    pool: &[ArrayView2<'_, f64>],
    ties: FrequencyTie,
    stream: Stream,
) -> ActiveLabScores {
    active_lab_with(temperature::search, labels, probs, pool, ties, stream)
}

/// [`active_lab`] with another way to fit temperatures, such as
/// [`temperature::search_cleanlab_2_9`].
pub fn active_lab_with(
    search: TemperatureSearch,
    labels: Option<&Labels>,
    probs: &[ArrayView2<'_, f64>],
    pool: &[ArrayView2<'_, f64>],
    ties: FrequencyTie,
    stream: Stream,
) -> ActiveLabScores {
    let found = match labels.filter(|_| !probs.is_empty()) {
        Some(labels) => ActiveLab::fit(search, labels, probs, ties, stream),
        None => ActiveLab::untrained(pool.len()),
    };
    let pool = if pool.is_empty() { Vec::new() } else { found.pool_scores(pool, ties, stream) };
    let ActiveLab { labeled, temperatures, model_weights, .. } = found;
    ActiveLabScores { labeled, pool, temperatures, model_weights }
}

/// Scores of labelled examples, and what a pool is scored with.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveLab {
    /// One score per labelled example; one that has no labels after all is scored as in a pool.
    pub labeled: Vec<f64>,
    /// Temperature of each model, 1 where none was fitted.
    pub temperatures: Vec<f64>,
    /// Weight of each model.
    pub model_weights: Vec<f64>,
    /// Weight of each annotator; empty if no example has two labels to compare them by.
    pub annotator_weights: Vec<f64>,
    /// The mean over the annotators with labels.
    pub mean_annotator_weight: f64,
    /// How many consensus labels are not those of the majority vote.
    pub n_overruled: usize,
}

impl ActiveLab {
    /// Scores labelled examples; `probs` holds one `[N, K]` array per model, at least one.
    pub fn fit(
        search: TemperatureSearch,
        labels: &Labels,
        probs: &[ArrayView2<'_, f64>],
        ties: FrequencyTie,
        stream: Stream,
    ) -> Self {
        let mut found = if labels.has_overlap() {
            several_labels(search, labels, probs, ties, stream)
        } else {
            single_labels(labels, probs)
        };
        found.score_unlabelled(labels, probs, ties, stream);
        found
    }

    /// An example of the labelled part that has no labels is scored as one of a pool.
    fn score_unlabelled(
        &mut self,
        labels: &Labels,
        probs: &[ArrayView2<'_, f64>],
        ties: FrequencyTie,
        stream: Stream,
    ) {
        let (_, without) = labels.parted();
        if without.is_empty() {
            return;
        }
        let pool: Vec<_> = probs.iter().map(|model| model.select(Axis(0), &without)).collect();
        let views: Vec<_> = pool.iter().map(|model| model.view()).collect();
        for (row, score) in without.into_iter().zip(self.pool_scores(&views, ties, stream)) {
            self.labeled[row] = score;
        }
    }

    /// Without labelled examples nothing is known: everyone is trusted alike.
    pub fn untrained(n_models: usize) -> Self {
        Self {
            labeled: Vec::new(),
            temperatures: vec![1.0; n_models],
            model_weights: vec![1.0; n_models],
            annotator_weights: Vec::new(),
            mean_annotator_weight: 1.0,
            n_overruled: 0,
        }
    }

    /// Scores a pool by the same models, one `[N, K]` array per model.
    pub fn pool_scores(
        &self,
        pool: &[ArrayView2<'_, f64>],
        ties: FrequencyTie,
        stream: Stream,
    ) -> Vec<f64> {
        let (n, k) = pool[0].dim();
        let total: f64 = self.model_weights.iter().sum();
        let score = |confidence: f64| mix(confidence / total, total, self.mean_annotator_weight, k);
        if let ([model], [temperature], [weight]) =
            (pool, &self.temperatures[..], &self.model_weights[..])
        {
            let fill = |rows, block: &mut [f64]| fill_scaled(*model, *temperature, rows, block);
            return map_rows((n, k), fill, |_, row| score(weight * row[first_max(row.into())]));
        }
        let scaled = scale_all(pool, &self.temperatures);
        let views: Vec<_> = scaled.iter().map(|model| model.view()).collect();
        let votes = model_votes(&views, ties, stream).into_iter().enumerate();
        let confidence = |(row, class): (usize, Class)| {
            let of_model = |(model, weight): (&Array2<f64>, f64)| weight * model[[row, class.at()]];
            scaled.iter().zip(self.model_weights.iter().copied()).map(of_model).sum()
        };
        votes.map(|vote| score(confidence(vote))).collect()
    }
}

fn scale_all(models: &[ArrayView2<'_, f64>], temperatures: &[f64]) -> Vec<Array2<f64>> {
    models.iter().zip(temperatures).map(|(model, &t)| temperature::scale(*model, t)).collect()
}

/// The class that most models call the most likely, ties by their mean probability.
pub fn model_votes(
    models: &[ArrayView2<'_, f64>],
    ties: FrequencyTie,
    stream: Stream,
) -> Vec<Class> {
    let (n, k) = models[0].dim();
    if let [model] = models {
        return model.rows().into_iter().map(|row| Class(first_max(row) as u16)).collect();
    }
    let votes = models.iter().zip(0..).flat_map(|(model, annotator)| {
        model.rows().into_iter().zip(0..).map(move |(row, example)| {
            (ExampleId(example), AnnotatorId(annotator), Class(first_max(row) as u16))
        })
    });
    let votes = Labels::from_events(n, models.len(), votes.collect::<Vec<_>>())
        .expect("one vote per model and example should be valid");
    majority_vote(&votes, Some(mean_of_models(models).view()), k, ties, stream)
}

fn several_labels(
    search: TemperatureSearch,
    labels: &Labels,
    probs: &[ArrayView2<'_, f64>],
    ties: FrequencyTie,
    stream: Stream,
) -> ActiveLab {
    let k = probs[0].ncols();
    let temperatures: Vec<f64> = probs.iter().map(|model| search(labels, *model)).collect();
    let scaled = scale_all(probs, &temperatures);
    let views: Vec<_> = scaled.iter().map(|model| model.view()).collect();
    let evidence = Evidence::new(labels, &views);
    let Agreed { consensus, trust, n_overruled } = Agreed::new(&evidence, ties, stream);
    let mean_annotator_weight = mean_weight(labels, &trust.annotators);
    let models: f64 = trust.models.iter().sum();
    let fill = |rows, block: &mut [f64]| trust.fill(&evidence, rows, block);
    let labeled = map_rows(evidence.dim(), fill, |row, posterior| {
        let given = labels.of_example(ExampleId(row as u32));
        let annotators: f64 = given.iter().map(|(id, _)| trust.annotators[id.at()]).sum();
        let quality = posterior[consensus[row].at()];
        mix(quality, annotators + models, mean_annotator_weight, k)
    });
    ActiveLab {
        labeled,
        temperatures,
        model_weights: trust.models,
        annotator_weights: trust.annotators,
        mean_annotator_weight,
        n_overruled,
    }
}

/// w̄, the mean over the annotators with labels.
fn mean_weight(labels: &Labels, weights: &[f64]) -> f64 {
    let counts = labels.labels_per_annotator();
    let active = counts.iter().zip(weights).filter(|(n_labels, _)| **n_labels > 0);
    let (sum, n) = active.fold((0.0, 0_u32), |(sum, n), (_, weight)| (sum + weight, n + 1));
    sum / f64::from(n)
}

/// One label each: nobody can be compared, so label and models weigh the same.
fn single_labels(labels: &Labels, probs: &[ArrayView2<'_, f64>]) -> ActiveLab {
    let k = probs[0].ncols();
    let n_models = probs.len() as f64;
    let labeled = labels
        .examples()
        .enumerate()
        .map(|(row, given)| {
            let [(_, class), ..] = given else { return f64::NAN };
            let quality = probs.iter().map(|model| model[[row, class.at()]]).sum::<f64>();
            mix(quality / n_models, n_models + 1.0, 1.0, k)
        })
        .collect();
    ActiveLab { labeled, ..ActiveLab::untrained(probs.len()) }
}
