//! Every recorded function by its counterpart here; results have the recorded shape.

use ndarray::{Array2, ArrayView2};
use relabel_scoring::{
    Class, Compat, ConsensusMethod, FrequencyTie, LabelQuality, LabelScore, Labels, Note,
    QualityMethod, QualityOptions, Stream, active_lab_with, diagnostics,
    format::{labels_to_classes, long_to_wide},
    label_quality, majority_vote, temperature,
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

type Outcome = Result<Value, Failure>;

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

    fn known_options(&self, known: &[&str]) {
        let unknown = self.options.keys().find(|key| !known.contains(&key.as_str()));
        assert!(unknown.is_none(), "unknown option {unknown:?} of {}", self.function);
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.options.get(name).map_or(default, |value| value.as_bool().unwrap())
    }

    fn labels(&self) -> Result<Labels, Failure> {
        self.inputs.labels()?.ok_or(failure("no labels"))
    }

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

    fn label_quality(&self, ensemble: bool) -> Outcome {
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

    fn long_to_wide(&self) -> Outcome {
        self.known_options(&[]);
        let long = self.inputs.get("long").ok_or(failure("no table"))?;
        let column = |name| long.get(name).and_then(Value::as_array).ok_or(failure("no column"));
        let (tasks, annotators) = (column("task")?, column("annotator")?);
        let mut rows = Vec::new();
        for ((task, annotator), label) in tasks.iter().zip(annotators).zip(column("label")?) {
            let class = label.as_f64().map(|label| Class(label as u16));
            rows.push((Key::new(task), Key::new(annotator), class));
        }
        let wide = long_to_wide(&rows)?;
        let mut cells = vec![vec![Value::Null; wide.annotator_ids.len()]; wide.example_ids.len()];
        for (row, given) in cells.iter_mut().zip(wide.labels.examples()) {
            given.iter().for_each(|(annotator, class)| row[annotator.at()] = json!(class.0));
        }
        Ok(json!({
            "example_ids": wide.example_ids.iter().map(Key::value).collect::<Vec<_>>(),
            "annotator_ids": wide.annotator_ids.iter().map(Key::value).collect::<Vec<_>>(),
            "labels": cells,
        }))
    }

    fn format_labels(&self) -> Outcome {
        self.known_options(&[]);
        let rows = self.inputs.get("raw_labels").ok_or(failure("no table"))?;
        let cell = |cell: &Value| (!cell.is_null() && cell != "nan").then(|| Key::new(cell));
        let row = |row: &Value| row.as_array().unwrap().iter().map(cell).collect();
        let rows: Vec<Vec<Option<Key>>> = rows.as_array().unwrap().iter().map(row).collect();
        let (classes, mapping) = labels_to_classes(&rows)?;
        let cell = |class: &Option<Class>| class.map_or(Value::Null, |class| json!(class.0));
        let row = |row: &Vec<Option<Class>>| row.iter().map(cell).collect::<Vec<_>>();
        Ok(json!({
            "labels": classes.iter().map(row).collect::<Vec<_>>(),
            "mapping": mapping.iter().map(Key::value).collect::<Vec<_>>(),
        }))
    }
}

/// An id or a label as recorded: numbers by value, then text by code point.
#[derive(Clone, Debug)]
struct Key(Value);

impl Key {
    fn new(value: &Value) -> Self {
        Self(value.clone())
    }

    fn value(&self) -> Value {
        self.0.clone()
    }

    fn parts(&self) -> (bool, f64, &str) {
        let text = self.0.as_str();
        (text.is_some(), self.0.as_f64().unwrap_or(0.0), text.unwrap_or(""))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (a, b) = (self.parts(), other.parts());
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(b.2))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

fn classes(classes: &[Class]) -> Value {
    json!(classes.iter().map(|class| class.0).collect::<Vec<_>>())
}

fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn mean(models: &[Array2<f64>]) -> Option<Array2<f64>> {
    let mut mean = models.first()?.clone();
    models[1..].iter().for_each(|model| mean += model);
    Some(mean / models.len() as f64)
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
