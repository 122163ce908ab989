//! Every recorded function by its counterpart here; results have the recorded shape.

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    Class, Compat, ConsensusMethod, FrequencyTie, Labels, QualityMethod, QualityOptions, Stream,
    active_lab_with, diagnostics, label_quality, majority_vote, temperature,
    validation::{check_active_lab, check_labels, check_probs, check_ties},
};
use serde_json::{Map, Value, json};

use crate::input::{Inputs, views};
use crate::reasons::{Failure, failure};

/// One call: its inputs, options and how to run it.
pub struct Call<'a> {
    pub function: &'a str,
    pub options: Map<String, Value>,
    pub inputs: &'a Inputs,
    pub compat: Compat,
    pub stream: Stream,
}

pub type Outcome = Result<Value, Failure>;

impl Call<'_> {
    pub fn run(&self) -> Outcome {
        match self.function {
            "get_label_quality_multiannotator" => self.label_quality(false),
            "get_label_quality_multiannotator_ensemble" => self.label_quality(true),
            "get_active_learning_scores" => self.active_lab(false),
            "get_active_learning_scores_ensemble" => self.active_lab(true),
            "get_majority_vote_label" => self.majority_vote(),
            "find_best_temp_scaler" => self.temperatures(),
            "posterior" => self.posterior(),
            "convert_long_to_wide_dataset" => self.long_to_wide(),
            "format_multiannotator_labels" => self.format_labels(),
            unknown => panic!("unknown function {unknown}"),
        }
    }

    pub fn known_options(&self, known: &[&str]) {
        let unknown = self.options.keys().find(|key| !known.contains(&key.as_str()));
        assert!(unknown.is_none(), "unknown option {unknown:?} of {}", self.function);
    }

    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.options.get(name).map_or(default, |value| value.as_bool().unwrap())
    }

    pub fn labels(&self) -> Result<Labels, Failure> {
        self.inputs.labels()?.ok_or(failure("no labels"))
    }

    fn active_lab(&self, ensemble: bool) -> Outcome {
        self.known_options(&[]);
        let labels = self.inputs.labels()?;
        let probs = self.inputs.models("pred_probs", ensemble)?;
        let pool = self.inputs.models("pred_probs_unlabeled", ensemble)?;
        let (probs, pool) = (views(&probs), views(&pool));
        check_active_lab(labels.as_ref(), &probs, &pool, self.compat)?;
        let search = self.search();
        let ties = FrequencyTie::Rarest;
        let scores = active_lab_with(search, labels.as_ref(), &probs, &pool, ties, self.stream);
        Ok(json!({
            "active_learning_scores": scores.labeled,
            "active_learning_scores_unlabeled": scores.pool,
        }))
    }

    fn search(&self) -> relabel_scoring::TemperatureSearch {
        match self.compat {
            Compat::Corrected => temperature::search,
            Compat::Cleanlab29 => temperature::search_cleanlab_2_9,
        }
    }

    pub fn votes(&self, stream: Stream) -> Result<Vec<Class>, Failure> {
        let labels = self.labels()?;
        let models = self.inputs.models("pred_probs", self.inputs.is_ensemble("pred_probs"))?;
        let mean = mean(&models);
        let mean = mean.as_ref().map(|mean| mean.view());
        let verbose = self.flag("verbose", true);
        if verbose {
            check_labels(&labels, self.compat)?;
        }
        if verbose && !models.is_empty() {
            check_probs(&labels, &views(&models), self.compat)?;
        }
        let n_labelled = labels.max_class().map_or(0, |class| class.at() + 1);
        let n_classes = mean.as_ref().map_or(n_labelled, ArrayView2::ncols);
        if n_labelled > n_classes {
            return Err(failure("class without column"));
        }
        check_ties(&labels, mean, n_classes, self.compat)?;
        Ok(majority_vote(&labels, mean, n_classes, FrequencyTie::Rarest, stream))
    }

    fn majority_vote(&self) -> Outcome {
        self.known_options(&["verbose"]);
        Ok(json!({ "consensus_label": classes(&self.votes(self.stream)?) }))
    }

    fn temperatures(&self) -> Outcome {
        self.known_options(&[]);
        let labels = self.labels()?;
        let ensemble = self.inputs.is_ensemble("pred_probs");
        let models = self.inputs.models("pred_probs", ensemble)?;
        let search = self.search();
        let found: Vec<f64> = models.iter().map(|model| search(&labels, model.view())).collect();
        Ok(if ensemble { json!({"temperature": found}) } else { json!({"temperature": found[0]}) })
    }

    /// Both passes of CROWDLAB. What only goes into weights and posterior
    /// (likelihood of the consensus, error of a constant guess) is not public.
    fn posterior(&self) -> Outcome {
        self.known_options(&[]);
        let labels = self.labels()?;
        let ensemble = self.inputs.is_ensemble("pred_probs");
        let models = self.inputs.models("pred_probs", ensemble)?;
        let mut out = json!({
            "num_annotations": labels.examples().map(<[_]>::len).collect::<Vec<_>>(),
            "majority_vote_label": classes(&self.votes(self.stream)?),
            "annotator_agreement_with_annotators": diagnostics::agreement_with_others(&labels),
        });
        for (name, method) in [
            ("majority_vote", ConsensusMethod::MajorityVote),
            ("best_quality", ConsensusMethod::BestQuality),
        ] {
            let options = QualityOptions {
                consensus_methods: vec![method],
                quality_method: QualityMethod::Crowdlab,
                compat: self.compat,
                ..QualityOptions::default()
            };
            let result = label_quality(&labels, &views(&models), &options, self.stream)?;
            let weights = result.model_weights;
            out[name] = json!({
                "consensus_label": classes(&result.consensus),
                "post_pred_probs":
                    result.posterior.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
                "model_weight": if ensemble { json!(weights) } else { json!(weights[0]) },
                "annotator_weight": result.annotator_weights,
            });
        }
        Ok(out)
    }
}

pub fn classes(classes: &[Class]) -> Value {
    json!(classes.iter().map(|class| class.0).collect::<Vec<_>>())
}

fn mean(models: &[Array2<f64>]) -> Option<Array2<f64>> {
    let mut mean = models.first()?.clone();
    models[1..].iter().for_each(|model| mean += model);
    Some(mean / models.len() as f64)
}
