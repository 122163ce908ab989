//! Rows of different lengths that lie one after another.

/// Row r is `items[starts[r]..starts[r + 1]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows<T> {
    starts: Vec<usize>,
    items: Vec<T>,
}

impl<T: Copy> Rows<T> {
    /// Stable counting sort of `(row, item)` pairs, which are visited several times.
    pub(crate) fn group<I: Iterator<Item = (usize, T)>>(
        n_rows: usize,
        n_items: usize,
        pairs: impl Fn() -> I,
    ) -> Self {
        let mut starts = vec![0; n_rows + 1];
        for (row, _) in pairs() {
            starts[row + 1] += 1;
        }
        for row in 0..n_rows {
            starts[row + 1] += starts[row];
        }
        let mut items = Vec::with_capacity(n_items);
        if pairs().is_sorted_by_key(|(row, _)| row) {
            items.extend(pairs().map(|(_, item)| item));
            return Self { starts, items };
        }
        let mut next = starts.clone();
        if let Some((_, filler)) = pairs().next() {
            items.resize(n_items, filler);
        }
        for (row, item) in pairs() {
            items[next[row]] = item;
            next[row] += 1;
        }
        Self { starts, items }
    }

    /// True if no item of a row has the key of the one before it, or a lesser one.
    pub(crate) fn each_rises_by<K: Ord>(&self, key: impl Fn(&T) -> K) -> bool {
        (0..self.len()).all(|row| self.row(row).is_sorted_by(|a, b| key(a) < key(b)))
    }

    /// Sorts the items of every row.
    pub(crate) fn sort_each_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        for row in 0..self.len() {
            let row = &mut self.items[self.starts[row]..self.starts[row + 1]];
            if !row.is_sorted_by_key(&key) {
                row.sort_unstable_by_key(&key);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn n_items(&self) -> usize {
        self.items.len()
    }

    /// The items of all rows.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    pub(crate) fn row(&self, row: usize) -> &[T] {
        &self.items[self.starts[row]..self.starts[row + 1]]
    }

    /// `(row, item)` in order.
    pub(crate) fn enumerated(&self) -> impl Iterator<Item = (usize, T)> {
        (0..self.len()).flat_map(|row| self.row(row).iter().map(move |&item| (row, item)))
    }
}
