//! Label quality by its recorded options, and the tables that it returns.

use relabel_scoring::{
    Compat, ConsensusMethod, LabelQuality, LabelScore, Labels, Note, QualityMethod, QualityOptions,
    label_quality,
};
use serde_json::{Map, Value, json};

use crate::calls::{Call, Outcome, classes};
use crate::input::views;
use crate::reasons::{Failure, failure};

impl Call<'_> {
    fn score_options(&self) -> Map<String, Value> {
        let options = self.options.get("label_quality_score_kwargs");
        options.map_or(Map::new(), |options| options.as_object().unwrap().clone())
    }

    fn quality_options(&self) -> Result<QualityOptions, Failure> {
        self.known_options(&[
            "consensus_method",
            "quality_method",
            "calibrate_probs",
            "return_detailed_quality",
            "return_annotator_stats",
            "return_weights",
            "verbose",
            "label_quality_score_kwargs",
        ]);
        let mut options = QualityOptions { compat: self.compat, ..QualityOptions::default() };
        options.calibrate = self.flag("calibrate_probs", false);
        match self.options.get("consensus_method") {
            None => {}
            Some(Value::Array(names)) => {
                let parse = |name: &Value| name.as_str().unwrap().parse::<ConsensusMethod>();
                options.consensus_methods = names.iter().map(parse).collect::<Result<_, _>>()?;
            }
            Some(name) => options.consensus_methods = vec![name.as_str().unwrap().parse()?],
        }
        if let Some(name) = self.options.get("quality_method") {
            options.quality_method = name.as_str().unwrap().parse()?;
        }
        for (key, value) in self.score_options() {
            match key.as_str() {
                "method" => options.label_score = value.as_str().unwrap().parse()?,
                "adjust_pred_probs" => options.adjust_pred_probs = value.as_bool().unwrap(),
                unknown => panic!("unknown score option {unknown}"),
            }
        }
        Ok(options)
    }

    pub fn label_quality(&self, ensemble: bool) -> Outcome {
        let options = self.quality_options()?;
        if ensemble && self.compat == Compat::Cleanlab29 && !self.score_options().is_empty() {
            // One model is an ensemble only by the name of the function called.
            return Err(failure("score options of an ensemble"));
        }
        let labels = self.labels()?;
        let probs = self.inputs.models("pred_probs", ensemble)?;
        let result = label_quality(&labels, &views(&probs), &options, self.stream)?;
        let detailed = self.flag("return_detailed_quality", true);
        let mut out = json!({ "label_quality": self.label_columns(&labels, &result, &options) });
        if detailed {
            out["detailed_label_quality"] = self.detail_columns(&labels, &result);
        }
        if self.flag("return_annotator_stats", true) {
            out["annotator_stats"] = if detailed {
                self.annotator_columns(&labels, &result)
            } else {
                // There annotators are judged by the plain score unless the
                // scores of their labels are returned as well.
                let plain = QualityOptions {
                    label_score: LabelScore::SelfConfidence,
                    adjust_pred_probs: false,
                    ..options.clone()
                };
                let plain = label_quality(&labels, &views(&probs), &plain, self.stream)?;
                self.annotator_columns(&labels, &plain)
            };
        }
        if self.flag("return_weights", false) {
            // There the weights are those of the last consensus method.
            let (models, annotators) = match result.further.last() {
                Some(last) => (&last.model_weights, &last.annotator_weights),
                None => (&result.model_weights, &result.annotator_weights),
            };
            if models.is_empty() {
                return Err(failure("weights of the agreement method"));
            }
            out["model_weight"] = if ensemble { json!(models) } else { json!(models[0]) };
            out["annotator_weight"] = json!(annotators);
        }
        if self.flag("verbose", true) {
            out["printed"] = printed(&result.notes, options.quality_method);
        }
        Ok(out)
    }

    fn label_columns(
        &self,
        labels: &Labels,
        result: &LabelQuality,
        options: &QualityOptions,
    ) -> Value {
        let mut table = Map::new();
        let mut names = Vec::new();
        let mut add = |name: String, values: Value| {
            names.push(Value::from(name.clone()));
            table.insert(name, values);
        };
        add("consensus_label".into(), classes(&result.consensus));
        add("consensus_quality_score".into(), json!(result.quality));
        add("annotator_agreement".into(), json!(result.annotator_agreement));
        add("num_annotations".into(), json!(result.num_annotations));
        for (further, method) in result.further.iter().zip(&options.consensus_methods[1..]) {
            assert_eq!(further.method, *method);
            let suffix = match method {
                ConsensusMethod::BestQuality => "best_quality",
                ConsensusMethod::MajorityVote => "majority_vote",
            };
            add(format!("consensus_label_{suffix}"), classes(&further.consensus));
            add(format!("consensus_quality_score_{suffix}"), json!(further.quality));
            add(format!("annotator_agreement_{suffix}"), json!(further.annotator_agreement));
        }
        table.insert("columns".into(), Value::Array(names));
        table.insert("index".into(), self.inputs.ids("example_ids", labels.n_examples()).into());
        Value::Object(table)
    }

    fn detail_columns(&self, labels: &Labels, result: &LabelQuality) -> Value {
        let by_place = result.detailed.windows(2).all(|pair| {
            (pair[0].example, pair[0].annotator) < (pair[1].example, pair[1].annotator)
        });
        assert!(by_place, "labels should be scored by example, then annotator");
        let ids = self.inputs.ids("annotator_ids", labels.n_annotators());
        let column = |id: &Value| format!("quality_annotator_{}", plain(id));
        json!({
            "columns": ids.iter().map(column).collect::<Vec<_>>(),
            "values_of_labeled_cells_row_major":
                result.detailed.iter().map(|detail| detail.score).collect::<Vec<_>>(),
        })
    }

    fn annotator_columns(&self, labels: &Labels, result: &LabelQuality) -> Value {
        let ids = self.inputs.ids("annotator_ids", labels.n_annotators());
        let rows = &result.annotator_stats;
        let column = |value: &dyn Fn(&relabel_scoring::AnnotatorStats) -> Value| {
            Value::Array(rows.iter().map(value).collect())
        };
        json!({
            "annotator": column(&|row| ids[row.annotator.at()].clone()),
            "columns": [
                "annotator_quality", "agreement_with_consensus", "worst_class",
                "num_examples_labeled",
            ],
            "annotator_quality": column(&|row| json!(row.quality)),
            "agreement_with_consensus": column(&|row| json!(row.agreement_with_consensus)),
            "worst_class": column(&|row| json!(row.worst_class.0)),
            "num_examples_labeled": column(&|row| json!(row.num_examples_labeled)),
        })
    }
}

fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The notices that the official library prints, by their recorded names. Who
/// shares no example with anyone matters to it for weights alone.
fn printed(notes: &[Note], method: QualityMethod) -> Value {
    let mut names = Vec::new();
    for note in notes {
        let name = match note {
            Note::ClassesLost { .. } => "classes_lost_in_consensus",
            Note::AnnotatorsWithoutOverlap(_) if method == QualityMethod::Crowdlab => {
                "annotators_without_overlap"
            }
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    json!(names)
}
