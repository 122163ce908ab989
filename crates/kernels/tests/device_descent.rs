//! Steps of descent and what goes with them against plain loops on the host, see `device`.

#![allow(clippy::unwrap_used)]

mod plain;

use plain::{Noise, client, close, download, formats, reach, upload};
use relabel_kernels::{
    Array, BLOCK, Client, Descent, Fate, SINGLE, Segment, average, descend, integers, part, picked,
    read, singles, spread_out, zeros,
};

const STEPS: usize = 2;

/// Every fate, of one block, of several and of a part of one.
fn segments() -> Vec<Segment> {
    let mut start = 0;
    let all = [
        (Fate::Decayed, 3, [8, 24]),
        (Fate::Fixed, 3, [1, 10]),
        (Fate::Trained, 1, [16, 8]),
        (Fate::Running, 2, [1, 40]),
        (Fate::Trained, 2, [1, 72]),
        (Fate::Decayed, 9, [40, 16]),
    ];
    let segment = |(fate, matrices, matrix): (Fate, usize, [usize; 2])| {
        let length = matrices * matrix[0] * matrix[1];
        let segment = Segment { start, length, fate, matrix };
        start = segment.end();
        segment
    };
    all.map(segment).to_vec()
}

fn values(segments: &[Segment]) -> usize {
    segments.iter().map(Segment::end).max().unwrap()
}

fn table(client: &Client, segments: &[Segment]) -> Array {
    let table = Segment::table(segments);
    let blocks = values(segments) / BLOCK;
    integers(client, &table, &[blocks, table.len() / blocks])
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

#[test]
fn segments_lie_one_behind_the_other_at_multiples_of_a_block() {
    let segments = segments();
    let lengths = segments.iter().map(|segment| (segment.start, segment.end() / BLOCK));
    let expected = [(0, 5), (640, 6), (768, 7), (896, 8), (1024, 10), (1280, 55)];
    assert_eq!(lengths.collect::<Vec<_>>(), expected);
    assert!(Segment::table(&segments).len().is_multiple_of(values(&segments) / BLOCK));
}

#[test]
fn tensors_step_as_their_fates_say() {
    let client = client();
    let segments = segments();
    let n = values(&segments);
    let mut noise = Noise(1);
    let (before, speed, mut slopes) = (noise.take(n), noise.take(n), noise.take(n));
    for segment in &segments {
        // what lies between segments is nobody's
        slopes[segment.start + segment.length..segment.end()].fill(f32::NAN);
        match segment.fate {
            Fate::Fixed => slopes[segment.start..segment.end()].fill(f32::NAN),
            Fate::Trained | Fate::Decayed | Fate::Running => {
                let lost = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN];
                slopes[segment.start + 3..][..4].copy_from_slice(&lost);
            }
        }
    }
    let by = Descent { rate: 0.05, momentum: 0.9, decay: 0.5, share: 0.1, unscale: 0.25 };
    let [rate, momentum, decay, share, unscale] =
        [by.rate, by.momentum, by.decay, by.share, by.unscale].map(f64::from);
    let [mut values, mut velocity] = [&before, &speed].map(|values| wide(values));
    for segment in segments.iter().flat_map(|segment| [segment; STEPS]) {
        for at in segment.start..segment.start + segment.length {
            let slope = f64::from(slopes[at]);
            match segment.fate {
                Fate::Fixed => {}
                Fate::Running if slope.is_finite() => {
                    values[at] = (1.0 - share) * values[at] + share * slope;
                }
                Fate::Running => {}
                Fate::Trained | Fate::Decayed => {
                    let slope = if slope.is_finite() { slope * unscale } else { 0.0 };
                    let decay = if segment.fate == Fate::Decayed { decay } else { 0.0 };
                    velocity[at] = momentum * velocity[at] + slope;
                    values[at] = (1.0 - rate * decay) * values[at]
                        - rate * (slope + momentum * velocity[at]);
                }
            }
        }
    }
    let [found, speed] = [&before, &speed].map(|values| singles(&client, values, &[n]));
    let slopes = singles(&client, &slopes, &[n]);
    for _ in 0..STEPS {
        descend(&client, &found, &speed, &slopes, &table(&client, &segments), by);
    }
    close(&read(&client, &found).unwrap(), &values, reach(SINGLE), "values");
    close(&read(&client, &speed).unwrap(), &velocity, reach(SINGLE), "velocity");
}

#[test]
fn matrices_are_turned_and_values_copied_within_their_segments() {
    let client = client();
    let segments = segments();
    let n = values(&segments);
    let values = Noise(2).take(n);
    let untouched = vec![7.0; n];
    let mut straight = vec![7.0; n];
    let mut turned = vec![7.0; n];
    for segment in &segments {
        let [rows, columns] = segment.matrix;
        for at in 0..segment.length {
            let (matrix, row) = (at / (rows * columns), at / columns % rows);
            let to = (matrix * columns + at % columns) * rows + row;
            straight[segment.start + at] = f64::from(values[segment.start + at]);
            turned[segment.start + to] = f64::from(values[segment.start + at]);
        }
    }
    let values = singles(&client, &values, &[n]);
    let table = table(&client, &segments);
    for elem in formats(&client) {
        for copying in [false, true] {
            let [copy, round] = [(); 2].map(|()| upload(&client, &untouched, &[n], elem));
            spread_out(&client, &values, &table, copying.then_some(&copy), &round);
            let what = format!("{elem:?} {copying}");
            close(&download(&client, &round), &turned, 1e-9, &what);
            let expected = if copying { straight.clone() } else { wide(&untouched) };
            close(&download(&client, &copy), &expected, 1e-9, &what);
        }
    }
}

#[test]
fn an_average_drifts_and_begins_as_a_copy_of_the_values() {
    let client = client();
    for n in [8, 128, 3000] {
        let mut noise = Noise(3);
        let (old, new) = (noise.take(n), noise.take(n));
        let mixed = old.iter().zip(&new).map(|(&a, &w)| 0.75 * f64::from(a) + 0.25 * f64::from(w));
        let mixed: Vec<f64> = mixed.collect();
        let values = singles(&client, &new, &[n]);
        let found = singles(&client, &old, &[n]);
        average(&client, &found, &values, 0.75);
        close(&read(&client, &found).unwrap(), &mixed, reach(SINGLE), "drift");
        for nothing in [f32::NAN, f32::INFINITY] {
            let found = singles(&client, &vec![nothing; n], &[n]);
            average(&client, &found, &values, 0.0);
            assert!(read(&client, &found).unwrap() == new, "{nothing}");
        }
        assert!(read(&client, &values).unwrap() == new);
    }
}

#[test]
fn a_part_is_of_the_array_itself() {
    let client = client();
    for elem in formats(&client) {
        let mut values = Noise(4).take(5 * BLOCK);
        let whole = upload(&client, &values, &[5 * BLOCK], elem);
        let middle = part(&whole, BLOCK, &[3, BLOCK]);
        assert!(download(&client, &middle) == values[BLOCK..4 * BLOCK], "{elem:?}");
        let inner = part(&middle, BLOCK, &[2, 3, 5]);
        assert!(download(&client, &inner) == values[2 * BLOCK..][..30], "{elem:?}");
        let end = part(&whole, 4 * BLOCK, &[BLOCK]);
        assert!(download(&client, &end) == values[4 * BLOCK..], "{elem:?}");
        if elem == SINGLE {
            let ones = singles(&client, &[1.0; 30], &[30]);
            average(&client, &inner, &ones, 0.0);
            values[2 * BLOCK..][..30].fill(1.0);
            assert!(download(&client, &whole) == values);
        }
    }
}

#[test]
fn zeros_are_zeros_where_something_else_was() {
    let client = client();
    for n in [1, 130, 70_000] {
        drop(singles(&client, &vec![f32::NAN; n], &[n]));
        assert!(read(&client, &zeros(&client, &[n])).unwrap() == vec![0.0; n]);
    }
}

#[test]
fn blocks_are_picked_from_where_the_sources_say() {
    let client = client();
    let values = Noise(5).take(3 * BLOCK + 20);
    let sources = [BLOCK, 0, 3 * BLOCK, BLOCK / 2, BLOCK];
    // behind the last value anything may be found
    let expected = sources.map(|start| &values[start..values.len().min(start + BLOCK)]);
    let array = singles(&client, &values, &[values.len()]);
    let sources = integers(&client, &sources.map(|start| start as i32), &[sources.len()]);
    let found = read(&client, &picked(&client, &array, &sources)).unwrap();
    assert_eq!(found.len(), expected.len() * BLOCK);
    for (found, expected) in found.chunks(BLOCK).zip(expected) {
        assert!(found.starts_with(expected));
    }
}
