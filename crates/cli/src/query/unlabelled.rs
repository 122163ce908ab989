//! Examples without labels: rows of the label table that nobody labelled yet, and
//! the pool. Both are scored together, so that it does not matter which way an
//! example was given.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView2, Axis, CowArray, Ix2, concatenate};
use relabel_scoring::Labels;

/// The rows of a label table, parted by whether they have labels.
#[derive(Default)]
pub struct Rows {
    /// Positions of the rows with labels.
    pub labelled: Vec<usize>,
    /// Positions of the rows without.
    pub unlabelled: Vec<usize>,
}

impl Rows {
    pub fn of(labels: &Labels) -> Self {
        let (labelled, unlabelled) = labels.parted();
        Self { labelled, unlabelled }
    }

    /// The labels of the rows that have some, copied only if there are others.
    pub fn labels_of<'a>(&self, labels: &'a Labels) -> Cow<'a, Labels> {
        match self.unlabelled.is_empty() {
            true => Cow::Borrowed(labels),
            false => Cow::Owned(labels.of_examples(&self.labelled)),
        }
    }

    /// The probabilities of the rows with labels, copied only if there are others.
    pub fn labelled_of<'a>(&self, probs: &[ArrayView2<'a, f64>]) -> Vec<CowArray<'a, f64, Ix2>> {
        let select = |model: &ArrayView2<'a, f64>| match self.unlabelled.is_empty() {
            true => CowArray::from(*model),
            false => model.select(Axis(0), &self.labelled).into(),
        };
        probs.iter().map(select).collect()
    }

    /// The probabilities of the rows without labels; none if there are no such rows.
    pub fn unlabelled_of(&self, probs: &[ArrayView2<'_, f64>]) -> Vec<Array2<f64>> {
        let models = if self.unlabelled.is_empty() { &[] } else { probs };
        models.iter().map(|model| model.select(Axis(0), &self.unlabelled)).collect()
    }

    /// Scores in the order of the table.
    pub fn in_order(&self, labelled: &[f64], unlabelled: &[f64]) -> Vec<f64> {
        let mut scores = vec![0.0; self.labelled.len() + self.unlabelled.len()];
        let places = self.labelled.iter().chain(&self.unlabelled);
        places.zip(labelled.iter().chain(unlabelled)).for_each(|(&at, &score)| scores[at] = score);
        scores
    }
}

/// Per model the rows of the table, then those of the pool.
pub fn joined<'a>(
    table: &'a [Array2<f64>],
    pool: &[ArrayView2<'a, f64>],
) -> Vec<CowArray<'a, f64, Ix2>> {
    match (table, pool) {
        ([], pool) => pool.iter().map(|model| CowArray::from(*model)).collect(),
        (table, []) => table.iter().map(CowArray::from).collect(),
        _ => {
            let both = |(table, pool): (&Array2<f64>, &ArrayView2<'_, f64>)| {
                let rows = concatenate(Axis(0), &[table.view(), *pool]);
                rows.expect("table and pool should have as many classes").into()
            };
            table.iter().zip(pool).map(both).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn scores_come_back_to_the_rows_they_are_of() {
        let rows = Rows { labelled: vec![1, 3], unlabelled: vec![0, 2] };
        assert_eq!(rows.in_order(&[0.1, 0.3], &[0.0, 0.2]), [0.0, 0.1, 0.2, 0.3]);
        let probs = array![[0.0], [1.0], [2.0], [3.0]];
        assert_eq!(rows.labelled_of(&[probs.view()])[0], array![[1.0], [3.0]]);
        let table = rows.unlabelled_of(&[probs.view()]);
        assert_eq!(table[0], array![[0.0], [2.0]]);
        let pool = array![[7.0]];
        assert_eq!(joined(&table, &[pool.view()])[0], array![[0.0], [2.0], [7.0]]);
        assert_eq!(joined(&table, &[])[0], table[0]);
        assert_eq!(joined(&[], &[pool.view()])[0], pool);
    }
}
