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
        Self { state, used: WORDS }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == WORDS {
            self.refill();
        }
        let mut bits = self.state[self.used];
        self.used += 1;
        bits ^= bits >> 11;
        bits ^= bits << 7 & 0x9d2c_5680;
        bits ^= bits << 15 & 0xefc6_0000;
        bits ^ bits >> 18
    }

    fn refill(&mut self) {
        for i in 0..WORDS {
            let joined = self.state[i] & 0x8000_0000 | self.state[(i + 1) % WORDS] & 0x7fff_ffff;
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + SHIFT) % WORDS] ^ joined >> 1 ^ twist;
        }
        self.used = 0;
    }

    /// Uniform on [0, 1) with 53 random bits (`random_sample`, `rand`, `uniform`).
    pub fn uniform(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// Uniform on `0..=max`: random bits under a mask, until they are not above `max`.
    pub fn up_to(&mut self, max: u32) -> u32 {
        if max == 0 {
            return 0;
        }
        let mask = u32::MAX >> max.leading_zeros();
        loop {
            let value = self.next_u32() & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// Fisher-Yates shuffle from the end.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.up_to(last as u32) as usize);
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
    #[test]
    fn draws() {
        let mut rng = RandomState::new(0);
        assert_eq!(rng.uniform(), 0.548_813_503_927_324_8);
        assert_eq!(RandomState::new(5489).next_u32(), 3_499_211_612);
    }
}
