//! The thirty synthetic annotators. As published they share one noise matrix, so
//! that nobody is better than anybody else; a heterogeneous crowd has a skill and
//! a noise matrix each.

use relabel_scoring::Class;

use crate::noise::{NoiseMatrix, noise_matrix, noisy_labels};
use crate::numpy_random::RandomState;

/// Skills lie at most this far from the mean, so that the worst still beats chance.
const SPREAD: f64 = 0.2;

/// How the annotators of a synthetic crowd differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrowdKind {
    /// All share one noise matrix, as in the published data.
    #[default]
    Identical,
    /// Each has a skill and a noise matrix of its own; the mean skill is the same.
    Heterogeneous,
}

/// Annotators and the generator as they leave it.
pub(super) struct Crowd {
    pub rng: RandomState,
    /// One for each annotator, or one that all share.
    pub noise: Vec<NoiseMatrix>,
    pub annotators: Vec<Vec<Class>>,
}

impl Crowd {
    /// `n` annotators who are right in `accuracy` of the cases on average over classes.
    pub fn new(
        kind: CrowdKind,
        rng: RandomState,
        accuracy: f64,
        truth: &[Class],
        shares: &[f64],
        n: usize,
    ) -> Self {
        let mut crowd = Self { rng, noise: Vec::new(), annotators: Vec::new() };
        match kind {
            CrowdKind::Identical => {
                crowd.draw_noise(accuracy, shares);
                (0..n).for_each(|_| crowd.label(truth));
            }
            CrowdKind::Heterogeneous => {
                let order = crowd.rng.permutation(n);
                for place in order {
                    crowd.draw_noise(skill(place, n, accuracy), shares);
                    crowd.label(truth);
                }
            }
        }
        crowd
    }

    fn draw_noise(&mut self, accuracy: f64, shares: &[f64]) {
        let trace = accuracy * shares.len() as f64;
        self.noise.push(noise_matrix(&mut self.rng, trace, shares));
    }

    /// One more annotator, with the last noise matrix.
    fn label(&mut self, truth: &[Class]) {
        let noise = self.noise.last().expect("a crowd should draw its noise first");
        self.annotators.push(noisy_labels(&mut self.rng, truth, noise));
    }
}

/// Evenly spread skills around `mean`, the best at most 1.
fn skill(place: usize, n: usize, mean: f64) -> f64 {
    let reach = SPREAD.min(1.0 - mean);
    let position = (place as f64 + 0.5) / n as f64; // from 0 to 1
    mean + reach * (2.0 * position - 1.0)
}
