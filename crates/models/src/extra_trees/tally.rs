//! How many rows of each class a node has. Counting is the inner loop of
//! growing a tree, so few classes and rows are counted in the lanes of one word.

/// Counts per class.
pub(super) trait Tally: Clone {
    /// Whether `n_rows` rows of `n_classes` classes can be counted.
    fn holds(n_rows: usize, n_classes: usize) -> bool;

    /// Nothing counted yet.
    fn empty(n_classes: usize) -> Self;

    /// Counts a row of `class` if `counted`.
    fn add(&mut self, class: u16, counted: bool);

    /// This without `part`.
    fn minus(&self, part: &Self) -> Self;

    /// The counts, at least one per class.
    fn counts(&self) -> impl Iterator<Item = u32>;

    /// The number of rows.
    fn total(&self) -> u32 {
        self.counts().sum()
    }

    /// Sum of the squared counts over the number of rows: a node's share in the
    /// quantity that the best split maximises (it lowers the Gini impurity most).
    fn purity(&self) -> f64 {
        let squares: f64 = self.counts().map(|count| f64::from(count) * f64::from(count)).sum();
        squares / f64::from(self.total())
    }
}

/// Up to 4 classes in the 16-bit lanes of a word.
#[derive(Clone, Copy)]
pub(super) struct Packed(u64);

impl Tally for Packed {
    fn holds(n_rows: usize, n_classes: usize) -> bool {
        n_classes <= 4 && n_rows <= usize::from(u16::MAX)
    }

    fn empty(_n_classes: usize) -> Self {
        Self(0)
    }

    #[inline(always)]
    fn add(&mut self, class: u16, counted: bool) {
        self.0 += u64::from(counted) << (16 * class);
    }

    fn minus(&self, part: &Self) -> Self {
        Self(self.0 - part.0)
    }

    fn counts(&self) -> impl Iterator<Item = u32> {
        (0..4).map(|lane| (self.0 >> (16 * lane)) as u32 & 0xffff)
    }
}

/// Up to 16 classes, on the stack.
#[derive(Clone, Copy)]
pub(super) struct Small([u32; 16]);

impl Tally for Small {
    fn holds(_n_rows: usize, n_classes: usize) -> bool {
        n_classes <= 16
    }

    fn empty(_n_classes: usize) -> Self {
        Self([0; 16])
    }

    #[inline(always)]
    fn add(&mut self, class: u16, counted: bool) {
        self.0[usize::from(class & 15)] += u32::from(counted);
    }

    fn minus(&self, part: &Self) -> Self {
        Self(std::array::from_fn(|class| self.0[class] - part.0[class]))
    }

    fn counts(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// Any number of classes.
#[derive(Clone)]
pub(super) struct Wide(Vec<u32>);

impl Tally for Wide {
    fn holds(_n_rows: usize, _n_classes: usize) -> bool {
        true
    }

    fn empty(n_classes: usize) -> Self {
        Self(vec![0; n_classes])
    }

    fn add(&mut self, class: u16, counted: bool) {
        self.0[usize::from(class)] += u32::from(counted);
    }

    fn minus(&self, part: &Self) -> Self {
        Self(self.0.iter().zip(&part.0).map(|(whole, part)| whole - part).collect())
    }

    fn counts(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted<T: Tally>() -> (Vec<u32>, Vec<u32>, u32, f64) {
        let (mut whole, mut part) = (T::empty(4), T::empty(4));
        for row in 0..1000_u16 {
            whole.add(row % 4, row % 7 != 0);
            part.add(row % 4, row % 7 == 3);
        }
        let first = |tally: &T| tally.counts().take(4).collect();
        (first(&whole), first(&whole.minus(&part)), whole.total(), part.purity())
    }

    #[test]
    fn every_representation_counts_the_same() {
        let packed = counted::<Packed>();
        assert_eq!(packed.2, 857);
        assert_eq!(packed, counted::<Small>());
        assert_eq!(packed, counted::<Wide>());
    }

    #[test]
    fn lanes_of_a_word_do_not_run_into_each_other() {
        assert!(Packed::holds(65_535, 4) && !Packed::holds(65_536, 4) && !Packed::holds(9, 5));
        let mut tally = Packed::empty(4);
        for _ in 0..65_535 {
            tally.add(1, true);
        }
        assert_eq!(tally.counts().collect::<Vec<_>>(), [0, 65_535, 0, 0]);
    }
}
