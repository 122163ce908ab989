//! Features, scores and their cross-entropies against plain loops on the host, see `device`.

mod plain;

use plain::{Noise, client, close, download, formats, reach, upload};
use relabel_kernels::{SINGLE, Scales, cross_entropy, means, rows_of_scores};

#[test]
fn means_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for (images, positions, channels) in [(3, 1, 8), (6, 49, 136), (20, 64, 24)] {
            let rows = Noise(1).take(images * positions * channels);
            let mut expected = vec![0.0; images * channels];
            for (at, &x) in rows.iter().enumerate() {
                let image = at / channels / positions;
                expected[image * channels + at % channels] += f64::from(x) / positions as f64;
            }
            let rows = upload(&client, &rows, &[images * positions, channels], elem);
            let found = means(&client, &rows, positions);
            assert!(found.dtype == SINGLE);
            let what = format!("{elem:?} {images} x {positions} x {channels}");
            close(&download(&client, &found), &expected, 1e-5, &what);
        }
    }
}

#[test]
fn rows_of_scores_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for (members, images, positions, channels, classes) in
            [(1, 3, 1, 8, 8), (3, 6, 16, 24, 10), (2, 10, 49, 136, 104)]
        {
            let mut noise = Noise(2);
            let scores = noise.take(images * classes);
            let weights = noise.take(members * channels * classes);
            let value = |at: usize| {
                let (image, channel) = (at / channels / positions, at % channels);
                let member = image / (images / members);
                let term = |class: usize| {
                    let weight = weights[(member * channels + channel) * classes + class];
                    f64::from(scores[image * classes + class]) * f64::from(weight)
                };
                (0..classes).map(term).sum::<f64>() / positions as f64
            };
            let expected: Vec<f64> = (0..images * positions * channels).map(value).collect();
            let scores = upload(&client, &scores, &[images, classes], SINGLE);
            let weights = upload(&client, &weights, &[members, channels, classes], SINGLE);
            let found = rows_of_scores(&client, &scores, &weights, positions, elem);
            assert!(found.dtype == elem);
            let what = format!("{elem:?} {members} {images} x {positions} x {channels}, {classes}");
            close(&download(&client, &found), &expected, reach(elem), &what);
        }
    }
}

#[test]
fn cross_entropies_are_added_and_their_slopes_end_with_the_classes() {
    let client = client();
    for (images, classes, width) in [(1, 8, 8), (300, 10, 16), (40, 100, 104), (5, 1, 8)] {
        let mut noise = Noise(3);
        // far enough apart for an exponential of the scores themselves to overflow
        let scores: Vec<f32> = noise.take(images * width).iter().map(|x| x * 1000.0).collect();
        let mut targets: Vec<f32> =
            noise.take(images * classes).iter().map(|x| x.abs() / classes as f32).collect();
        // an image that does not count
        targets[..classes].fill(0.0);
        let before = noise.take(images);
        let scales = Scales { scores: 0.125, slopes: 3.0 };

        let mut losses = vec![0.0; images];
        let mut slopes = vec![0.0; images * width];
        for image in 0..images {
            let score =
                |class: usize| f64::from(scores[image * width + class]) * f64::from(scales.scores);
            let target = |class: usize| f64::from(targets[image * classes + class]);
            let most = (0..classes).map(score).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = (0..classes).map(|class| (score(class) - most).exp()).sum();
            let weight: f64 = (0..classes).map(target).sum();
            losses[image] = f64::from(before[image]);
            for class in 0..classes {
                let chance = (score(class) - most).exp() / sum;
                losses[image] -= target(class) * (score(class) - most - sum.ln());
                slopes[image * width + class] =
                    (weight * chance - target(class)) * f64::from(scales.slopes);
            }
        }
        let scores = upload(&client, &scores, &[images, width], SINGLE);
        let targets = upload(&client, &targets, &[images, classes], SINGLE);
        let found = upload(&client, &before, &[images], SINGLE);
        let back = download(&client, &cross_entropy(&client, &scores, &targets, &found, scales));
        let what = format!("{images} x {classes} of {width}");
        close(&download(&client, &found), &losses, 1e-5, &format!("{what}, losses"));
        close(&back, &slopes, 1e-5, &format!("{what}, slopes"));
        let mut beyond = back.chunks(width).flat_map(|row| &row[classes..]);
        assert!(beyond.all(|&slope| slope == 0.0), "{what}");
    }
}
