//! Long tables and labels of any kind, made into wide tables of classes.

use relabel_scoring::{
    Class,
    format::{labels_to_classes, long_to_wide},
};
use serde_json::{Value, json};

use crate::calls::{Call, Outcome};
use crate::reasons::failure;

impl Call<'_> {
    pub fn long_to_wide(&self) -> Outcome {
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

    pub fn format_labels(&self) -> Outcome {
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
