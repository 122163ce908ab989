//! Tables of labels as people keep them: long tables with any ids, wide tables
//! of numbers, and labels that are not yet classes.

use std::collections::BTreeMap;

use crate::{AnnotatorId, Class, ExampleId, Labels, LabelsError};

/// Why a table holds no labels.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// A number that is no class.
    #[error("row {row}, column {column}: {value} is no class; labels are whole numbers from 0 on")]
    NotAClass {
        /// Row of the table.
        row: usize,
        /// Column of the table.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// A row that is longer or shorter than the first.
    #[error("row {row} has {found} cells but row 0 has {expected}; fill the missing ones")]
    Ragged {
        /// Row of the table.
        row: usize,
        /// Its number of cells.
        found: usize,
        /// Number of cells of the first row.
        expected: usize,
    },
    /// More than 65,536 different labels.
    #[error("{found} different labels are too many for classes; is this column a label?")]
    TooManyClasses {
        /// Number of different labels.
        found: usize,
    },
    /// The labels contradict each other.
    #[error(transparent)]
    Labels(#[from] LabelsError),
}

/// Labels with the ids of their rows and columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide<T, A> {
    /// Example ids in order.
    pub example_ids: Vec<T>,
    /// Annotator ids in order.
    pub annotator_ids: Vec<A>,
    /// The labels by position.
    pub labels: Labels,
}

/// A long table of (example, annotator, label) as labels by position; ids are
/// sorted. A row without label still makes its example and annotator known.
///
/// # Errors
/// If an annotator labelled an example twice.
pub fn long_to_wide<T: Ord + Clone, A: Ord + Clone>(
    rows: &[(T, A, Option<Class>)],
) -> Result<Wide<T, A>, FormatError> {
    let example_ids = distinct(rows.iter().map(|(example, _, _)| example));
    let annotator_ids = distinct(rows.iter().map(|(_, annotator, _)| annotator));
    let events = rows.iter().filter_map(|(example, annotator, class)| {
        let example = ExampleId(position(&example_ids, example));
        let annotator = AnnotatorId(position(&annotator_ids, annotator));
        class.map(|class| (example, annotator, class))
    });
    let labels = Labels::from_events(example_ids.len(), annotator_ids.len(), events)?;
    Ok(Wide { example_ids, annotator_ids, labels })
}

fn distinct<'a, T: Ord + Clone + 'a>(values: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut sorted: Vec<&T> = values.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into_iter().cloned().collect()
}

fn position<T: Ord>(sorted: &[T], value: &T) -> u32 {
    sorted.partition_point(|other| other < value) as u32
}

/// A wide table of numbers, missing cells `None` or NaN, as labels.
///
/// # Errors
/// If a number is no class or the rows differ in length.
pub fn labels_from_numbers(rows: &[Vec<Option<f64>>]) -> Result<Labels, FormatError> {
    let n_annotators = rows.first().map_or(0, Vec::len);
    let mut events = Vec::new();
    for (row, cells) in rows.iter().enumerate() {
        if cells.len() != n_annotators {
            return Err(FormatError::Ragged { row, found: cells.len(), expected: n_annotators });
        }
        for (column, value) in cells.iter().enumerate() {
            if let Some(value) = value.filter(|value| !value.is_nan()) {
                let class = class(value).ok_or(FormatError::NotAClass { row, column, value })?;
                events.push((ExampleId(row as u32), AnnotatorId(column as u32), class));
            }
        }
    }
    Ok(Labels::from_events(rows.len(), n_annotators, events)?)
}

fn class(value: f64) -> Option<Class> {
    let whole = value.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&value);
    whole.then_some(Class(value as u16))
}

/// A wide table of classes and the original label of each class.
pub type MappedLabels<L> = (Vec<Vec<Option<Class>>>, Vec<L>);

/// Any labels as classes: the sorted different labels become 0, 1, 2, ...
///
/// # Errors
/// If there are more than 65,536 different labels.
pub fn labels_to_classes<L: Ord + Clone>(
    rows: &[Vec<Option<L>>],
) -> Result<MappedLabels<L>, FormatError> {
    let mapping = distinct(rows.iter().flatten().flatten());
    let found = mapping.len();
    if found > usize::from(u16::MAX) + 1 {
        return Err(FormatError::TooManyClasses { found });
    }
    let classes: BTreeMap<&L, Class> = mapping.iter().zip((0..=u16::MAX).map(Class)).collect();
    let mapped = rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_ref().map(|label| classes[label])).collect())
        .collect();
    Ok((mapped, mapping))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn long_tables_are_sorted_by_id_and_keep_the_unlabelled() {
        let rows = [
            ("b", 7, Some(Class(1))),
            ("a", 7, Some(Class(0))),
            ("c", 3, None),
            ("a", 5, Some(Class(2))),
        ];
        let wide = long_to_wide(&rows).unwrap();
        assert_eq!((wide.example_ids, wide.annotator_ids), (vec!["a", "b", "c"], vec![3, 5, 7]));
        let first = [(AnnotatorId(1), Class(2)), (AnnotatorId(2), Class(0))];
        assert_eq!(wide.labels.of_example(ExampleId(0)), first);
        assert!(wide.labels.of_example(ExampleId(2)).is_empty());
        let twice = long_to_wide(&[("a", 1, Some(Class(1))), ("a", 1, Some(Class(1)))]);
        assert!(matches!(twice, Err(FormatError::Labels(LabelsError::Twice { .. }))));
    }

    #[test]
    fn numbers_that_are_no_classes_are_refused_with_their_place() {
        for value in [-1.0, 0.5, f64::INFINITY, 65536.0] {
            let error = labels_from_numbers(&[vec![Some(0.0), None], vec![None, Some(value)]]);
            assert_eq!(error, Err(FormatError::NotAClass { row: 1, column: 1, value }));
        }
        let ragged = labels_from_numbers(&[vec![Some(0.0)], vec![]]);
        assert_eq!(ragged, Err(FormatError::Ragged { row: 1, found: 0, expected: 1 }));
        assert_eq!(labels_from_numbers(&[vec![Some(f64::NAN), Some(1.0)]]).unwrap().n_labels(), 1);
    }

    #[test]
    fn labels_become_classes_in_their_order() {
        let rows = [vec![Some("dog"), None], vec![Some("cat"), Some("dog")]];
        let (classes, mapping) = labels_to_classes(&rows).unwrap();
        assert_eq!(mapping, ["cat", "dog"]);
        assert_eq!(classes, [[Some(Class(1)), None], [Some(Class(0)), Some(Class(1))]]);
    }
}
