//! A closer look at annotators: confusion with the consensus, spammer score
//! (Raykar and Yu, JMLR 2012), Krippendorff's alpha for classes, and Wilson's
//! interval for a share.

use crate::{AnnotatorId, Class, ExampleId, Labels, pair_agreement::pair_agreement};

/// How often each annotator agrees with the others, counted in pairs of labels
/// `[M]`; whoever shares no example with anyone gets the mean of the others.
pub fn agreement_with_others(labels: &Labels) -> Vec<f64> {
    pair_agreement(labels)
}

/// How often an annotator gave one class to examples of one consensus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The consensus label.
    pub consensus: Class,
    /// The label given.
    pub given: Class,
    /// How often; at least once.
    pub count: u32,
}

/// The cells of an annotator's confusion matrix that are not 0, by consensus, then label.
pub fn confusion(labels: &Labels, consensus: &[Class], annotator: AnnotatorId) -> Vec<Confusion> {
    // Both classes in one number, which is quicker to sort than a pair.
    let pair = |(id, class): &(ExampleId, Class)| {
        u32::from(consensus[id.at()].0) << 16 | u32::from(class.0)
    };
    let mut pairs: Vec<u32> = labels.of_annotator(annotator).iter().map(pair).collect();
    pairs.sort_unstable();
    let cell = |same: &[u32]| Confusion {
        consensus: Class((same[0] >> 16) as u16),
        given: Class(same[0] as u16),
        count: same.len() as u32,
    };
    pairs.chunk_by(|a, b| a == b).map(cell).collect()
}

/// How much an annotator's answers depend on the consensus: 1 = they tell it
/// without error, 0 = they do not depend on it. The mean squared distance of the
/// rows of the confusion matrix, each as shares; `None` unless two rows have counts.
pub fn spammer_score(confusion: &[Confusion]) -> Option<f64> {
    let mut shares: Vec<(Class, f64)> = Vec::with_capacity(confusion.len());
    let mut n = 0.0;
    for row in confusion.chunk_by(|a, b| a.consensus == b.consensus) {
        let total: u32 = row.iter().map(|cell| cell.count).sum();
        shares
            .extend(row.iter().map(|cell| (cell.given, f64::from(cell.count) / f64::from(total))));
        n += 1.0;
    }
    shares.sort_by_key(|(given, _)| *given);
    // Σ over pairs |a - b|² = n Σ |a|² - |Σ a|²: linear in the number of cells.
    let squares: f64 = shares.iter().map(|(_, share)| share * share).sum();
    let columns = shares.chunk_by(|a, b| a.0 == b.0);
    let sums = columns.map(|column| column.iter().map(|(_, share)| share).sum::<f64>());
    let pairs = n * squares - sums.map(|sum| sum * sum).sum::<f64>();
    (n > 1.0).then(|| (pairs / (n * (n - 1.0))).clamp(0.0, 1.0))
}

/// Krippendorff's alpha for classes: 1 = all agree, 0 = as by chance. Examples
/// with one label do not count; `None` if no example has two labels or only one class occurs.
pub fn krippendorff_alpha(labels: &Labels) -> Option<f64> {
    let n_classes = labels.max_class()?.at() + 1;
    let mut totals = vec![0.0; n_classes];
    let mut counts = vec![0.0; n_classes];
    let mut agreeing = 0.0;
    for given in labels.examples().filter(|given| given.len() > 1) {
        for (_, class) in given {
            totals[class.at()] += 1.0;
            counts[class.at()] += 1.0;
        }
        let pairs: f64 = given
            .iter()
            .map(|(_, class)| std::mem::take(&mut counts[class.at()]))
            .map(|count| count * (count - 1.0))
            .filter(|pairs| *pairs > 0.0)
            .sum();
        agreeing += pairs / (given.len() as f64 - 1.0);
    }
    let n: f64 = totals.iter().sum();
    let observed = 1.0 - agreeing / n;
    let by_chance: f64 = totals.iter().map(|total| total * (total - 1.0)).sum();
    let expected = 1.0 - by_chance / (n * (n - 1.0));
    (n > 0.0 && expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Wilson's interval for the share behind `successes` of `n`, at `z` standard
/// deviations (1.96 for 95 %). The whole range if `n` is 0.
pub fn wilson_interval(successes: usize, n: usize, z: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (share, n) = (successes as f64 / n as f64, n as f64);
    let z2 = z * z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(rows: &[&[i32]]) -> Labels {
        let rows: Vec<Vec<Option<Class>>> = rows
            .iter()
            .map(|row| row.iter().map(|&c| u16::try_from(c).ok().map(Class)).collect())
            .collect();
        Labels::from_wide(&rows).unwrap()
    }

    #[test]
    fn alpha_of_a_known_reliability_table() {
        // Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C:
        // four observers, twelve units, missing data: nominal alpha = 0.743.
        let units = labels(&[
            &[1, 1, -1, 1],
            &[2, 2, 3, 2],
            &[3, 3, 3, 3],
            &[3, 3, 3, 3],
            &[2, 2, 2, 2],
            &[1, 2, 3, 4],
            &[4, 4, 4, 4],
            &[1, 1, 2, 1],
            &[2, 2, 2, 2],
            &[-1, 5, 5, 5],
            &[-1, -1, 1, 1],
            &[-1, -1, 3, -1],
        ]);
        let alpha = krippendorff_alpha(&units).unwrap();
        assert!((alpha - 0.743).abs() < 5e-4, "{alpha}");
        assert_eq!(krippendorff_alpha(&labels(&[&[0, -1], &[-1, 1]])), None);
        assert_eq!(krippendorff_alpha(&labels(&[&[2, 2], &[2, 2]])), None);
    }

    /// The cells of a matrix `[consensus][given]` that are not 0.
    fn cells(matrix: [[u32; 2]; 2]) -> Vec<Confusion> {
        let cell = |at: usize| Confusion {
            consensus: Class(at as u16 / 2),
            given: Class(at as u16 % 2),
            count: matrix[at / 2][at % 2],
        };
        (0..4).map(cell).filter(|cell| cell.count > 0).collect()
    }

    #[test]
    fn spammers_score_zero_and_experts_one() {
        assert_eq!(spammer_score(&cells([[8, 2], [4, 1]])), Some(0.0));
        assert_eq!(spammer_score(&cells([[0, 3], [5, 0]])), Some(1.0));
        // Two classes: (sensitivity + specificity - 1)².
        let score = spammer_score(&cells([[9, 1], [2, 8]])).unwrap();
        assert!((score - 0.49).abs() < 1e-12, "{score}");
        assert_eq!(spammer_score(&cells([[9, 1], [0, 0]])), None);
    }

    #[test]
    fn confusion_counts_consensus_by_label() {
        let labels = labels(&[&[0, 1], &[1, 1], &[0, -1]]);
        let consensus = [Class(0), Class(1), Class(1)];
        assert_eq!(confusion(&labels, &consensus, AnnotatorId(0)), cells([[1, 0], [1, 1]]));
    }

    #[test]
    fn wilson_intervals_of_known_shares() {
        let (low, high) = wilson_interval(8, 10, 1.96);
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3, "{low} {high}");
        let (low, high) = wilson_interval(0, 10, 1.96);
        assert!(low == 0.0 && (high - 0.2775).abs() < 1e-3, "{high}");
        assert_eq!(wilson_interval(0, 0, 1.96), (0.0, 1.0));
    }
}
