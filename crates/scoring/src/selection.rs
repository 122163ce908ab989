//! From scores to a batch: the positions of the lowest ones. A score that is no
//! number comes last.

use crate::{Stream, stream::shuffle};

/// The `batch` positions with the lowest scores, lowest first, ties by position.
pub fn lowest(scores: &[f64], batch: usize) -> Vec<usize> {
    lowest_by(scores, batch, |position| position)
}

/// The same with ties in a random order.
pub fn lowest_random_ties(scores: &[f64], batch: usize, stream: Stream) -> Vec<usize> {
    let mut rank: Vec<usize> = (0..scores.len()).collect();
    shuffle(&mut stream.rng(), &mut rank);
    lowest_by(scores, batch, |position| rank[position])
}

fn lowest_by(scores: &[f64], batch: usize, rank: impl Fn(usize) -> usize) -> Vec<usize> {
    let compare = |&a: &usize, &b: &usize| {
        let (x, y) = (scores[a], scores[b]);
        let by_score = x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()));
        by_score.then_with(|| rank(a).cmp(&rank(b)))
    };
    let mut positions: Vec<usize> = (0..scores.len()).collect();
    if batch < positions.len() {
        if batch > 0 {
            positions.select_nth_unstable_by(batch - 1, compare);
        }
        positions.truncate(batch);
    }
    positions.sort_unstable_by(compare);
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Round, Seed};

    #[test]
    fn ties_go_by_position_and_what_is_no_number_comes_last() {
        let scores = [2.0, f64::NAN, 1.0, 2.0, f64::NEG_INFINITY, 1.0];
        assert_eq!(lowest(&scores, 4), [4, 2, 5, 0]);
        assert_eq!(lowest(&scores, 99), [4, 2, 5, 0, 3, 1]);
        assert!(lowest(&scores, 0).is_empty());
    }

    #[test]
    fn random_ties_keep_the_order_of_different_scores() {
        let scores: Vec<f64> = (0..100).map(|i| f64::from(i / 50)).collect();
        let stream = Stream::new(Seed(3), "test", Round(0), 0);
        let batch = lowest_random_ties(&scores, 60, stream);
        assert!(batch[..50].iter().all(|&at| at < 50) && batch[50..].iter().all(|&at| at >= 50));
        assert!(batch[..50].windows(2).any(|pair| pair[0] > pair[1]));
        assert_eq!(batch, lowest_random_ties(&scores, 60, stream));
    }
}
