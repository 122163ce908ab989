//! Stratified folds with the allocation of scikit-learn's `StratifiedKFold`:
//! the rows sorted by class (classes in order of first appearance) are dealt to
//! the folds in turn, which fixes how many rows of a class each fold gets; within
//! the class the folds then follow each other in order, or shuffled.

use relabel_scoring::stream::shuffle as shuffle_items;
use relabel_scoring::{Class, Stream};

/// The fold of every row, below `n_folds`. Classes with fewer rows than folds
/// are allowed: some folds then have none of them.
pub fn stratified_folds(y: &[Class], n_folds: usize, shuffle: Option<Stream>) -> Vec<u16> {
    assert!((1..=usize::from(u16::MAX)).contains(&n_folds), "{n_folds} folds");
    let mut rng = shuffle.map(Stream::rng);
    let mut folds = vec![0; y.len()];
    let mut dealt = 0;
    for members in rows_by_class(y) {
        let mut class_folds: Vec<u16> =
            (dealt..dealt + members.len()).map(|card| (card % n_folds) as u16).collect();
        class_folds.sort_unstable();
        if let Some(rng) = &mut rng {
            shuffle_items(rng, &mut class_folds);
        }
        dealt += members.len();
        for (row, fold) in members.into_iter().zip(class_folds) {
            folds[row] = fold;
        }
    }
    folds
}

/// The rows of each class, classes in order of first appearance.
fn rows_by_class(y: &[Class]) -> Vec<Vec<usize>> {
    let n_classes = y.iter().map(|class| class.at() + 1).max().unwrap_or(0);
    let mut place = vec![usize::MAX; n_classes];
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (row, class) in y.iter().enumerate() {
        if place[class.at()] == usize::MAX {
            place[class.at()] = members.len();
            members.push(Vec::new());
        }
        members[place[class.at()]].push(row);
    }
    members
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use relabel_scoring::{Round, Seed};

    use super::*;

    fn classes(labels: &[u16]) -> Vec<Class> {
        labels.iter().copied().map(Class).collect()
    }

    /// Expected folds: scikit-learn 1.9.1, `StratifiedKFold(n).split`.
    #[test]
    fn unshuffled_folds_are_those_of_scikit_learn() {
        let y = classes(&[2, 0, 0, 1, 2, 2, 0, 1, 2, 0, 0, 2, 1, 2, 2]);
        assert_eq!(stratified_folds(&y, 3, None), [0, 0, 1, 0, 0, 0, 1, 1, 1, 2, 2, 1, 2, 2, 2]);
        assert_eq!(stratified_folds(&y, 5, None), [0, 0, 1, 2, 0, 1, 2, 3, 1, 3, 4, 2, 4, 3, 4]);
    }

    #[test]
    fn shuffling_changes_who_is_in_a_fold_but_not_how_many_of_a_class() {
        let y: Vec<Class> = (0..103).map(|row| Class((row * row % 7) as u16)).collect();
        let stream = Stream::new(Seed(1), "folds", Round(0), 0);
        let (plain, mixed) = (stratified_folds(&y, 5, None), stratified_folds(&y, 5, Some(stream)));
        assert_ne!(plain, mixed);
        assert_eq!(mixed, stratified_folds(&y, 5, Some(stream)));
        let table = |folds: &[u16]| {
            let mut counts = [[0; 7]; 5];
            for (&fold, class) in folds.iter().zip(&y) {
                counts[usize::from(fold)][class.at()] += 1;
            }
            counts
        };
        assert_eq!(table(&plain), table(&mixed));
    }

    #[test]
    fn a_class_with_fewer_rows_than_folds_is_dealt_to_some_of_them() {
        let y = classes(&[0, 0, 0, 0, 0, 1, 1]);
        let folds = stratified_folds(&y, 5, None);
        assert_ne!(folds[5], folds[6]);
    }
}
