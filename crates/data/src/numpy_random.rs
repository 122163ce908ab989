//! The random numbers of numpy's legacy `RandomState`, draw for draw, so that
//! data sets made with it can be rebuilt exactly. Generator: Matsumoto and
//! Nishimura, "Mersenne Twister", 1998, with the initialisation of 2002.
//! Only published data is rebuilt with it; everything else draws from a `Stream`.

/// Words of the generator's state, and how far apart the words are that it mixes.
const WORDS: usize = 624;
const SHIFT: usize = 397;

/// A generator that is carried from draw to draw.
#[derive(Clone, Debug)]
pub struct RandomState {
    state: [u32; WORDS],
    output: [u32; WORDS],
    used: usize,
}

impl RandomState {
    /// The generator that numpy seeds with this integer.
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; WORDS];
        for i in 1..WORDS {
            let previous = state[i - 1] ^ state[i - 1] >> 30;
            state[i] = previous.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, output: [0; WORDS], used: WORDS }
    }

    /// 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.used == WORDS {
            self.refill();
        }
        let bits = self.output[self.used];
        self.used += 1;
        bits
    }

    /// All words of the next state, and the output of each.
    fn refill(&mut self) {
        let state = &mut self.state;
        for i in 0..WORDS - SHIFT {
            state[i] = twist(state[i], state[i + 1], state[i + SHIFT]);
        }
        for i in WORDS - SHIFT..WORDS - 1 {
            state[i] = twist(state[i], state[i + 1], state[i + SHIFT - WORDS]);
        }
        state[WORDS - 1] = twist(state[WORDS - 1], state[0], state[SHIFT - 1]);
        self.output = state.map(temper);
        self.used = 0;
    }

    /// Uniform on [0, 1) with 53 random bits (`random_sample`, `rand`, `uniform`).
    pub fn uniform(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// Fisher-Yates shuffle from the end; the partner of a position is drawn as
    /// random bits under a mask, again and again until it is not beyond it.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        let mut last = items.len().saturating_sub(1);
        while last > 0 {
            let mask = usize::MAX >> last.leading_zeros();
            let partner = self.next_u32() as usize & mask;
            let accepted = partner <= last;
            // Swapping a refused position with itself spares a branch that is hard to predict.
            items.swap(last, if accepted { partner } else { last });
            last -= usize::from(accepted);
        }
    }

    /// `0..n` in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut items: Vec<usize> = (0..n).collect();
        self.shuffle(&mut items);
        items
    }

    /// `size` different numbers of `0..n` (`choice` without replacement).
    pub fn choice(&mut self, n: usize, size: usize) -> Vec<usize> {
        let mut items = self.permutation(n);
        items.truncate(size);
        items
    }

    /// Exponential with mean 1; equal to `standard_gamma` of shape 1.
    pub fn standard_exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Dirichlet with all `n` parameters 1: uniform on the simplex.
    pub fn flat_dirichlet(&mut self, n: usize) -> Vec<f64> {
        let draws: Vec<f64> = (0..n).map(|_| self.standard_exponential()).collect();
        let scale = 1.0 / draws.iter().sum::<f64>();
        draws.into_iter().map(|draw| draw * scale).collect()
    }
}

fn twist(word: u32, next: u32, far: u32) -> u32 {
    let joined = word & 0x8000_0000 | next & 0x7fff_ffff;
    let feedback = (joined & 1) * 0x9908_b0df;
    far ^ joined >> 1 ^ feedback
}

fn temper(mut bits: u32) -> u32 {
    bits ^= bits >> 11;
    bits ^= bits << 7 & 0x9d2c_5680;
    bits ^= bits << 15 & 0xefc6_0000;
    bits ^ bits >> 18
}

/// (train rows, test rows) of `n` rows as scikit-learn's `train_test_split` takes
/// them: one permutation, the first `ceil(test_size * n)` rows to the test side.
pub fn train_test_split(n: usize, test_size: f64, random_state: u32) -> (Vec<usize>, Vec<usize>) {
    let n_test = (test_size * n as f64).ceil() as usize;
    let mut test = RandomState::new(random_state).permutation(n);
    let train = test.split_off(n_test);
    (train, test)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Numbers of numpy 2.4: `RandomState(0)`, one method after the other.
    #[test]
    fn every_method_continues_the_same_sequence_as_in_numpy() {
        let mut rng = RandomState::new(0);
        assert_eq!(rng.uniform(), 0.548_813_503_927_324_8);
        assert_eq!(rng.permutation(10), [2, 8, 4, 9, 1, 6, 7, 3, 0, 5]);
        assert_eq!(rng.choice(7, 3), [3, 1, 2]);
        let simplex = [0.496_328_567_926_140_44, 0.238_112_424_005_784_92, 0.265_559_008_068_074_5];
        for (found, expected) in rng.flat_dirichlet(3).into_iter().zip(simplex) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        assert_eq!(rng.next_u32(), 3_975_407_269);
    }

    #[test]
    fn the_sequence_survives_many_refills() {
        let mut rng = RandomState::new(111);
        assert_eq!(rng.permutation(5000)[..5], [960, 3622, 4072, 1233, 3390]);
        assert!((rng.flat_dirichlet(4)[0] - 0.108_791_498_237_055_57).abs() < 1e-15);
    }

    /// scikit-learn 1.9: `train_test_split(range(11), test_size=1/3, random_state=456)`.
    #[test]
    fn a_split_is_the_one_of_scikit_learn() {
        let (train, test) = train_test_split(11, 1.0 / 3.0, 456);
        assert_eq!(test, [0, 2, 1, 3]);
        assert_eq!(train, [6, 7, 8, 10, 4, 9, 5]);
    }
}
