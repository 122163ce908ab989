//! How often each annotator agrees with the others, counted in pairs of labels
//! (the g of CROWDLAB, arXiv 2210.06812).

use crate::Labels;

/// One number per annotator in [0, 1]; whoever shares no example with anyone
/// gets the mean of the others. It does not depend on a consensus.
pub(crate) fn pair_agreement(labels: &Labels) -> Vec<f64> {
    let mut agreeing = vec![0_u64; labels.n_annotators()];
    let mut pairs = vec![0_u64; labels.n_annotators()];
    let mut counts = vec![0_u64; labels.max_class().map_or(0, |class| class.at() + 1)];
    for given in labels.examples().filter(|given| given.len() > 1) {
        given.iter().for_each(|(_, class)| counts[class.at()] += 1);
        for (annotator, class) in given {
            agreeing[annotator.at()] += counts[class.at()] - 1;
            pairs[annotator.at()] += given.len() as u64 - 1;
        }
        given.iter().for_each(|(_, class)| counts[class.at()] = 0);
    }
    let mut rates: Vec<f64> =
        agreeing.iter().zip(&pairs).map(|(&a, &b)| a as f64 / b as f64).collect();
    let known: Vec<f64> = rates.iter().copied().filter(|rate| !rate.is_nan()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    for rate in rates.iter_mut().filter(|rate| rate.is_nan()) {
        *rate = mean;
    }
    rates
}
