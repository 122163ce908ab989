//! What every strategy promises, whatever it is: one score per example, the same
//! ones for the same stream, finite where the protocol is the corrected one, and
//! no dependence on the order of models' rows beyond their own.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use relabel_experiment::{
    config::Protocol,
    strategy::{ConsensusView, PoolView, STRATEGIES, StrategyInfo, StreamDraws},
};
use relabel_scoring::{
    AnnotatorId, Class, ExampleId, FrequencyTie, Labels, Round, Seed, Stream,
    stream::{below, uniform},
};

const N: usize = 40;
const N_POOL: usize = 25;
const K: usize = 4;

struct Crowd {
    labels: Labels,
    labeled: Vec<Array2<f64>>,
    pool: Vec<Array2<f64>>,
}

fn probs(n: usize, stream: Stream) -> Array2<f64> {
    let mut rng = stream.rng();
    let mut probs = Array2::from_shape_fn((n, K), |_| uniform(&mut rng).powi(3) + 1e-3);
    for mut row in probs.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    probs
}

fn crowd(info: &StrategyInfo, seed: u64) -> Crowd {
    let stream = Stream::new(Seed(seed), "contract", Round(0), 0);
    let mut rng = stream.rng();
    let mut events = Vec::new();
    for example in 0..N as u32 {
        let first = below(&mut rng, 6) as u32;
        for annotator in first..first + 1 + below(&mut rng, 3) as u32 {
            let class = Class(below(&mut rng, K) as u16);
            events.push((ExampleId(example), AnnotatorId(annotator), class));
        }
    }
    let models = if info.ensemble { 3 } else { 1 };
    Crowd {
        labels: Labels::from_events(N, 9, events).unwrap(),
        labeled: (0..models).map(|model| probs(N, stream.child(model))).collect(),
        pool: (0..models).map(|model| probs(N_POOL, stream.child(10 + model))).collect(),
    }
}

fn scores(info: &StrategyInfo, crowd: &Crowd, protocol: Protocol, round: usize) -> Vec<f64> {
    let strategy = info.build();
    let stream = Stream::new(Seed(1), "strategy", Round(round as u16), 0);
    let ties = FrequencyTie::Rarest;
    let consensus = strategy.consensus(&ConsensusView {
        labels: &crowd.labels,
        n_classes: K,
        previous: (round > 0).then_some(crowd.labeled.as_slice()),
        protocol,
        ties,
        stream,
    });
    assert_eq!(consensus.labels.len(), N, "{}", info.name);
    let view = PoolView {
        round,
        labels: &crowd.labels,
        n_classes: K,
        consensus: &consensus,
        labeled: &crowd.labeled,
        pool: &crowd.pool,
        protocol,
        ties,
        stream,
    };
    let scores = strategy.scores(&view, &mut StreamDraws::new(stream));
    assert_eq!((scores.labeled.len(), scores.pool.len()), (N, N_POOL), "{}", info.name);
    [scores.labeled, scores.pool].concat()
}

#[test]
fn the_same_stream_gives_the_same_scores() {
    for info in STRATEGIES {
        for protocol in [Protocol::Published, Protocol::Corrected] {
            for round in [0, 1] {
                let crowd = crowd(info, 5);
                let bits = |scores: Vec<f64>| -> Vec<u64> {
                    scores.into_iter().map(f64::to_bits).collect()
                };
                let first = bits(scores(info, &crowd, protocol, round));
                assert_eq!(first, bits(scores(info, &crowd, protocol, round)), "{}", info.name);
            }
        }
    }
}

#[test]
fn corrected_scores_can_be_ordered() {
    for info in STRATEGIES {
        for seed in 0..20 {
            let crowd = crowd(info, seed);
            let scores = scores(info, &crowd, Protocol::Corrected, 1);
            assert!(scores.iter().all(|score| !score.is_nan()), "{}: {scores:?}", info.name);
            let different = scores.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(different > N / 2, "{} hardly tells examples apart", info.name);
        }
    }
}

#[test]
fn scores_belong_to_examples_and_not_to_positions() {
    // Strategies that draw are left out: their numbers go by position on purpose.
    for info in STRATEGIES.iter().filter(|info| !info.name.contains("random")) {
        let crowd = crowd(info, 9);
        let straight = scores(info, &crowd, Protocol::Corrected, 1);
        let reversed: Vec<usize> = (0..N_POOL).rev().collect();
        let turned = Crowd {
            pool: crowd.pool.iter().map(|p| p.select(ndarray::Axis(0), &reversed)).collect(),
            ..crowd
        };
        let turned = scores(info, &turned, Protocol::Corrected, 1);
        for (a, b) in straight[N..].iter().zip(turned[N..].iter().rev()) {
            assert!(a == b || (a - b).abs() < 1e-12, "{}: {a} and {b}", info.name);
        }
    }
}
