//! Which labels the published Wall-Robot data sets keep at the start: two
//! passes that drop labels until most examples have one. Both carry quirks of
//! the original, without which the data sets would be others.

use crate::numpy_random::RandomState;

/// Labels drawn per example by [`keep_five`].
const DRAWN: usize = 5;
/// A label is dropped when a uniform number exceeds this.
const SPARED: f64 = 0.03;

/// Keeps about five labels per example and returns how many were dropped. The
/// original draws five entries of the list of *all* labels' annotators, not of
/// the example's own, so that an annotator can come up twice: 4.67 on average.
pub fn keep_five(rng: &mut RandomState, n_annotators: usize, kept: &mut [Vec<usize>]) -> usize {
    let list: Vec<u8> = kept.iter().flatten().map(|&annotator| annotator as u8).collect();
    for row in kept.iter_mut() {
        let mut shuffled = list.clone();
        rng.shuffle(&mut shuffled);
        let drawn = &shuffled[..DRAWN];
        *row = (0..n_annotators).filter(|&a| drawn.contains(&(a as u8))).collect();
    }
    list.len() - kept.iter().map(Vec::len).sum::<usize>()
}

/// Drops labels example by example and returns how many: all but one of an
/// example's annotators, in random order, with probability .97 each, but only
/// while one of the annotator's other examples has more than two labels.
pub fn thin(rng: &mut RandomState, n_annotators: usize, kept: &mut [Vec<usize>]) -> usize {
    let mut counts: Vec<usize> = kept.iter().map(Vec::len).collect();
    let mut examples = vec![Vec::new(); n_annotators];
    for (row, annotators) in kept.iter().enumerate() {
        for &annotator in annotators {
            examples[annotator].push(row);
        }
    }
    let before: usize = counts.iter().sum();
    for row in 0..kept.len() {
        if counts[row] < 2 {
            continue;
        }
        let annotators = kept[row].clone();
        for at in rng.choice(annotators.len(), annotators.len() - 1) {
            let annotator = annotators[at];
            if rng.uniform() <= SPARED {
                continue;
            }
            let others = &mut examples[annotator];
            if others.iter().any(|&other| other != row && counts[other] > 2) {
                others.retain(|&other| other != row);
                kept[row].retain(|&other| other != annotator);
                counts[row] -= 1;
            }
        }
    }
    before - counts.iter().sum::<usize>()
}
