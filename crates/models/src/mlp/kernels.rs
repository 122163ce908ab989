//! The two products of which the network consists, four at a time: a sum of
//! scaled vectors and inner products. Vectors are whole groups of [`LANES`]
//! numbers, and lanes add up in a fixed order, so that every machine computes
//! the same bits whatever its vector registers are.

/// Scales, vectors and inner products that are computed together.
pub(super) const TILE: usize = 4;

/// A vector's length is a multiple of this.
pub(super) const LANES: usize = 8;

/// `sum += scales[0] * vectors[0] + .. + scales[3] * vectors[3]`; the vectors lie
/// one after another.
#[inline]
pub(super) fn add_scaled(sum: &mut [f32], scales: [f32; TILE], vectors: &[f32]) {
    let [a, b, c, d] = split(vectors, sum.len());
    for ((((sum, a), b), c), d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *sum += (scales[0] * a + scales[1] * b) + (scales[2] * c + scales[3] * d);
    }
}

/// Inner products of `vector` with four vectors that lie one after another.
#[inline]
pub(super) fn inner_products(vector: &[f32], vectors: &[f32]) -> [f32; TILE] {
    split(vectors, vector.len()).map(|other| {
        let mut sums = [0.0; LANES];
        let pairs = vector.as_chunks::<LANES>().0.iter().zip(other.as_chunks::<LANES>().0);
        for (a, b) in pairs {
            sums = std::array::from_fn(|lane| sums[lane] + a[lane] * b[lane]);
        }
        sums.iter().sum()
    })
}

fn split(vectors: &[f32], length: usize) -> [&[f32]; TILE] {
    let mut vectors = vectors.chunks_exact(length);
    std::array::from_fn(|_| vectors.next().expect("four vectors should follow each other"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i * i % 17) as f32 - 8.0).collect()
    }

    #[test]
    fn products_are_those_of_the_definition() {
        let (vector, vectors) = (numbers(16), numbers(64));
        let expected: Vec<f32> = vectors
            .chunks(16)
            .map(|other| vector.iter().zip(other).map(|(a, b)| a * b).sum())
            .collect();
        assert_eq!(inner_products(&vector, &vectors).to_vec(), expected);
    }

    #[test]
    fn sums_are_those_of_the_definition() {
        let (mut sum, vectors, scales) = (numbers(16), numbers(64), [1.0, -2.0, 3.0, 0.5]);
        let expected: Vec<f32> = (0..16)
            .map(|i| sum[i] + (0..4).map(|j| scales[j] * vectors[16 * j + i]).sum::<f32>())
            .collect();
        add_scaled(&mut sum, scales, &vectors);
        assert_eq!(sum, expected);
    }
}
