//! Training images are distorted at random: mirrored, shifted with a reflected
//! border, a square wiped out, two mixed. What happens to which image is drawn
//! here, from derived streams, for both engines; how a distortion reads its
//! pixels is defined by [`Distortion::source`], also for both.

use relabel_scoring::Stream;
use relabel_scoring::stream::{below, uniform};

use super::named::Named;
use super::recipe::Recipe;

/// How training images are mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flip {
    /// Never.
    Never,
    /// Each time with probability one half.
    Random,
    /// At random in the first epoch, then every other epoch: both views of an
    /// image are seen equally often (airbench).
    Alternating,
}

impl Named for Flip {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Never, "never"), (Self::Random, "random"), (Self::Alternating, "alternating")];
}

/// How one training image is distorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distortion {
    /// Rows that the window moves down.
    pub down: i16,
    /// Columns that the window moves to the right.
    pub right: i16,
    /// Whether left and right are swapped.
    pub mirrored: bool,
    /// The square that is wiped out of the result.
    pub hole: Hole,
}

/// Output rows `top..top + side` and columns `left..left + side`; may reach over the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// First row.
    pub top: i16,
    /// First column.
    pub left: i16,
    /// Rows and columns; 0 for no hole.
    pub side: i16,
}

impl Distortion {
    /// The image as it is.
    pub const NONE: Self =
        Self { down: 0, right: 0, mirrored: false, hole: Hole { top: 0, left: 0, side: 0 } };

    /// The image and its mirror image.
    pub fn view(mirrored: bool) -> Self {
        Self { mirrored, ..Self::NONE }
    }

    /// Which pixel `[row, column]` of an image of `[height, width]` is seen at
    /// `row`, `column` of the result; none where it is wiped out, which means
    /// the mean colour: 0 after standardising.
    pub fn source(
        &self,
        [row, column]: [usize; 2],
        [height, width]: [usize; 2],
    ) -> Option<[usize; 2]> {
        if self.hole.covers(row, column) {
            return None;
        }
        let column = if self.mirrored { width - 1 - column } else { column };
        Some([reflected(row, self.down, height), reflected(column, self.right, width)])
    }
}

impl Hole {
    /// Whether `row`, `column` of the result is wiped out.
    pub fn covers(&self, row: usize, column: usize) -> bool {
        let within = |at: usize, first: i16| {
            let at = at as i16 - first;
            at >= 0 && at < self.side
        };
        within(row, self.top) && within(column, self.left)
    }
}

/// `at + shift`, reflected at the first and the last of `n` without repeating them.
pub fn reflected(at: usize, shift: i16, n: usize) -> usize {
    let last = n as isize - 1;
    let place = (at as isize + isize::from(shift)).abs();
    let place = if place > last { 2 * last - place } else { place };
    place.clamp(0, last) as usize
}

/// Which images a step trains on and what is done to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Rows of the image store.
    pub rows: Vec<u32>,
    /// One per row.
    pub distortions: Vec<Distortion>,
    /// Class probabilities `[rows, n_classes]`, smoothed and mixed.
    pub targets: Vec<f32>,
    /// Mixup, if any: distorted image i becomes `share` times itself plus the
    /// rest times distorted image `partners[i]` of the batch.
    pub mix: Option<Mix>,
}

/// Mixup of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// Weight of the image itself, at least one half.
    pub share: f32,
    /// Positions in the batch.
    pub partners: Vec<u32>,
}

/// What draws the distortions of a fit.
#[derive(Clone, Copy, Debug)]
pub struct Augmenter<'a> {
    /// Which distortions.
    pub recipe: &'a Recipe,
    /// `[height, width]` of the images.
    pub size: [usize; 2],
    /// The fit's stream of distortions.
    pub stream: Stream,
}

impl Augmenter<'_> {
    /// The distortion of the training row at position `row` when it is seen for
    /// the `epoch`-th time.
    pub fn distortion(&self, row: usize, epoch: usize) -> Distortion {
        let Recipe { flip, crop, cutout, .. } = *self.recipe;
        let stream = self.stream.child(row as u64);
        let mut rng = stream.child(1 + epoch as u64).rng();
        let [height, width] = self.size;
        let mut shift = |n: usize| {
            let reach = crop.min(n - 1);
            (below(&mut rng, 2 * reach + 1) as isize - reach as isize) as i16
        };
        let (down, right) = (shift(height), shift(width));
        let mirrored = match flip {
            Flip::Never => false,
            Flip::Random => below(&mut rng, 2) == 1,
            Flip::Alternating => (below(&mut stream.child(0).rng(), 2) + epoch) % 2 == 1,
        };
        let mut corner = |n: usize| below(&mut rng, n) as i16 - (cutout / 2) as i16;
        let hole = match cutout {
            0 => Distortion::NONE.hole,
            _ => Hole { top: corner(height), left: corner(width), side: cutout as i16 },
        };
        Distortion { down, right, mirrored, hole }
    }

    /// The mixup of step `step` for a batch of `n`; none if the recipe has none.
    pub fn mix(&self, step: usize, n: usize) -> Option<Mix> {
        let alpha = self.recipe.mixup;
        if alpha == 0.0 {
            return None;
        }
        let mut rng = self.stream.child(u64::MAX - step as u64).rng();
        let share = beta(alpha, &mut || uniform(&mut rng));
        let turn = 1 + below(&mut rng, n.max(2) - 1);
        let partners = (0..n).map(|at| ((at + turn) % n) as u32).collect();
        Some(Mix { share: share.max(1.0 - share) as f32, partners })
    }
}

/// A deviate of the beta distribution with both parameters `alpha` (Johnk's
/// method, exact for any alpha, quick for alpha up to about 1).
fn beta(alpha: f64, uniform: &mut impl FnMut() -> f64) -> f64 {
    loop {
        let [x, y] = [uniform(), uniform()].map(|u: f64| u.powf(1.0 / alpha));
        if x + y > 0.0 && x + y <= 1.0 {
            return x / (x + y);
        }
    }
}

#[cfg(test)]
mod tests {
    use relabel_scoring::{Round, Seed};

    use super::*;

    /// What is seen of the image `0 1 2 / 3 4 5 / 6 7 8`; 9 where it is wiped out.
    fn seen(how: Distortion) -> Vec<usize> {
        let places = (0..9).map(|at| how.source([at / 3, at % 3], [3, 3]));
        places.map(|place| place.map_or(9, |[row, column]| 3 * row + column)).collect()
    }

    #[test]
    fn images_are_mirrored_shifted_with_a_reflected_border_and_cut() {
        assert_eq!(seen(Distortion::NONE), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(seen(Distortion::view(true)), [2, 1, 0, 5, 4, 3, 8, 7, 6]);
        let shifted = Distortion { down: 1, right: -2, ..Distortion::NONE };
        assert_eq!(seen(shifted), [5, 4, 3, 8, 7, 6, 5, 4, 3]);
        let hole = Hole { top: -1, left: 1, side: 2 };
        assert_eq!(seen(Distortion { hole, ..Distortion::NONE }), [0, 9, 9, 3, 4, 5, 6, 7, 8]);
    }

    fn augmenter(recipe: &Recipe) -> Augmenter<'_> {
        let stream = Stream::new(Seed(3), "test", Round(0), 0);
        Augmenter { recipe, size: [32, 32], stream }
    }

    #[test]
    fn alternating_flips_show_both_views_in_any_two_epochs() {
        let recipe = Recipe { flip: Flip::Alternating, ..Recipe::default() };
        let mirrored = |row, epoch| augmenter(&recipe).distortion(row, epoch).mirrored;
        assert!((0..50).all(|row| mirrored(row, 0) != mirrored(row, 1)));
        let n = (0..1000).filter(|&row| mirrored(row, 0)).count();
        assert!((440..560).contains(&n), "{n}");
    }

    #[test]
    fn shifts_and_holes_stay_in_their_ranges_and_reach_both_ends() {
        let recipe = Recipe { crop: 4, cutout: 8, ..Recipe::default() };
        let drawn: Vec<_> = (0..2000).map(|at| augmenter(&recipe).distortion(at, at)).collect();
        let range = |of: &dyn Fn(&Distortion) -> i16| {
            (drawn.iter().map(of).min(), drawn.iter().map(of).max())
        };
        assert_eq!(range(&|d| d.down), (Some(-4), Some(4)));
        assert_eq!(range(&|d| d.right), (Some(-4), Some(4)));
        assert_eq!(range(&|d| d.hole.top), (Some(-4), Some(27)));
        assert_eq!(range(&|d| d.hole.left), (Some(-4), Some(27)));
    }

    #[test]
    fn mixup_is_drawn_per_step_and_keeps_at_least_half_of_an_image() {
        assert_eq!(augmenter(&Recipe::default()).mix(0, 8), None);
        let recipe = Recipe { mixup: 0.5, ..Recipe::default() };
        let shares: Vec<_> = (0..500)
            .map(|step| {
                let mix = augmenter(&recipe).mix(step, 8).expect("the recipe mixes");
                assert!((0..8).all(|at| mix.partners[at as usize] != at));
                f64::from(mix.share)
            })
            .collect();
        assert!(shares.iter().all(|&share| (0.5..=1.0).contains(&share)));
        // the larger of x and 1 - x has mean 1/2 + 1/pi for beta(1/2, 1/2)
        let mean = shares.iter().sum::<f64>() / 500.0;
        assert!((mean - 0.818).abs() < 0.03, "{mean}");
    }
}
