//! Synthetic annotators as in Northcutt, Jiang and Chuang, "Confident learning",
//! 2021: a random noise matrix of a given trace, and labels that realise it
//! exactly. The order of the draws is the one of the published data sets.

use relabel_scoring::Class;

use crate::numpy_random::RandomState;

/// Slack of comparisons with a bound.
const SLACK: f64 = 1e-6;
/// The smallest share of a class that is labelled rightly.
const LOWEST_DIAGONAL: f64 = 1e-5;
/// The largest share of a class that goes to one wrong class.
const HIGHEST_NOISE: f64 = 1.0 - 1e-5;

/// `matrix[label][truth]` = P(label | truth); its columns sum to 1.
pub type NoiseMatrix = Vec<Vec<f64>>;

/// A random noise matrix with this trace, drawn again until every class is
/// learnable: P(truth = k) P(label = k) < P(truth = k, label = k).
pub fn noise_matrix(rng: &mut RandomState, trace: f64, shares: &[f64]) -> NoiseMatrix {
    loop {
        let matrix = draw_matrix(rng, trace, shares.len());
        if learnable(&matrix, shares) {
            return matrix;
        }
    }
}

fn draw_matrix(rng: &mut RandomState, trace: f64, n_classes: usize) -> NoiseMatrix {
    let mut matrix = vec![vec![0.0; n_classes]; n_classes];
    let diagonal = shares_with_sum(rng, n_classes, trace, LOWEST_DIAGONAL, 1.0);
    for (truth, &right) in diagonal.iter().enumerate() {
        matrix[truth][truth] = right;
        if right == 1.0 {
            continue;
        }
        let mut rates = shares_with_sum(rng, n_classes - 1, 1.0 - right, 0.0, HIGHEST_NOISE);
        rates.reverse();
        let wrong: Vec<usize> = (0..n_classes).filter(|&class| class != truth).collect();
        for (place, rate) in rng.permutation(n_classes - 1).into_iter().zip(rates) {
            matrix[wrong[place]][truth] = rate;
        }
    }
    matrix
}

/// `n` random numbers with sum `sum`; the largest is traded against the smallest
/// until all lie in `low..=high`.
fn shares_with_sum(rng: &mut RandomState, n: usize, sum: f64, low: f64, high: f64) -> Vec<f64> {
    let mut shares: Vec<f64> = rng.flat_dirichlet(n).into_iter().map(|s| s * sum).collect();
    while shares[largest(&shares)] > high + SLACK {
        let raised = shares[smallest(&shares)] + (shares[largest(&shares)] - high);
        let trade = (high - raised) * rng.uniform();
        let at = smallest(&shares);
        shares[at] = raised + trade;
        let at = largest(&shares);
        shares[at] = high - trade;
    }
    while shares[smallest(&shares)] < low - SLACK {
        let lowered = shares[largest(&shares)] - (low - shares[smallest(&shares)]);
        let trade = (lowered - low) * rng.uniform();
        let at = largest(&shares);
        shares[at] = lowered - trade;
        let at = smallest(&shares);
        shares[at] = low + trade;
    }
    shares
}

/// Position of the first largest value.
fn largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

/// Position of the first smallest value.
fn smallest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] < values[best] { at } else { best })
}

fn learnable(matrix: &NoiseMatrix, shares: &[f64]) -> bool {
    matrix.iter().zip(shares).enumerate().all(|(class, (row, &share))| {
        let labelled: f64 = row.iter().zip(shares).map(|(rate, share)| rate * share).sum();
        labelled * share < row[class] * share
    })
}

/// The labels of one annotator: of the examples of each class, the share that
/// the matrix says (rounded down) gets each wrong label.
pub fn noisy_labels(rng: &mut RandomState, truth: &[Class], matrix: &NoiseMatrix) -> Vec<Class> {
    let n = truth.len() as f64;
    let mut labels = truth.to_vec();
    for class in 0..matrix.len() {
        let rows: Vec<usize> = (0..truth.len()).filter(|&row| truth[row].at() == class).collect();
        let share = rows.len() as f64 / n;
        let wrong: Vec<Class> = (0..matrix.len())
            .filter(|&label| label != class)
            .flat_map(|label| {
                let count = (matrix[label][class] * share * n) as usize;
                std::iter::repeat_n(Class(label as u16), count)
            })
            .collect();
        if wrong.is_empty() || wrong.len() > rows.len() {
            continue;
        }
        for (chosen, label) in rng.choice(rows.len(), wrong.len()).into_iter().zip(wrong) {
            labels[rows[chosen]] = label;
        }
    }
    labels
}
