//! What must hold for label quality and ActiveLab whatever the input: ranges, no
//! stray NaN, the same results however examples, annotators and classes are numbered,
//! and the same bytes on any number of threads.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView2, Axis};
use proptest::prelude::*;
use relabel_scoring::{
    AnnotatorId, Class, ConsensusMethod, ExampleId, FrequencyTie, LabelQuality, LabelScore, Labels,
    QualityMethod, QualityOptions, Round, Seed, Stream, active_lab, label_quality,
    stream::{below, uniform},
};

/// Sums run in another order when examples or annotators are renumbered.
const TOLERANCE: f64 = 1e-9;

type Event = (usize, usize, usize);

#[derive(Clone, Debug)]
struct Crowd {
    n_examples: usize,
    n_annotators: usize,
    n_classes: usize,
    events: Vec<Event>,
    models: Vec<Array2<f64>>,
}

impl Crowd {
    /// Labels that are right more often than not, models likewise. Each example
    /// has about `density` of all labels; the first one has two or more.
    fn new(shape: (usize, usize, usize, usize), density: f64, seed: u64) -> Self {
        let (n_examples, n_annotators, n_classes, n_models) = shape;
        let mut rng = Stream::new(Seed(seed), "crowd", Round(0), 0).rng();
        let mut events = Vec::new();
        let mut models = vec![Array2::zeros((n_examples, n_classes)); n_models];
        for example in 0..n_examples {
            let truth = below(&mut rng, n_classes);
            for annotator in 0..n_annotators {
                let forced = example == 0 && annotator < 2;
                if uniform(&mut rng) < density || forced {
                    let right = uniform(&mut rng) < 0.6;
                    let class = if right { truth } else { below(&mut rng, n_classes) };
                    events.push((example, annotator, class));
                }
            }
            for model in &mut models {
                let mut row = model.row_mut(example);
                row.mapv_inplace(|_| 0.01 + uniform(&mut rng));
                row[truth] += 0.7;
                let sum = row.sum();
                row /= sum;
            }
        }
        Self { n_examples, n_annotators, n_classes, events, models }
    }

    fn labels(&self) -> Labels {
        let events = self.events.iter().map(|&(example, annotator, class)| {
            (ExampleId(example as u32), AnnotatorId(annotator as u32), Class(class as u16))
        });
        Labels::from_events(self.n_examples, self.n_annotators, events).unwrap()
    }

    fn views(&self) -> Vec<ArrayView2<'_, f64>> {
        self.models.iter().map(|model| model.view()).collect()
    }

    fn quality(&self, options: &QualityOptions) -> LabelQuality {
        label_quality(&self.labels(), &self.views(), options, stream()).unwrap()
    }

    fn active_lab(&self) -> relabel_scoring::ActiveLabScores {
        let (labels, views) = (self.labels(), self.views());
        active_lab(Some(&labels), &views, &views, FrequencyTie::Rarest, stream())
    }

    fn renumbered(&self, number: impl Fn(Event) -> Event) -> Self {
        Self { events: self.events.iter().copied().map(number).collect(), ..self.clone() }
    }
}

fn stream() -> Stream {
    Stream::new(Seed(0), "properties", Round(0), 0)
}

fn crowds() -> impl Strategy<Value = Crowd> {
    let shape = (2_usize..14, 2_usize..6, 2_usize..5, 1_usize..4);
    (shape, 0.2..1.0, any::<u64>())
        .prop_map(|(shape, density, seed)| Crowd::new(shape, density, seed))
}

fn options() -> impl Strategy<Value = QualityOptions> {
    use ConsensusMethod::{BestQuality, MajorityVote};
    let methods = prop_oneof![
        Just(vec![BestQuality]),
        Just(vec![MajorityVote]),
        Just(vec![BestQuality, MajorityVote]),
    ];
    let quality = prop_oneof![Just(QualityMethod::Crowdlab), Just(QualityMethod::Agreement)];
    let scores = prop_oneof![
        Just((LabelScore::SelfConfidence, false)),
        Just((LabelScore::SelfConfidence, true)),
        Just((LabelScore::NormalizedMargin, false)),
        Just((LabelScore::NormalizedMargin, true)),
        Just((LabelScore::ConfidenceWeightedEntropy, false)),
    ];
    (methods, quality, scores, any::<bool>()).prop_map(
        |(consensus_methods, quality_method, (label_score, adjust_pred_probs), calibrate)| {
            QualityOptions {
                consensus_methods,
                quality_method,
                label_score,
                adjust_pred_probs,
                calibrate,
                ..QualityOptions::default()
            }
        },
    )
}

/// A permutation of `0..n`: position -> new number.
fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..n).collect();
    let mut rng = Stream::new(Seed(seed), "permutation", Round(0), 0).rng();
    relabel_scoring::stream::shuffle(&mut rng, &mut numbers);
    numbers
}

fn inverse(numbers: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; numbers.len()];
    numbers.iter().enumerate().for_each(|(old, &new)| inverse[new] = old);
    inverse
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE || (a.is_nan() && b.is_nan())
}

fn all_close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b))
}

fn is_share(value: f64) -> bool {
    (-1e-12..=1.0 + 1e-12).contains(&value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn scores_are_shares_and_numbers(crowd in crowds(), options in options()) {
        let found = crowd.quality(&options);
        let labels = crowd.labels();
        prop_assert!(found.quality.iter().all(|&score| is_share(score)));
        prop_assert!(found.posterior.iter().all(|&p| is_share(p)));
        prop_assert!(found.posterior.sum_axis(Axis(1)).iter().all(|&sum| close(sum, 1.0)));
        prop_assert!(found.detailed.iter().all(|detail| is_share(detail.score)));
        for further in &found.further {
            prop_assert!(further.quality.iter().all(|&score| is_share(score)));
        }
        for (agreement, &n) in found.annotator_agreement.iter().zip(&found.num_annotations) {
            prop_assert_eq!(agreement.is_nan(), n == 0);
            prop_assert!(n == 0 || is_share(*agreement));
        }
        for row in &found.annotator_stats {
            let given = labels.of_annotator(row.annotator);
            let alone = given.iter().all(|(id, _)| labels.of_example(*id).len() == 1);
            prop_assert!(is_share(row.agreement_with_consensus));
            prop_assert_eq!(row.quality.is_nan(), alone);
            prop_assert!(alone || is_share(row.quality));
        }
        let weights = found.annotator_weights.iter().chain(&found.model_weights);
        prop_assert!(weights.clone().all(|weight| weight.is_finite() && *weight > 0.0));
        let scores = crowd.active_lab();
        prop_assert!(scores.labeled.iter().chain(&scores.pool).all(|&score| is_share(score)));
    }

    #[test]
    fn overruled_are_the_votes_that_were_cast(crowd in crowds(), options in options()) {
        use ConsensusMethod::{BestQuality, MajorityVote};
        let of = |consensus_methods| {
            crowd.quality(&QualityOptions { consensus_methods, ..options.clone() })
        };
        prop_assert_eq!(of(vec![MajorityVote]).n_overruled, 0);
        let best = of(vec![BestQuality, MajorityVote]);
        let votes = best.consensus.iter().zip(&best.further[0].consensus);
        prop_assert_eq!(best.n_overruled, votes.filter(|(best, vote)| best != vote).count());
    }

    #[test]
    fn examples_may_come_in_any_order(crowd in crowds(), options in options(), seed: u64) {
        let numbers = shuffled(crowd.n_examples, seed);
        let old = inverse(&numbers);
        let mut other = crowd.renumbered(|(example, a, c)| (numbers[example], a, c));
        other.models = crowd.models.iter().map(|model| model.select(Axis(0), &old)).collect();
        let (a, b) = (crowd.quality(&options), other.quality(&options));
        let moved: Vec<Class> = old.iter().map(|&row| a.consensus[row]).collect();
        prop_assert_eq!(&moved, &b.consensus);
        let moved: Vec<f64> = old.iter().map(|&row| a.quality[row]).collect();
        prop_assert!(all_close(&moved, &b.quality));
        prop_assert!(all_close(&a.annotator_weights, &b.annotator_weights));
        let (a, b) = (crowd.active_lab(), other.active_lab());
        let moved: Vec<f64> = old.iter().map(|&row| a.labeled[row]).collect();
        prop_assert!(all_close(&moved, &b.labeled));
    }

    #[test]
    fn annotators_may_come_in_any_order(crowd in crowds(), options in options(), seed: u64) {
        let numbers = shuffled(crowd.n_annotators, seed);
        let old = inverse(&numbers);
        let other = crowd.renumbered(|(example, a, c)| (example, numbers[a], c));
        let (a, b) = (crowd.quality(&options), other.quality(&options));
        prop_assert_eq!(&a.consensus, &b.consensus);
        prop_assert!(all_close(&a.quality, &b.quality));
        if options.quality_method == QualityMethod::Crowdlab {
            let moved: Vec<f64> = old.iter().map(|&at| a.annotator_weights[at]).collect();
            prop_assert!(all_close(&moved, &b.annotator_weights));
        }
        for row in &a.annotator_stats {
            let moved = AnnotatorId(numbers[row.annotator.at()] as u32);
            let twin = b.annotator_stats.iter().find(|row| row.annotator == moved).unwrap();
            prop_assert!(close(row.quality, twin.quality));
            prop_assert_eq!(row.agreement_with_consensus, twin.agreement_with_consensus);
        }
    }

    #[test]
    fn classes_may_have_any_names(crowd in crowds(), options in options(), seed: u64) {
        let numbers = shuffled(crowd.n_classes, seed);
        let old = inverse(&numbers);
        let mut other = crowd.renumbered(|(example, a, class)| (example, a, numbers[class]));
        other.models = crowd.models.iter().map(|model| model.select(Axis(1), &old)).collect();
        let (a, b) = (crowd.quality(&options), other.quality(&options));
        let named: Vec<Class> =
            a.consensus.iter().map(|class| Class(numbers[class.at()] as u16)).collect();
        prop_assert_eq!(&named, &b.consensus);
        prop_assert!(all_close(&a.quality, &b.quality));
        let posterior = a.posterior.select(Axis(1), &old);
        prop_assert!(posterior.iter().zip(&b.posterior).all(|(&a, &b)| close(a, b)));
        prop_assert_eq!(a.temperatures, b.temperatures);
    }

    #[test]
    fn probabilities_of_single_precision_are_as_good(crowd in crowds(), options in options()) {
        let mut single = crowd.clone();
        for model in &mut single.models {
            model.mapv_inplace(|p| f64::from(p as f32));
        }
        let (a, b) = (crowd.quality(&options), single.quality(&options));
        // Ties and grid points may fall otherwise, ranges must not.
        let near_share = |score: &f64| (-1e-6..=1.0 + 1e-6).contains(score);
        prop_assert!(b.quality.iter().all(near_share) && b.posterior.iter().all(near_share));
        if a.consensus == b.consensus && a.temperatures == b.temperatures {
            prop_assert!(a.quality.iter().zip(&b.quality).all(|(a, b)| (a - b).abs() < 1e-4));
        }
        prop_assert!(single.active_lab().labeled.iter().all(near_share));
    }

    #[test]
    fn who_has_no_labels_changes_nothing(crowd in crowds(), options in options()) {
        prop_assume!(!options.adjust_pred_probs);
        let mut other = crowd.clone();
        other.n_annotators += 1;
        other.n_examples += 1;
        for model in &mut other.models {
            let uniform = ndarray::Array1::from_elem(crowd.n_classes, 1.0 / crowd.n_classes as f64);
            model.push_row(uniform.view()).unwrap();
        }
        let (a, b) = (crowd.quality(&options), other.quality(&options));
        prop_assert_eq!(&a.consensus[..], &b.consensus[..crowd.n_examples]);
        prop_assert!(all_close(&a.quality, &b.quality[..crowd.n_examples]));
        prop_assert_eq!(a.annotator_stats.len(), b.annotator_stats.len());
        for (a, b) in a.annotator_stats.iter().zip(&b.annotator_stats) {
            prop_assert_eq!(a.annotator, b.annotator);
            prop_assert!(close(a.quality, b.quality));
        }
        prop_assert!(!b.notes.is_empty());
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for n_models in [1, 3] {
        // Large enough to be shared out among threads.
        let crowd = Crowd::new((70_000, 30, 4, n_models), 0.1, 7);
        for calibrate in [false, true] {
            let options = QualityOptions { calibrate, ..QualityOptions::default() };
            let on = |n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                // Debug prints every float so that it reads back to the same bits.
                pool.install(|| format!("{:?} {:?}", crowd.quality(&options), crowd.active_lab()))
            };
            let one = on(1);
            assert!(one == on(2) && one == on(8));
        }
    }
}
