//! In which row of a file things stand. Rows mostly follow each other, so that it
//! is enough to note where they do not.

/// The row of every item.
#[derive(Default)]
pub(super) struct Places {
    /// Items at which rows jump, and their rows.
    jumps: Vec<(usize, usize)>,
    n_items: usize,
}

impl Places {
    /// Adds an item that stands in `row`.
    #[inline]
    pub(super) fn push(&mut self, row: usize) {
        let follows =
            self.jumps.last().is_some_and(|&(item, first)| first + (self.n_items - item) == row);
        if !follows {
            self.jumps.push((self.n_items, row));
        }
        self.n_items += 1;
    }

    /// Number of items.
    pub(super) fn len(&self) -> usize {
        self.n_items
    }

    /// The row of an item that was added.
    pub(super) fn row(&self, item: usize) -> usize {
        let before = self.jumps.partition_point(|(first, _)| *first <= item) - 1;
        let (first, row) = self.jumps[before];
        row + (item - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_that_were_added() {
        let rows = [2, 3, 4, 7, 8, 8, 8, 9, 1];
        let mut places = Places::default();
        rows.iter().for_each(|&row| places.push(row));
        let found: Vec<usize> = (0..rows.len()).map(|item| places.row(item)).collect();
        assert_eq!(found, rows);
    }
}
