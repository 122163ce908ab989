//! Products and maxima against plain loops on the host, on whatever device is found: a
//! GPU or a software rasteriser. What the device cannot do is said and skipped.

#![allow(clippy::unwrap_used)]

mod plain;

use plain::{Noise, client, close, download, formats, reach, upload};
use relabel_kernels::{
    Client, ElemType, Multiplier, Phases, SINGLE, Windows, empty, gram, integers, maxima,
    maxima_gradient, product,
};

/// Both tables of square windows.
struct Slide {
    forward: Vec<i32>,
    back: Vec<i32>,
    ins: usize,
    outs: usize,
    taps: usize,
}

impl Slide {
    fn new(side: usize, size: usize, stride: usize, pad: usize) -> Self {
        let written = (side + 2 * pad - size) / stride + 1;
        let (ins, outs, taps) = (side * side, written * written, size * size);
        let mut forward = vec![-1; outs * taps];
        let mut back = vec![-1; ins * taps];
        for out in 0..outs {
            for tap in 0..taps {
                let at = |out: usize, tap: usize| {
                    (out * stride + tap).checked_sub(pad).filter(|&at| at < side)
                };
                let row = at(out / written, tap / size);
                if let Some((row, column)) = row.zip(at(out % written, tap % size)) {
                    forward[out * taps + tap] = (row * side + column) as i32;
                    back[(row * side + column) * taps + tap] = out as i32;
                }
            }
        }
        Self { forward, back, ins, outs, taps }
    }

    fn windows(&self, client: &Client) -> Windows {
        let Self { ins, outs, taps, .. } = *self;
        let table = integers(client, &self.forward, &[outs, taps]);
        Windows { table, ins, outs, taps, phases: None }
    }

    fn back(&self, client: &Client) -> Windows {
        let Self { ins, outs, taps, .. } = *self;
        let table = integers(client, &self.back, &[ins, taps]);
        Windows { table, ins: outs, outs: ins, taps, phases: None }
    }

    /// Every (image, written position, tap, row that is read).
    fn reads(&self, images: usize) -> impl Iterator<Item = (usize, usize, usize, usize)> + '_ {
        (0..images).flat_map(move |image| {
            (0..self.outs * self.taps).filter_map(move |at| {
                let read = usize::try_from(self.forward[at]).ok()?;
                Some((image, at / self.taps, at % self.taps, image * self.ins + read))
            })
        })
    }
}

struct Case {
    slide: Slide,
    members: usize,
    images: usize,
    inputs: usize,
    outputs: usize,
}

fn cases() -> Vec<(String, Case)> {
    [
        (8, 3, 1, 1, 1, 3, 8, 16),
        (8, 3, 1, 1, 2, 4, 24, 64),
        (9, 3, 2, 1, 5, 10, 16, 72),
        (7, 1, 2, 0, 1, 3, 64, 136),
        (17, 2, 1, 0, 2, 4, 8, 24),
        (14, 7, 2, 3, 1, 2, 8, 64),
        (16, 3, 1, 1, 1, 20, 64, 128),
        (16, 3, 1, 1, 1, 17, 16, 64),
        (16, 3, 1, 1, 2, 34, 24, 16),
        (16, 3, 1, 1, 1, 17, 16, 24),
        // for a gram 368 parts, 23 for every unit that adds them up
        (32, 1, 1, 0, 1, 184, 8, 8),
    ]
    .into_iter()
    .map(|(side, size, stride, pad, members, images, inputs, outputs)| {
        let name = format!("{size}x{size} of {side}, stride {stride}, {inputs} to {outputs}");
        let slide = Slide::new(side, size, stride, pad);
        (name, Case { slide, members, images, inputs, outputs })
    })
    .collect()
}

/// Every way in which the device multiplies, by format.
fn multipliers(client: &Client) -> Vec<(ElemType, Multiplier)> {
    let all = |elem| Multiplier::all(client, elem).into_iter().map(move |by| (elem, by));
    formats(client).into_iter().flat_map(all).collect()
}

impl Case {
    fn rows(&self) -> Vec<f32> {
        Noise(1).take(self.images * self.slide.ins * self.inputs)
    }

    fn slopes(&self) -> Vec<f32> {
        Noise(2).take(self.images * self.slide.outs * self.outputs)
    }

    fn weights(&self) -> Vec<f32> {
        Noise(3).take(self.members * self.slide.taps * self.inputs * self.outputs)
    }
}

#[test]
fn products_are_those_of_plain_loops() {
    let client = client();
    for (elem, by) in multipliers(&client) {
        for (name, case) in cases() {
            let Case { ref slide, members, images, inputs, outputs } = case;
            let (rows, weights) = (case.rows(), case.weights());
            let mut expected = vec![0.0; images * slide.outs * outputs];
            for (image, out, tap, read) in slide.reads(images) {
                let member = image / (images / members);
                let to = (image * slide.outs + out) * outputs;
                for input in 0..inputs {
                    let factor = f64::from(rows[read * inputs + input]);
                    let from = ((member * slide.taps + tap) * inputs + input) * outputs;
                    for output in 0..outputs {
                        expected[to + output] += factor * f64::from(weights[from + output]);
                    }
                }
            }
            let shape = [members, slide.taps * inputs, outputs];
            let weights = upload(&client, &weights, &shape, elem);
            let rows = upload(&client, &rows, &[images * slide.ins, inputs], elem);
            let run = || {
                download(&client, &product(&client, by, &rows, &slide.windows(&client), &weights))
            };
            let found = run();
            close(&found, &expected, reach(elem), &format!("{elem:?}, {by}, {name}"));
            assert!(found == run(), "{by}, {name}: other bytes");
        }
    }
}

#[test]
fn grams_are_those_of_plain_loops() {
    let client = client();
    for (elem, by) in multipliers(&client) {
        for (name, case) in cases() {
            let Case { ref slide, members, images, inputs, outputs } = case;
            let (rows, slopes) = (case.rows(), case.slopes());
            let mut expected = vec![0.0; members * slide.taps * inputs * outputs];
            for (image, out, tap, read) in slide.reads(images) {
                let member = image / (images / members);
                let from = (image * slide.outs + out) * outputs;
                for input in 0..inputs {
                    let factor = f64::from(rows[read * inputs + input]);
                    let to = ((member * slide.taps + tap) * inputs + input) * outputs;
                    for output in 0..outputs {
                        expected[to + output] += factor * f64::from(slopes[from + output]);
                    }
                }
            }
            let rows = upload(&client, &rows, &[images * slide.ins, inputs], elem);
            let slopes = upload(&client, &slopes, &[images * slide.outs, outputs], elem);
            let windows = slide.windows(&client);
            let run = || {
                let sums = empty(&client, &[members, slide.taps * inputs, outputs], SINGLE);
                gram(&client, by, &rows, &windows, &slopes, &sums);
                download(&client, &sums)
            };
            let found = run();
            close(&found, &expected, 1e-4, &format!("{elem:?}, {by}, {name}"));
            assert!(found == run(), "{by}, {name}: other bytes");
        }
    }
}

#[test]
fn the_table_from_the_other_side_turns_a_product_round() {
    // <convolve(x), g> = <x, input gradient(g)>
    let client = client();
    let by = Multiplier::plain(&client, SINGLE);
    for (name, case) in cases() {
        let Case { ref slide, members, images, inputs, outputs } = case;
        let (rows, slopes, weights) = (case.rows(), case.slopes(), case.weights());
        let mut turned = vec![0.0; weights.len()];
        for (at, &weight) in weights.iter().enumerate() {
            let (output, input) = (at % outputs, at / outputs % inputs);
            turned[(at / outputs / inputs * outputs + output) * inputs + input] = weight;
        }
        let shape = |from, to| [members, slide.taps * from, to];
        let weights = upload(&client, &weights, &shape(inputs, outputs), SINGLE);
        let turned = upload(&client, &turned, &shape(outputs, inputs), SINGLE);
        let x = upload(&client, &rows, &[images * slide.ins, inputs], SINGLE);
        let g = upload(&client, &slopes, &[images * slide.outs, outputs], SINGLE);
        let forward =
            download(&client, &product(&client, by, &x, &slide.windows(&client), &weights));
        let back = download(&client, &product(&client, by, &g, &slide.back(&client), &turned));
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let [one, other] = [dot(&forward, &slopes), dot(&rows, &back)];
        assert!((one - other).abs() < 1e-3 * one.abs().max(1.0), "{name}: {one} {other}");
    }
}

#[test]
fn a_product_by_phases_is_that_of_all_taps() {
    let client = client();
    // first tap, taps and rows of every phase of an image
    let phases = [(0, 1, 700), (1, 4, 690), (5, 2, 500), (7, 0, 200)];
    let [ins, image, taps, most, outs] = [500, 2090, 7, 4, 700];
    let mut table = vec![-1; image * taps];
    let (mut by_phase, mut places) = (Vec::new(), Vec::new());
    let (mut random, mut row) = (Noise(8).take(image * taps).into_iter(), 0);
    for (first, number, rows) in phases {
        for at in 0..outs {
            let place = (at < rows).then(|| (7 * row + 3) % image);
            row += usize::from(place.is_some());
            places.push(place.map_or(-1, |place| place as i32));
            for tap in 0..most {
                let read = place.filter(|_| tap < number).map_or(-1, |place| {
                    let read = ((random.next().unwrap() + 1.0) * 300.0) as i32 - 20;
                    let read = if (0..ins as i32).contains(&read) { read } else { -1 };
                    table[place * taps + first + tap] = read;
                    read
                });
                by_phase.push(read);
            }
        }
    }
    let firsts = phases.map(|(first, number, _)| [first as i32, number as i32]);
    let whole = Windows {
        table: integers(&client, &table, &[image, taps]),
        ins,
        outs: image,
        taps,
        phases: None,
    };
    let phased = Windows {
        phases: Some(Phases {
            table: integers(&client, &by_phase, &[phases.len(), outs, most]),
            places: integers(&client, &places, &[phases.len(), outs]),
            taps: integers(&client, firsts.as_flattened(), &[phases.len(), 2]),
        }),
        ..whole.clone()
    };
    for (elem, by) in multipliers(&client) {
        for (members, images, inputs, outputs) in [
            (2, 4, 24, 72),
            (1, 6, 64, 16),
            (1, 6, 40, 128),
            (1, 6, 24, 32),
            (2, 4, 24, 64),
            (2, 2, 8, 64),
        ] {
            let rows = upload(
                &client,
                &Noise(1).take(images * ins * inputs),
                &[images * ins, inputs],
                elem,
            );
            let shape = [members, taps * inputs, outputs];
            let weights = upload(&client, &Noise(3).take(shape.iter().product()), &shape, elem);
            let expected = download(&client, &product(&client, by, &rows, &whole, &weights));
            let expected: Vec<_> = expected.into_iter().map(f64::from).collect();
            let found = download(&client, &product(&client, by, &rows, &phased, &weights));
            close(
                &found,
                &expected,
                reach(elem),
                &format!("{elem:?}, {by}, {inputs} to {outputs}"),
            );
        }
    }
}

#[test]
fn maxima_and_their_gradients_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for (side, size, stride, pad, channels) in
            [(8, 2, 2, 0, 8), (9, 3, 2, 1, 24), (3, 3, 1, 0, 16)]
        {
            let slide = Slide::new(side, size, stride, pad);
            let images = 3;
            // few values, so that many are equal
            let coarse = |n| Noise(5).take(n).iter().map(|x| (x * 2.0).round()).collect::<Vec<_>>();
            let rows = coarse(images * slide.ins * channels);
            let slopes = Noise(6).take(images * slide.outs * channels);
            let n = images * slide.outs * channels;
            let (mut most, mut winner) = (vec![f64::NEG_INFINITY; n], vec![0.0; n]);
            let mut reader = vec![0; n];
            for (image, out, tap, read) in slide.reads(images) {
                for channel in 0..channels {
                    let at = (image * slide.outs + out) * channels + channel;
                    let value = f64::from(rows[read * channels + channel]);
                    if value > most[at] {
                        (most[at], winner[at], reader[at]) = (value, tap as f64, read);
                    }
                }
            }
            let mut back = vec![0.0; rows.len()];
            for (at, &slope) in slopes.iter().enumerate() {
                back[reader[at] * channels + at % channels] += f64::from(slope);
            }
            let name = format!("{elem:?} {size}x{size} of {side}");
            let rows = upload(&client, &rows, &[images * slide.ins, channels], elem);
            let (found, tap) = maxima(&client, &rows, &slide.windows(&client));
            close(&download(&client, &found), &most, 1e-6, &name);
            close(&download(&client, &tap), &winner, 1e-6, &name);
            let slopes = upload(&client, &slopes, &[images * slide.outs, channels], elem);
            let found = maxima_gradient(&client, &slopes, &tap, &slide.back(&client));
            close(&download(&client, &found), &back, 1e-3, &name);
        }
    }
}
