//! Growing one tree: nodes split until pure, each at the best of a few random
//! thresholds. The rows of a node are a range of one index array, which a split
//! partitions in place.

use relabel_scoring::{Class, Stream, stream};

use super::tally::Tally;
use super::tree::Tree;

/// A feature whose values in a node differ by no more than this is constant
/// there (the tolerance of scikit-learn).
const CONSTANT: f32 = 1e-7;

/// The training rows, one feature after another.
pub(super) struct Training {
    columns: Vec<f32>,
    classes: Vec<u16>,
    n_features: usize,
    n_classes: usize,
}

impl Training {
    /// From rows of `n_features` values each and the classes of the rows.
    pub(super) fn new(rows: &[f32], n_features: usize, y: &[Class], n_classes: usize) -> Self {
        let column = |feature| rows[feature..].iter().step_by(n_features).copied();
        let columns = (0..n_features).flat_map(column).collect();
        Self { columns, classes: y.iter().map(|class| class.0).collect(), n_features, n_classes }
    }
}

/// Grows trees on the same rows; holds the space that every tree needs.
pub(super) struct Grower<'a, T> {
    training: &'a Training,
    /// Row indices, in the order of the nodes.
    rows: Vec<u32>,
    /// Features in random order; the first ones are those drawn for a node.
    features: Vec<u32>,
    /// Values of the rows of a node: of the feature on trial, and of the best.
    trial: Vec<f32>,
    best: Vec<f32>,
    /// Rows that go right, during a partition.
    right: Vec<u32>,
    /// Nodes still to be decided.
    open: Vec<Open<T>>,
}

/// A node that is still to be decided, and its rows.
struct Open<T> {
    node: u32,
    start: usize,
    end: usize,
    tally: T,
}

/// The best split of a node so far.
struct Found<T> {
    feature: u32,
    threshold: f32,
    gain: f64,
    left: T,
}

impl<'a, T: Tally> Grower<'a, T> {
    pub(super) fn new(training: &'a Training) -> Self {
        let n = training.classes.len();
        Self {
            training,
            rows: vec![0; n],
            features: vec![0; training.n_features],
            trial: vec![0.0; n],
            best: vec![0.0; n],
            right: vec![0; n],
            open: Vec::new(),
        }
    }

    /// Grows one tree.
    pub(super) fn grow(&mut self, stream: Stream) -> Tree {
        let mut rng = Draws::new(stream);
        let mut tree = Tree::seedling(self.training.n_classes);
        let root = self.root();
        self.open.push(root);
        while let Some(open) = self.open.pop() {
            let n = (open.end - open.start) as u32;
            if let Some(class) = open.tally.counts().position(|count| count == n) {
                tree.pure_leaf(open.node, class);
            } else if let Some(found) = self.best_split(&open, &mut rng) {
                let next = tree.split(open.node, found.feature, found.threshold);
                let middle = self.partition(&open, found.threshold);
                let right = open.tally.minus(&found.left);
                let (start, end) = (open.start, open.end);
                self.open.push(Open { node: next + 1, start: middle, end, tally: right });
                self.open.push(Open { node: next, start, end: middle, tally: found.left });
            } else {
                let share = |count| f64::from(count) / f64::from(n);
                tree.mixed_leaf(open.node, open.tally.counts().map(share));
            }
        }
        tree
    }

    /// All rows, in their own order.
    fn root(&mut self) -> Open<T> {
        self.rows.iter_mut().zip(0..).for_each(|(row, index)| *row = index);
        self.features.iter_mut().zip(0..).for_each(|(feature, index)| *feature = index);
        let mut tally = T::empty(self.training.n_classes);
        self.training.classes.iter().for_each(|&class| tally.add(class, true));
        Open { node: 0, start: 0, end: self.rows.len(), tally }
    }

    /// Draws features without replacement: floor(sqrt(d)) of them, and more as
    /// long as all were constant. Leaves the best feature's values in `best`.
    fn best_split(&mut self, open: &Open<T>, rng: &mut Draws) -> Option<Found<T>> {
        let n_features = self.features.len();
        let enough = n_features.isqrt().max(1);
        let mut found: Option<Found<T>> = None;
        for drawn in 0..n_features {
            if drawn >= enough && found.is_some() {
                break;
            }
            self.features.swap(drawn, drawn + rng.below(n_features - drawn));
            let feature = self.features[drawn];
            let (low, high) = self.fetch(feature, open.start, open.end);
            if high <= low + CONSTANT {
                continue;
            }
            let threshold = rng.between(low, high);
            let left = self.count_left(open, threshold);
            let gain = left.purity() + open.tally.minus(&left).purity();
            if found.as_ref().is_none_or(|best| gain > best.gain) {
                std::mem::swap(&mut self.trial, &mut self.best);
                found = Some(Found { feature, threshold, gain, left });
            }
        }
        found
    }

    /// Puts the feature's values in `trial`; returns the smallest and the largest.
    fn fetch(&mut self, feature: u32, start: usize, end: usize) -> (f32, f32) {
        let n = self.training.classes.len();
        let column = &self.training.columns[feature as usize * n..][..n];
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for (value, &row) in self.trial.iter_mut().zip(&self.rows[start..end]) {
            *value = column[row as usize];
            low = if *value < low { *value } else { low };
            high = if *value > high { *value } else { high };
        }
        (low, high)
    }

    fn count_left(&self, open: &Open<T>, threshold: f32) -> T {
        let mut left = T::empty(self.training.n_classes);
        for (&value, &row) in self.trial.iter().zip(&self.rows[open.start..open.end]) {
            left.add(self.training.classes[row as usize], value <= threshold);
        }
        left
    }

    /// Moves the rows whose value in `best` is at most the threshold to the
    /// front and returns where the others begin. Every row is written to both
    /// sides and only one side advances: cheaper than a branch that is a toss-up.
    fn partition(&mut self, open: &Open<T>, threshold: f32) -> usize {
        let rows = &mut self.rows[open.start..open.end];
        let (mut n_left, mut n_right) = (0, 0);
        for at in 0..rows.len() {
            let row = rows[at];
            let goes_left = self.best[at] <= threshold;
            rows[n_left] = row;
            self.right[n_right] = row;
            n_left += usize::from(goes_left);
            n_right += usize::from(!goes_left);
        }
        rows[n_left..].copy_from_slice(&self.right[..n_right]);
        open.start + n_left
    }
}

/// Random numbers of one tree: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)
/// from a seed that the tree's stream gives; a small node needs little more time
/// than its four numbers, so these have to be cheap.
struct Draws {
    state: u64,
}

impl Draws {
    fn new(stream: Stream) -> Self {
        Self { state: stream::below(&mut stream.rng(), usize::MAX) as u64 }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    /// Uniform on 0..n; the bias is below n / 2^64.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform on [low, high); `low` where rounding, or an infinite end, says otherwise.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        let share = (self.next() >> 40) as f32 * (1.0 / (1_u32 << 24) as f32);
        let value = low + share * (high - low);
        if low <= value && value < high { value } else { low }
    }
}
