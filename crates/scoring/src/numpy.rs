//! What numpy does to a row, bit by bit: which of several extremes it finds and in
//! which order it adds. Exact ties, and so consensus labels, can depend on it.

use ndarray::ArrayView1;

/// Position of the first maximum; the first NaN counts as one.
pub fn first_max(row: ArrayView1<'_, f64>) -> usize {
    match row.as_slice() {
        Some(row) => first_extreme(row.iter().copied(), |value, best| value > best),
        None => first_extreme(row.iter().copied(), |value, best| value > best),
    }
}

/// Position of the first minimum; the first NaN counts as one.
pub(crate) fn first_min(values: &[f64]) -> usize {
    first_extreme(values.iter().copied(), |value, best| value < best)
}

fn first_extreme(values: impl Iterator<Item = f64>, beats: impl Fn(f64, f64) -> bool) -> usize {
    let mut found = (0, None);
    for (position, value) in values.enumerate() {
        if value.is_nan() {
            return position;
        }
        if found.1.is_none_or(|best| beats(value, best)) {
            found = (position, Some(value));
        }
    }
    found.0
}

/// The sum, in eight interleaved parts from eight terms on and by halves from 129 on.
pub(crate) fn pairwise_sum(terms: &[f64]) -> f64 {
    if terms.len() < 8 {
        return terms.iter().sum();
    }
    if terms.len() > 128 {
        let middle = terms.len() / 2 / 8 * 8;
        return pairwise_sum(&terms[..middle]) + pairwise_sum(&terms[middle..]);
    }
    let mut parts = [0.0; 8];
    let blocks = terms.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        for (part, term) in parts.iter_mut().zip(block) {
            *part += term;
        }
    }
    let [a, b, c, d, e, f, g, h] = parts;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, term| sum + term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    #[test]
    fn the_first_extreme_wins_unless_something_is_no_number() {
        assert_eq!(first_max(arr1(&[0.2, 0.4, 0.4]).view()), 1);
        assert_eq!(first_max(arr1(&[0.2, f64::NAN, 0.4]).view()), 1);
        assert_eq!(first_min(&[3.0, 1.0, 1.0]), 1);
        assert_eq!(first_min(&[3.0, 1.0, f64::NAN]), 2);
    }

    #[test]
    fn sums_are_those_of_numpy() {
        // numpy.sum(1.0 / numpy.arange(1, n + 1)) of numpy 2.4
        let harmonic =
            |n: u32| pairwise_sum(&(1..=n).map(|i| 1.0 / f64::from(i)).collect::<Vec<_>>());
        assert_eq!(harmonic(7), 2.592_857_142_857_142_5);
        assert_eq!(harmonic(100), 5.187_377_517_639_621);
        assert_eq!(harmonic(1000), 7.485_470_860_550_345);
    }
}
