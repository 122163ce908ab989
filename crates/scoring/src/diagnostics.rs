//! A closer look at annotators: confusion with the consensus, spammer score
//! (Raykar and Yu, JMLR 2012), Krippendorff's alpha for classes, and Wilson's
//! interval for a share.

use ndarray::Array2;

use crate::{AnnotatorId, Class, Labels, pair_agreement::pair_agreement};

/// How often each annotator agrees with the others, counted in pairs of labels
/// `[M]`; whoever shares no example with anyone gets the mean of the others.
pub fn agreement_with_others(labels: &Labels) -> Vec<f64> {
    pair_agreement(labels)
}

/// How often one annotator gave class `c` (column) to examples of consensus `r`
/// (row), `[K, K]`.
pub fn confusion_matrix(
    labels: &Labels,
    consensus: &[Class],
    annotator: AnnotatorId,
    n_classes: usize,
) -> Array2<u32> {
    let mut counts = Array2::zeros((n_classes, n_classes));
    for (id, class) in labels.of_annotator(annotator) {
        counts[[consensus[id.at()].at(), class.at()]] += 1;
    }
    counts
}

/// How much an annotator's answers depend on the consensus: 1 = they tell it
/// without error, 0 = they do not depend on it. The mean squared distance of the
/// rows of the confusion matrix, each as shares; `None` unless two rows have counts.
pub fn spammer_score(confusion: &Array2<u32>) -> Option<f64> {
    let rows: Vec<Vec<f64>> = confusion
        .rows()
        .into_iter()
        .filter(|row| row.sum() > 0)
        .map(|row| row.iter().map(|&n| f64::from(n) / f64::from(row.sum())).collect())
        .collect();
    let n = rows.len() as f64;
    // Σ over pairs |a - b|² = n Σ |a|² - |Σ a|²: linear in the number of rows.
    let squares: f64 = rows.iter().flatten().map(|share| share * share).sum();
    let sums = (0..confusion.ncols()).map(|k| rows.iter().map(|row| row[k]).sum::<f64>());
    let pairs = n * squares - sums.map(|sum| sum * sum).sum::<f64>();
    (rows.len() > 1).then(|| (pairs / (n * (n - 1.0))).clamp(0.0, 1.0))
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
    use ndarray::arr2;

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

    #[test]
    fn spammers_score_zero_and_experts_one() {
        assert_eq!(spammer_score(&arr2(&[[8, 2], [4, 1]])), Some(0.0));
        assert_eq!(spammer_score(&arr2(&[[0, 3], [5, 0]])), Some(1.0));
        // Two classes: (sensitivity + specificity - 1)².
        let score = spammer_score(&arr2(&[[9, 1], [2, 8]])).unwrap();
        assert!((score - 0.49).abs() < 1e-12, "{score}");
        assert_eq!(spammer_score(&arr2(&[[9, 1], [0, 0]])), None);
    }

    #[test]
    fn confusion_counts_consensus_by_label() {
        let labels = labels(&[&[0, 1], &[1, 1], &[0, -1]]);
        let consensus = [Class(0), Class(1), Class(1)];
        let confusion = confusion_matrix(&labels, &consensus, AnnotatorId(0), 2);
        assert_eq!(confusion, arr2(&[[1, 0], [1, 1]]));
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
