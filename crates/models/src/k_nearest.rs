//! Nearest neighbours with votes weighted by inverse Euclidean distance, as
//! `sklearn.neighbors.KNeighborsClassifier` with `weights="distance"`: if one of
//! the neighbours lies on the row itself, only such neighbours vote. Neighbours
//! at equal distance are taken in the order of the training rows.

use ndarray::{Array2, ArrayView1};
use relabel_scoring::{Class, Stream};

use crate::table::table_of;
use crate::{Classifier, Features, Fitted, ModelError, Watch};

const NAME: &str = "k-nearest";

/// The vote of the nearest neighbours; with fewer training rows, of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KNearest {
    /// Number of neighbours, 5 in the benchmarks.
    pub neighbors: usize,
}

impl Default for KNearest {
    fn default() -> Self {
        Self { neighbors: 5 }
    }
}

impl Classifier for KNearest {
    fn fit(
        &self,
        x: Features<'_>,
        y: &[Class],
        n_classes: usize,
        _stream: Stream,
        watch: &dyn Watch,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        if watch.stopped() {
            return Err(ModelError::Stopped);
        }
        let table = table_of(x, NAME)?;
        let n_features = table.ncols();
        let mut columns = Vec::with_capacity(x.rows.len() * n_features);
        for feature in 0..n_features {
            columns.extend(x.rows.iter().map(|&row| table[(row as usize, feature)]));
        }
        watch.step(1, 1);
        Ok(Box::new(Neighborhood {
            columns,
            y: y.to_vec(),
            n_classes,
            neighbors: self.neighbors.clamp(1, y.len().max(1)),
        }))
    }
}

/// The training rows, one feature after another.
struct Neighborhood {
    columns: Vec<f64>,
    y: Vec<Class>,
    n_classes: usize,
    neighbors: usize,
}

impl Fitted for Neighborhood {
    fn predict_proba(&self, x: Features<'_>) -> Result<Array2<f64>, ModelError> {
        let table = table_of(x, NAME)?;
        let mut probs = Array2::zeros((x.rows.len(), self.n_classes));
        let mut squares = vec![0.0; self.y.len()];
        let mut nearest = Vec::with_capacity(self.neighbors + 1);
        for (&row, mut votes) in x.rows.iter().zip(probs.rows_mut()) {
            self.square_distances(table.row(row as usize), &mut squares);
            self.pick_nearest(&squares, &mut nearest);
            let on_the_row = nearest.first().is_some_and(|&(square, _)| square == 0.0);
            for &(square, neighbor) in &nearest {
                let weight = match on_the_row {
                    true => f64::from(u8::from(square == 0.0)),
                    false => 1.0 / square.sqrt(),
                };
                votes[self.y[neighbor].at()] += weight;
            }
            votes /= votes.sum();
        }
        Ok(probs)
    }
}

impl Neighborhood {
    fn square_distances(&self, row: ArrayView1<'_, f64>, squares: &mut [f64]) {
        squares.fill(0.0);
        for (&value, column) in row.iter().zip(self.columns.chunks_exact(self.y.len())) {
            for (square, other) in squares.iter_mut().zip(column) {
                *square += (value - other) * (value - other);
            }
        }
    }

    /// The nearest rows and their squared distances, nearest first.
    fn pick_nearest(&self, squares: &[f64], nearest: &mut Vec<(f64, usize)>) {
        nearest.clear();
        for (row, &square) in squares.iter().enumerate() {
            let full = nearest.len() == self.neighbors;
            if full && nearest.last().is_some_and(|&(farthest, _)| square >= farthest) {
                continue;
            }
            let place = nearest.partition_point(|&(other, _)| other <= square);
            nearest.insert(place, (square, row));
            nearest.truncate(self.neighbors);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use relabel_scoring::{Round, Seed};

    use super::*;
    use crate::{FeatureStore, Images, Unwatched};

    fn probabilities(neighbors: usize, points: &[f64], y: &[u16], asked: f64) -> Vec<f64> {
        let mut values = points.to_vec();
        values.push(asked);
        let store = FeatureStore::Table(Array2::from_shape_vec((values.len(), 1), values).unwrap());
        let train: Vec<u32> = (0..y.len() as u32).collect();
        let y: Vec<Class> = y.iter().copied().map(Class).collect();
        let stream = Stream::new(Seed(0), "test", Round(0), 0);
        let x = Features { store: &store, rows: &train };
        let model = KNearest { neighbors }.fit(x, &y, 3, stream, &Unwatched).unwrap();
        let row = [y.len() as u32];
        model.predict_proba(Features { store: &store, rows: &row }).unwrap().row(0).to_vec()
    }

    #[test]
    fn votes_weigh_by_inverse_distance() {
        let probs = probabilities(2, &[1.0, 4.0, 9.0], &[0, 1, 2], 2.0);
        assert!((probs[0] - 2.0 / 3.0).abs() < 1e-12 && (probs[1] - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(probs[2], 0.0);
    }

    #[test]
    fn neighbours_on_the_row_itself_outvote_all_others() {
        let probs = probabilities(4, &[2.0, 2.0, 2.1, 2.1], &[0, 1, 2, 2], 2.0);
        assert_eq!(probs, [0.5, 0.5, 0.0]);
    }

    #[test]
    fn fewer_rows_than_neighbours_all_vote() {
        assert_eq!(probabilities(5, &[1.0, 3.0], &[0, 2], 2.0), [0.5, 0.0, 0.5]);
    }

    #[test]
    fn images_are_refused_with_a_sentence_that_names_both_kinds() {
        let images = Images { pixels: vec![0; 3].into(), channels: 3, height: 1, width: 1 };
        let store = FeatureStore::Images(images);
        let stream = Stream::new(Seed(0), "test", Round(0), 0);
        let x = Features { store: &store, rows: &[0] };
        let error = KNearest::default().fit(x, &[Class(0)], 1, stream, &Unwatched).err().unwrap();
        assert_eq!(error.to_string(), "k-nearest reads a table, the data set holds images");
    }
}
