//! Inputs at the edge of what label quality and ActiveLab are defined for, and
//! what comes out. cleanlab 2.9 does the same unless a test says otherwise.
#![allow(clippy::unwrap_used)]

mod small;

use ndarray::{Array2, Axis, array};
use relabel_scoring::{
    Class, Compat, ConsensusMethod, FrequencyTie, InputError, LabelScore, Note, OptionError,
    QualityOptions, active_lab, majority_vote, temperature,
    validation::{check_active_lab, check_ties},
};
use small::{close, labels, quality, scores, stream, try_quality, uniform};

const EPSILON: f64 = 1e-6;

fn none() -> Array2<f64> {
    Array2::zeros((0, 0))
}

#[test]
fn with_one_consensus_class_any_disagreement_costs_the_whole_weight() {
    let probs = array![[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]];
    let agreeing = quality(&[&[0, 0], &[0, 0], &[0, 0]], &probs);
    assert_eq!(agreeing.annotator_weights, [1.0, 1.0]);
    assert!(close(agreeing.model_weights[0], 2_f64.sqrt()));
    let one_differs = quality(&[&[0, 0, 0], &[0, 0, 1], &[0, 0, 0]], &probs);
    assert_eq!(one_differs.annotator_weights, [EPSILON; 3]);
}

#[test]
fn annotators_who_never_disagree_weigh_one() {
    let probs = array![[0.6, 0.4], [0.4, 0.6], [0.5, 0.5]];
    let found = quality(&[&[0, 0, -1], &[1, -1, 1], &[-1, 1, 1]], &probs);
    assert_eq!(found.annotator_weights, [1.0; 3]);
    assert!(found.consensus == [Class(0), Class(1), Class(1)]);
}

#[test]
fn annotators_who_never_agree_leave_the_consensus_to_the_model() {
    let probs = array![[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]];
    let found = quality(&[&[0, 1], &[1, 2], &[2, 0]], &probs);
    assert!(found.notes.contains(&Note::NoAgreement));
    assert_eq!(found.annotator_weights, [EPSILON; 2]);
    assert_eq!(found.consensus, [Class(0), Class(2), Class(1)]);
}

#[test]
fn whoever_errs_more_than_a_constant_guess_is_ignored_and_so_is_such_a_model() {
    let rows: [&[i32]; 4] = [&[0, 0, 0, 1], &[1, 1, 1, 0], &[0, 0, 0, 1], &[1, 1, 1, 0]];
    let wrong = array![[0.1, 0.9], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]];
    let found = quality(&rows, &wrong);
    assert_eq!(found.annotator_weights[3], EPSILON);
    assert!(close(found.annotator_weights[0], 1.0 / 3.0));
    assert!(close(found.model_weights[0], EPSILON * 2.0));
    assert!(found.posterior.rows().into_iter().all(|row| close(row.sum(), 1.0)));
}

#[test]
fn where_nobody_can_be_trusted_all_count_the_same_little() {
    let rows: [&[i32]; 3] = [&[0, 1], &[1, 0], &[0, 1]];
    let wrong = array![[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1]];
    let options = QualityOptions {
        consensus_methods: vec![ConsensusMethod::MajorityVote],
        ..QualityOptions::default()
    };
    let found = try_quality(&rows, &wrong, &options).unwrap();
    assert_eq!(found.annotator_weights, [EPSILON; 2]);
    assert!(close(found.model_weights[0], EPSILON * 2_f64.sqrt()));
    // Half of all labels equal the consensus, so that each says 1/4 about another class.
    let expected = (2_f64.sqrt() * 0.8 + 2.0 * 0.25) / (2_f64.sqrt() + 2.0);
    assert!(close(found.posterior[[0, 2]], expected));
    assert!(found.posterior.rows().into_iter().all(|row| close(row.sum(), 1.0)));
}

#[test]
fn an_annotator_on_their_own_has_no_quality_and_comes_last() {
    let probs = array![[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]];
    let found = quality(&[&[0, 0, -1], &[1, 0, -1], &[-1, -1, 1]], &probs);
    assert!(matches!(&found.notes[0], Note::AnnotatorsWithoutOverlap(ids) if ids.0 == [2]));
    let last = found.annotator_stats[2];
    assert_eq!((last.annotator.0, last.worst_class, last.num_examples_labeled), (2, Class(1), 1));
    assert!(last.quality.is_nan() && last.agreement_with_consensus == 1.0);
    assert!(found.annotator_stats[..2].iter().all(|stats| !stats.quality.is_nan()));
}

#[test]
fn the_one_label_of_an_example_can_be_overruled() {
    let probs = array![[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]];
    let found = quality(&[&[0, 0], &[1, 1], &[0, -1]], &probs);
    assert_eq!((found.consensus[2], found.annotator_agreement[2]), (Class(0), 1.0));
    let unsure: [&[i32]; 4] = [&[0, 0, 1], &[1, 0, 1], &[0, -1, -1], &[1, 1, 0]];
    let probs = array![[0.9, 0.1], [0.1, 0.9], [0.0001, 0.9999], [0.1, 0.9]];
    let found = quality(&unsure, &probs);
    assert_eq!((found.consensus[2], found.annotator_agreement[2]), (Class(1), 0.0));
}

#[test]
fn one_shared_example_is_enough() {
    let found = quality(&[&[0, 0, 1], &[1, -1, -1]], &array![[0.9, 0.1], [0.3, 0.7]]);
    assert!(found.quality.iter().all(|score| (0.0..=1.0).contains(score)));
    // A constant guess errs nowhere, so that every disagreement counts fully.
    assert_eq!(found.annotator_weights, [EPSILON; 3]);
}

#[test]
fn a_class_that_nobody_chose_can_win_and_one_that_was_chosen_can_be_lost() {
    let probs = array![[0.0, 0.01, 0.99], [0.99, 0.01, 0.0], [0.98, 0.02, 0.0]];
    let found = quality(&[&[0, 1], &[0, 1], &[0, 1]], &probs);
    assert_eq!(found.consensus[0], Class(2));
    let lost = |note: &Note| matches!(note, Note::ClassesLost { classes, .. } if classes.0 == [1]);
    assert!(found.notes.iter().any(lost), "{:?}", found.notes);
    let error = try_quality(&[&[0, 3], &[3, 3]], &uniform(2, 3), &QualityOptions::default());
    let expected = InputError::ClassWithoutColumn { highest: 3, n_classes: 3 };
    assert_eq!(error.unwrap_err(), expected.into());
}

#[test]
fn with_a_single_class_everything_is_certain() {
    let rows: [&[i32]; 2] = [&[0, 0], &[0, 0]];
    let probs = Array2::ones((2, 1));
    let found = quality(&rows, &probs);
    assert_eq!((found.quality, found.detailed[0].score), (vec![1.0, 1.0], 1.0));
    assert_eq!(temperature::search(&labels(&rows), probs.view()), 0.1);
    let found = scores(Some(&rows), &probs, &probs);
    assert_eq!((found.labeled, found.pool), (vec![1.0; 2], vec![1.0; 2]));
    let margin =
        QualityOptions { label_score: LabelScore::NormalizedMargin, ..QualityOptions::default() };
    let error = try_quality(&rows, &probs, &margin).unwrap_err();
    assert_eq!(error, OptionError::MarginOfOneClass.into());
    // Not as in cleanlab, which divides by ln 1.
    let label_score = LabelScore::ConfidenceWeightedEntropy;
    let entropy = QualityOptions { label_score, ..QualityOptions::default() };
    assert_eq!(try_quality(&rows, &probs, &entropy).unwrap().quality, [1.0; 2]);
}

#[test]
fn one_annotator_can_be_queried_but_not_judged() {
    let rows: [&[i32]; 2] = [&[0], &[1]];
    let probs = array![[0.9, 0.1], [0.4, 0.6]];
    let error = try_quality(&rows, &probs, &QualityOptions::default()).unwrap_err();
    assert_eq!(error, InputError::OneAnnotator.into());
    let found = scores(Some(&rows), &probs, &none());
    assert!(close(found.labeled[0], (2.0 * 0.9 + 0.5) / 3.0));
    assert!(close(found.labeled[1], (2.0 * 0.6 + 0.5) / 3.0));
}

#[test]
fn annotators_who_share_nothing_can_be_queried_but_not_judged() {
    let rows: [&[i32]; 2] = [&[0, -1], &[-1, 1]];
    let probs = array![[0.9, 0.1], [0.4, 0.6]];
    let error = try_quality(&rows, &probs, &QualityOptions::default()).unwrap_err();
    assert_eq!(error, InputError::NoOverlap.into());
    assert!(close(scores(Some(&rows), &probs, &none()).labeled[1], (2.0 * 0.6 + 0.5) / 3.0));
}

#[test]
fn one_example_works() {
    let found = quality(&[&[0, 0, 1]], &array![[0.7, 0.3]]);
    assert_eq!((found.consensus, found.annotator_agreement), (vec![Class(0)], vec![2.0 / 3.0]));
}

#[test]
fn a_tie_of_everything_is_decided_by_the_stream_where_cleanlab_fails() {
    let tied = labels(&[&[0, 1], &[1, 0]]);
    let votes = majority_vote(&tied, None, 2, FrequencyTie::Rarest, stream());
    assert_eq!(votes, majority_vote(&tied, None, 2, FrequencyTie::Rarest, stream()));
    assert_eq!(check_ties(&tied, None, 2, Compat::Corrected), Ok(()));
    let error = check_ties(&tied, None, 2, Compat::Cleanlab29);
    assert_eq!(error, Err(InputError::AllTied { example: 0 }));
    let check = |compat| check_active_lab(Some(&tied), &[uniform(2, 2).view()], &[], compat);
    assert!(check(Compat::Corrected).is_ok());
    assert_eq!(check(Compat::Cleanlab29), Err(InputError::AllTied { example: 0 }));
    let decided = array![[0.6, 0.4], [0.4, 0.6]];
    check_active_lab(Some(&tied), &[decided.view()], &[], Compat::Cleanlab29).unwrap();
}

#[test]
fn the_misplaced_counts_of_cleanlab_spare_a_table_without_gaps() {
    let probs = array![[0.1, 0.2, 0.7], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]];
    let full = labels(&[&[2, 2, 1], &[1, 1, 2], &[2, 2, 2]]);
    let with_gap = labels(&[&[2, 2, 1], &[1, 1, -1], &[2, 2, 2]]);
    let both = |labels| {
        let found = temperature::search(labels, probs.view());
        (found, temperature::search_cleanlab_2_9(labels, probs.view()))
    };
    let (right, compatible) = both(&full);
    assert_eq!(right, compatible);
    let (right, compatible) = both(&with_gap);
    assert!(compatible > right, "{compatible} {right}");
}

#[test]
fn a_pool_alone_is_scored_by_its_highest_probability() {
    let found = scores(None, &none(), &array![[0.7, 0.2, 0.1], [0.2, 0.4, 0.4]]);
    assert!(close(found.pool[0], (0.7 + 1.0 / 3.0) / 2.0));
    assert!(close(found.pool[1], (0.4 + 1.0 / 3.0) / 2.0));
}

#[test]
fn an_example_without_labels_scores_as_one_of_the_pool() {
    // The first model is trusted alone, and the other two outvote it on the last example.
    let models = [
        array![[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.02, 0.98]],
        array![[0.6, 0.4], [0.7, 0.3], [0.4, 0.6], [0.6, 0.4]],
        array![[0.6, 0.4], [0.7, 0.3], [0.4, 0.6], [0.6, 0.4]],
    ];
    let rows: [[&[i32]; 4]; 2] = [
        [&[0, 0], &[1, 1], &[0, 0], &[-1, -1]],
        // Without a second label anywhere.
        [&[0, -1], &[-1, 1], &[0, -1], &[-1, -1]],
    ];
    for rows in rows {
        let score = |n_labelled: usize| {
            let parts = models.each_ref().map(|model| model.view().split_at(Axis(0), n_labelled));
            let (probs, pool) = (parts.map(|(labelled, _)| labelled), parts.map(|(_, pool)| pool));
            let pool = if n_labelled == 4 { &[][..] } else { &pool };
            let labels = labels(&rows[..n_labelled]);
            active_lab(Some(&labels), &probs, pool, FrequencyTie::Rarest, stream())
        };
        let (apart, in_table) = (score(3), score(4));
        assert!(close(in_table.labeled[3], apart.pool[0]), "{in_table:?} {apart:?}");
        assert_eq!(in_table.labeled[..3], apart.labeled);
    }
}

#[test]
fn zeros_among_probabilities_are_fine() {
    let rows: [&[i32]; 3] = [&[0, 0], &[1, 1], &[1, 0]];
    let probs = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
    let options = QualityOptions { calibrate: true, ..QualityOptions::default() };
    let found = try_quality(&rows, &probs, &options).unwrap();
    assert!(found.quality.iter().all(|score| (0.0..=1.0).contains(score)));
    let scored = scores(Some(&rows), &probs, &probs);
    assert!(scored.labeled.iter().chain(&scored.pool).all(|score| (0.0..=1.0).contains(score)));
}

#[test]
fn the_same_consensus_method_twice_adds_the_same_columns() {
    let methods = vec![ConsensusMethod::BestQuality; 2];
    let options = QualityOptions { consensus_methods: methods, ..QualityOptions::default() };
    let found = try_quality(&[&[0, 0], &[1, 0]], &uniform(2, 2), &options).unwrap();
    assert_eq!(
        (&found.further[0].consensus, &found.further[0].quality),
        (&found.consensus, &found.quality)
    );
}
