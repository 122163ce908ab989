//! `cargo bench -p relabel-scoring`: label quality and ActiveLab on simulated
//! crowds, one thread, milliseconds (minimum and median of 11 calls).
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use ndarray::Array2;
use relabel_scoring::{
    AnnotatorId, Class, ExampleId, FrequencyTie, Labels, QualityOptions, Round, Seed, Stream,
    active_lab, label_quality,
    stream::{below, shuffle, uniform},
};

/// Examples, annotators, classes, labels per example.
const CROWDS: [(usize, usize, usize, usize); 3] =
    [(10_000, 200, 10, 3), (100_000, 1_000, 10, 5), (5_000, 2_571, 10, 51)];

fn main() {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    pool.install(|| CROWDS.into_iter().for_each(bench));
}

fn bench((n, m, k, per): (usize, usize, usize, usize)) {
    let stream = Stream::new(Seed(1), "bench", Round(0), 0);
    let (labels, probs) = crowd(n, m, k, per, stream);
    let options = QualityOptions::default();
    let quality = time(|| {
        label_quality(&labels, &[probs.view()], &options, stream).expect("the input is valid");
    });
    let ties = FrequencyTie::Rarest;
    let scores = time(|| {
        active_lab(Some(&labels), &[probs.view()], &[probs.view()], ties, stream);
    });
    println!("{n} x {m} x {k}, {per} labels each: label quality {quality}, ActiveLab {scores}");
}

fn time(call: impl Fn()) -> String {
    let mut ms: Vec<f64> = (0..11)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    ms.sort_by(f64::total_cmp);
    format!("{:.1} / {:.1} ms", ms[0], ms[5])
}

fn crowd(n: usize, m: usize, k: usize, per: usize, stream: Stream) -> (Labels, Array2<f64>) {
    let mut rng = stream.rng();
    let mut annotators: Vec<u32> = (0..m as u32).collect();
    let mut events = Vec::with_capacity(n * per);
    let mut probs = Array2::zeros((n, k));
    for example in 0..n {
        let truth = below(&mut rng, k);
        if example % 50 == 0 {
            shuffle(&mut rng, &mut annotators);
        }
        let first = below(&mut rng, m - per);
        for &annotator in &annotators[first..first + per] {
            let right = uniform(&mut rng) < 0.8;
            let class = if right { truth } else { below(&mut rng, k) };
            events.push((ExampleId(example as u32), AnnotatorId(annotator), Class(class as u16)));
        }
        let mut row = probs.row_mut(example);
        for (class, value) in row.iter_mut().enumerate() {
            let lift = if class == truth { 3.0 } else { 0.0 };
            *value = (lift + 3.0 * uniform(&mut rng)).exp();
        }
        let sum = row.sum();
        row /= sum;
    }
    (Labels::from_events(n, m, events).expect("the events are valid"), probs)
}
