//! Derived randomness: a [`Stream`] is a key, not a state. Whoever needs random
//! numbers opens a generator from (seed, purpose, round, fold), so that results
//! depend neither on the order of calls nor on the number of threads.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::{Round, Seed};

/// The key of a sequence of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u64; 4],
}

impl Stream {
    /// The stream of one purpose ("folds", "oracle", ...) in one round and fold.
    /// Purposes that several strategies share must not contain a strategy's name:
    /// strategies are then compared under common random numbers.
    pub fn new(seed: Seed, purpose: &str, round: Round, fold: u32) -> Self {
        let word = u64::from(round.0) << 32 | u64::from(fold);
        Self { key: [seed.0, fnv1a(purpose), word, 0] }
    }

    /// A stream of its own for item `index` (a tree, an epoch, a model).
    pub fn child(self, index: u64) -> Self {
        let [seed, purpose, word, path] = self.key;
        let path = mix(path ^ index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { key: [seed, purpose, word, path] }
    }

    /// The generator at the start of this stream.
    pub fn rng(self) -> ChaCha8Rng {
        let mut seed = [0; 32];
        for (bytes, word) in seed.chunks_exact_mut(8).zip(self.key) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha8Rng::from_seed(seed)
    }
}

/// Uniform on [0, 1) with 53 random bits.
pub fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Uniform on 0..n without modulo bias (Lemire's multiply-and-reject); `n` is at least 1.
pub fn below(rng: &mut impl Rng, n: usize) -> usize {
    let n = n as u64;
    loop {
        let wide = u128::from(rng.next_u64()) * u128::from(n);
        // The remainder costs a division and is below n, so that it is rarely needed.
        if wide as u64 >= n || wide as u64 >= n.wrapping_neg() % n {
            return (wide >> 64) as usize;
        }
    }
}

/// Fisher-Yates shuffle.
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last + 1));
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finaliser of SplitMix64.
fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(stream: Stream) -> u64 {
        stream.rng().next_u64()
    }

    #[test]
    fn every_part_of_the_key_changes_the_numbers_and_nothing_else_does() {
        let base = Stream::new(Seed(1), "folds", Round(2), 3);
        assert_eq!(first(base), first(Stream::new(Seed(1), "folds", Round(2), 3)));
        for other in [
            Stream::new(Seed(2), "folds", Round(2), 3),
            Stream::new(Seed(1), "oracle", Round(2), 3),
            Stream::new(Seed(1), "folds", Round(3), 3),
            Stream::new(Seed(1), "folds", Round(2), 4),
            base.child(0),
            base.child(1),
            base.child(0).child(0),
        ] {
            assert_ne!(first(base), first(other));
        }
        assert_ne!(first(base.child(0)), first(base.child(1)));
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut rng = Stream::new(Seed(0), "test", Round(0), 0).rng();
        let mut counts = [0; 3];
        for _ in 0..30_000 {
            counts[below(&mut rng, 3)] += 1;
        }
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)), "{counts:?}");
    }
}
