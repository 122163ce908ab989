//! Inputs and options that cannot be used, and which error says so; and what
//! only the compatible mode accepts or refuses.
#![allow(clippy::unwrap_used)]

mod small;

use ndarray::{ArrayView2, arr2, array};
use relabel_scoring::{
    Class, Compat, ConsensusMethod, FrequencyTie, InputError, LabelScore, Labels, OptionError,
    QualityError, QualityMethod, QualityOptions, active_lab, temperature,
    validation::check_active_lab,
};
use small::{close, compatible, labels, quality, stream, try_quality, uniform};

#[test]
fn rows_that_are_no_distributions_are_refused_unless_compatible() {
    let rows: [&[i32]; 2] = [&[0, 0], &[1, 1]];
    let corrected = QualityOptions::default();
    for (row, column, value) in [(1, 0, f64::NAN), (0, 1, -0.5), (1, 1, f64::INFINITY)] {
        let mut probs = array![[0.5, 0.5], [0.5, 0.5]];
        probs[[row, column]] = value;
        match try_quality(&rows, &probs, &corrected).unwrap_err() {
            QualityError::Input(InputError::Probability { row: r, column: c, .. }) => {
                assert_eq!((r, c), (row, column));
            }
            other => panic!("{other}"),
        }
    }
    let sums = array![[0.5, 0.5], [0.5, 0.502]];
    let error = try_quality(&rows, &sums, &corrected).unwrap_err();
    assert!(matches!(error, QualityError::Input(InputError::RowSum { row: 1, .. })), "{error}");
    assert!(try_quality(&rows, &array![[0.5, 0.5], [0.5, 0.5009]], &corrected).is_ok());
    // Nothing that follows could be a probability.
    let error = try_quality(&rows, &array![[0.5, 0.5], [1.0005, 0.0]], &corrected).unwrap_err();
    let beyond = InputError::Probability { model: 0, row: 1, column: 0, value: 1.0005 };
    assert_eq!(error, beyond.into());
    assert!(try_quality(&rows, &array![[0.5, 0.5], [1.000_000_5, 0.0]], &corrected).is_ok());
    // Compatible: half rows pass, threefold ones do not, NaN stays in its row.
    assert!(try_quality(&rows, &(uniform(2, 2) / 2.0), &compatible()).is_ok());
    let error =
        try_quality(&rows, &(array![[0.9, 0.1], [0.1, 0.9]] * 3.0), &compatible()).unwrap_err();
    assert!(matches!(error, QualityError::Input(InputError::Posterior { .. })), "{error}");
    assert!(error.to_string().starts_with("the posterior that follows"), "{error}");
    let found = try_quality(&rows, &array![[0.5, 0.5], [f64::NAN, 0.5]], &compatible()).unwrap();
    assert!(!found.quality[0].is_nan() && found.posterior[[1, 0]].is_nan());
}

#[test]
fn what_is_no_number_stays_in_its_row_if_compatible() {
    let rows: [&[i32]; 5] = [&[0, 0], &[1, 1], &[0, 1], &[1, 0], &[0, 0]];
    let mut probs = array![[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6], [0.5, 0.5]];
    probs.row_mut(4).fill(f64::NAN);
    let found = try_quality(&rows, &probs, &compatible()).unwrap();
    assert!(found.quality[4].is_nan() && found.quality[..4].iter().all(|score| *score > 0.5));
    let [worse, better] = [found.annotator_stats[0], found.annotator_stats[1]];
    assert_eq!([worse.annotator.0, better.annotator.0], [1, 0]);
    // As cleanlab 2.9 has them.
    assert!((worse.quality - 0.60).abs() < 1e-6 && (better.quality - 0.75).abs() < 1e-6);
    // Nor does it decide the temperature.
    let temperature = |p| {
        probs.row_mut(4).assign(&array![p, 0.5]);
        temperature::search_cleanlab_2_9(&labels(&rows), probs.view())
    };
    let [of_none, of_zero] = [f64::NAN, 0.0].map(temperature);
    assert!(of_none == of_zero && of_none != 0.1, "{of_none} {of_zero}");
}

#[test]
fn a_pool_row_of_zeros_is_uniform_if_compatible() {
    let pool = arr2(&[[0.0, 0.0], [-1.0, 0.0]]);
    let error = check_active_lab(None, &[], &[pool.view()], Compat::Corrected).unwrap_err();
    assert!(matches!(error, InputError::Pool(_)), "{error}");
    check_active_lab(None, &[], &[pool.view()], Compat::Cleanlab29).unwrap();
    let found = active_lab(None, &[], &[pool.view()], FrequencyTie::Rarest, stream());
    assert!(found.pool.iter().all(|score| close(*score, 0.5)), "{:?}", found.pool);
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let rows: [&[i32]; 1] = [&[0, 0]];
    let adjusted = QualityOptions {
        label_score: LabelScore::ConfidenceWeightedEntropy,
        adjust_pred_probs: true,
        ..QualityOptions::default()
    };
    let error = try_quality(&rows, &uniform(1, 2), &adjusted).unwrap_err();
    assert_eq!(error, OptionError::AdjustedEntropy.into());
    let nothing = QualityOptions { consensus_methods: Vec::new(), ..QualityOptions::default() };
    let error = try_quality(&rows, &uniform(1, 2), &nothing).unwrap_err();
    assert_eq!(error, OptionError::NoConsensusMethod.into());
    assert!("fake".parse::<ConsensusMethod>().is_err() && "fake".parse::<QualityMethod>().is_err());
    assert!("fake".parse::<LabelScore>().is_err());
}

#[test]
fn what_is_missing_or_differs_in_shape_is_named() {
    let two = labels(&[&[0, 0], &[1, 1]]);
    let check =
        |labels: Option<&Labels>, probs: &[ArrayView2<'_, f64>], pool: &[ArrayView2<'_, f64>]| {
            check_active_lab(labels, probs, pool, Compat::Corrected).unwrap_err()
        };
    let (a, b, c) = (uniform(2, 2), uniform(3, 2), uniform(2, 3));
    assert_eq!(check(None, &[], &[]), InputError::NoModel);
    assert_eq!(check(None, &[a.view()], &[]), InputError::ProbsWithoutLabels);
    assert!(matches!(check(Some(&two), &[b.view()], &[]), InputError::Shape { rows: 3, .. }));
    assert!(matches!(
        check(Some(&two), &[a.view(), c.view()], &[]),
        InputError::Shape { model: 1, .. }
    ));
    assert!(matches!(check(Some(&two), &[a.view()], &[c.view()]), InputError::Pool(_)));
    let error = check(Some(&two), &[a.view()], &[a.view(), a.view()]);
    assert_eq!(error, InputError::PoolModels { labeled: 1, pool: 2 });
    let empty = Labels::from_events(0, 0, []).unwrap();
    assert_eq!(check(Some(&empty), &[uniform(0, 2).view()], &[]), InputError::NoLabels);
}

#[test]
fn gaps_are_tolerated_and_noted_unless_compatible() {
    let rows: [&[i32]; 3] = [&[0, 0, -1], &[-1, -1, -1], &[1, 0, -1]];
    let probs = array![[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]];
    let found = quality(&rows, &probs);
    assert_eq!((found.consensus[1], found.num_annotations[1]), (Class(1), 0));
    assert!(found.annotator_agreement[1].is_nan() && close(found.quality[1], 0.8));
    assert_eq!(found.annotator_stats.len(), 2);
    let said: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("decided by the models alone: 1"), "{said:?}");
    assert!(said[1].contains("annotators without labels: 2"), "{said:?}");
    let error = try_quality(&rows, &probs, &compatible()).unwrap_err();
    assert!(matches!(error, QualityError::Input(InputError::ExamplesWithoutLabels(_))), "{error}");
}
