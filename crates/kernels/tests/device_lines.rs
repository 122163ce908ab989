//! Normalisations, lines and their gradients against plain loops on the host, see `device`.

mod plain;

use half::f16;
use plain::{Noise, client, close, download, formats, reach, upload};
use relabel_kernels::{
    Activation, Array, Client, ElemType, HALF, LineSlopes, Lines, Moments, Norm, SINGLE, gated,
    line, line_gradient, normalised, normalised_by, sum, zeros,
};

const EPSILON: f32 = 1e-3;
const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Gelu];

/// The rows of members.
#[derive(Clone, Copy, Debug)]
struct Stack {
    members: usize,
    positions: usize,
    channels: usize,
}

/// From less than a strip of rows to several strips for every unit of a cube that adds them up.
fn stacks() -> [Stack; 7] {
    [
        (3, 1, 8),
        (1, 5, 16),
        (5, 64, 72),
        (3, 700, 24),
        (2, 1100, 136),
        (1, 5000, 8),
        (1, 115_000, 8),
    ]
    .map(|(members, positions, channels)| Stack { members, positions, channels })
}

impl Stack {
    fn values(self) -> usize {
        self.members * self.positions * self.channels
    }

    /// Which channel of all members a value of the rows is of.
    fn channel(self, at: usize) -> usize {
        at / self.channels / self.positions * self.channels + at % self.channels
    }

    fn means(self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut means = vec![0.0; self.members * self.channels];
        values.enumerate().for_each(|(at, value)| {
            means[self.channel(at)] += value / self.positions as f64;
        });
        means
    }

    /// Mean and variance of the rows themselves.
    fn moments(self, rows: &[f32]) -> [Vec<f64>; 2] {
        let mean = self.means(rows.iter().map(|&x| f64::from(x)));
        let square = |(at, &x): (usize, &f32)| (f64::from(x) - mean[self.channel(at)]).powi(2);
        let variance = self.means(rows.iter().enumerate().map(square));
        [mean, variance]
    }

    /// Scale, shift, mean and inverse of every member.
    fn lines(self, scale: &[f32], shift: &[f32], mean: &[f64], variance: &[f64]) -> Vec<f64> {
        let of_member = |member: usize| {
            let all = member * self.channels..(member + 1) * self.channels;
            let inverse = all.clone().map(|at| (variance[at] + f64::from(EPSILON)).sqrt().recip());
            let scale = all.clone().zip(inverse.clone()).map(|(at, i)| f64::from(scale[at]) * i);
            let shift = all.clone().map(|at| f64::from(shift[at]));
            scale.chain(shift).chain(all.map(|at| mean[at])).chain(inverse).collect::<Vec<_>>()
        };
        (0..self.members).flat_map(of_member).collect()
    }

    fn upload_rows(self, client: &Client, values: &[f32], elem: ElemType) -> Array {
        upload(client, values, &[self.members * self.positions, self.channels], elem)
    }

    /// `numbers` per member and channel.
    fn upload(self, client: &Client, values: &[f32], numbers: usize) -> Array {
        upload(client, values, &[self.members, numbers, self.channels], SINGLE)
    }

    fn zeros(self, client: &Client) -> Array {
        zeros(client, &[self.members, 1, self.channels])
    }
}

/// What is left of values in a format.
fn kept(values: &[f32], elem: ElemType) -> Vec<f32> {
    let keep = |&value: &f32| if elem == HALF { f16::from_f32(value).to_f32() } else { value };
    values.iter().map(keep).collect()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// The normal distribution function, by the series of the error function.
fn distribution(x: f64) -> f64 {
    let square = x * x / 2.0;
    let mut term = x / std::f64::consts::TAU.sqrt();
    let mut sum = term;
    for n in 1..100 {
        term *= -square / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    0.5 + sum
}

fn activated(x: f64, by: Activation) -> f64 {
    match by {
        Activation::None => x,
        Activation::Relu => x.max(0.0),
        Activation::Gelu => x * distribution(x),
    }
}

fn slope(x: f64, by: Activation) -> f64 {
    match by {
        Activation::None => 1.0,
        Activation::Relu => f64::from(x > 0.0),
        Activation::Gelu => {
            distribution(x) + x * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
        }
    }
}

/// Devices know the error function more or less.
fn reach_of(by: Activation, elem: ElemType) -> f64 {
    if by == Activation::Gelu { reach(elem).max(1e-4) } else { reach(elem) }
}

/// Lines of a kind on the host and on the device, which may be none.
struct Drawn {
    kind: &'static str,
    /// Scale, shift, mean and inverse of every member.
    numbers: Vec<f32>,
    array: Array,
}

impl Drawn {
    fn all(client: &Client, stack: Stack, rows: &[f32]) -> [Self; 3] {
        let n = stack.members * stack.channels;
        let mut noise = Noise(11);
        let (scale, shift) = (noise.take(n), noise.take(n));
        let [mean, variance] = stack.moments(rows);
        let norm = single(&stack.lines(&scale, &shift, &mean, &variance));
        let plain = |shift: &[f32]| {
            let one = vec![1.0; stack.channels];
            let of_member = |shift: &[f32]| {
                [one.clone(), shift.to_vec(), vec![0.0; stack.channels], one.clone()]
            };
            shift.chunks(stack.channels).flat_map(of_member).flatten().collect::<Vec<f32>>()
        };
        let norm_array = stack.upload(client, &norm, 4);
        let shift_array = stack.upload(client, &shift, 1);
        [
            Self { kind: "none", numbers: plain(&vec![0.0; n]), array: shift_array.clone() },
            Self { kind: "shift", numbers: plain(&shift), array: shift_array },
            Self { kind: "norm", numbers: norm, array: norm_array },
        ]
    }

    fn lines(&self) -> Lines<'_> {
        match self.kind {
            "none" => Lines::None,
            "shift" => Lines::Shift(&self.array),
            _ => Lines::Norm(&self.array),
        }
    }

    /// Scale, shift, mean and inverse for a value of the rows.
    fn at(&self, stack: Stack, at: usize) -> [f64; 4] {
        let first = at / stack.channels / stack.positions * 4 * stack.channels;
        let number = |number| first + number * stack.channels + at % stack.channels;
        [0, 1, 2, 3].map(|of| f64::from(self.numbers[number(of)]))
    }

    fn apply(&self, stack: Stack, at: usize, x: f32) -> f64 {
        let [scale, shift, mean, _] = self.at(stack, at);
        (f64::from(x) - mean) * scale + shift
    }
}

#[test]
fn a_normalisation_is_by_the_moments_of_the_rows_even_far_from_zero() {
    let client = client();
    for elem in formats(&client) {
        for (stack, middle) in stacks().into_iter().flat_map(|stack| [(stack, 0.0), (stack, 1e3)]) {
            let n = stack.members * stack.channels;
            let mut noise = Noise(4);
            let far: Vec<f32> = noise.take(stack.values()).iter().map(|x| x + middle).collect();
            let rows = kept(&far, elem);
            let (scale, shift) = (noise.take(n), noise.take(n));
            let [mean, variance] = stack.moments(&rows);
            let expected = stack.lines(&scale, &shift, &mean, &variance);
            let n = stack.positions as f64;
            let seen: Vec<f64> =
                variance.iter().map(|variance| variance * n / (n - 1.0).max(1.0)).collect();

            let rows = stack.upload_rows(&client, &rows, elem);
            let [scale, shift] = [&scale, &shift].map(|values| stack.upload(&client, values, 1));
            let norm = Norm { scale: &scale, shift: &shift, epsilon: EPSILON };
            let run = || {
                let [mean, variance] = [(); 2].map(|()| stack.zeros(&client));
                let moments = Moments { mean: &mean, variance: &variance };
                let lines = normalised(&client, &rows, norm, moments);
                [lines, mean, variance].map(|array| download(&client, &array))
            };
            let found = run();
            let what = format!("{elem:?} {stack:?} at {middle}");
            close(&found[0], &expected, 1e-5, &what);
            close(&found[1], &mean, 1e-6, &format!("{what}, mean"));
            close(&found[2], &seen, 1e-5, &format!("{what}, variance"));
            assert!(found == run(), "{what}: other bytes");
        }
    }
}

#[test]
fn a_normalisation_by_given_moments_leaves_them_alone() {
    let client = client();
    for stack in stacks() {
        let n = stack.members * stack.channels;
        let mut noise = Noise(5);
        let [scale, shift, mean, variance] = [(); 4].map(|()| noise.take(n));
        let variance: Vec<f32> = variance.iter().map(|x| x.abs()).collect();
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let expected = stack.lines(&scale, &shift, &wide(&mean), &wide(&variance));
        let [scale, shift] = [&scale, &shift].map(|values| stack.upload(&client, values, 1));
        let [its_mean, its_variance] = [&mean, &variance].map(|x| stack.upload(&client, x, 1));
        let norm = Norm { scale: &scale, shift: &shift, epsilon: EPSILON };
        let moments = Moments { mean: &its_mean, variance: &its_variance };
        let lines = normalised_by(&client, norm, moments);
        close(&download(&client, &lines), &expected, 1e-5, &format!("{stack:?}"));
        assert!(download(&client, &its_mean) == mean);
        assert!(download(&client, &its_variance) == variance);
    }
}

#[test]
fn lines_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for stack in stacks() {
            let mut noise = Noise(6);
            // far enough from zero for the bends of activations
            let rows: Vec<f32> = noise.take(stack.values()).iter().map(|x| x * 4.0).collect();
            let other = noise.take(stack.values());
            let drawn = Drawn::all(&client, stack, &rows);
            let x = stack.upload_rows(&client, &rows, elem);
            let added = stack.upload_rows(&client, &other, elem);
            for (lines, adding) in drawn.iter().flat_map(|drawn| [(drawn, false), (drawn, true)]) {
                for by in ACTIVATIONS {
                    let truth = |(at, (&x, &other)): (usize, (&f32, &f32))| {
                        let other = if adding { f64::from(other) } else { 0.0 };
                        activated(lines.apply(stack, at, x) + other, by)
                    };
                    let pairs = rows.iter().zip(&other).enumerate();
                    let expected: Vec<f64> = pairs.map(truth).collect();
                    let other = adding.then_some(&added);
                    let found = download(&client, &line(&client, &x, lines.lines(), other, by));
                    let what = format!("{elem:?} {stack:?} {} {adding} {by:?}", lines.kind);
                    close(&found, &expected, reach_of(by, elem), &what);
                }
            }
        }
    }
}

#[test]
fn slopes_of_lines_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for stack in stacks() {
            let mut noise = Noise(7);
            let (rows, slopes) = (noise.take(stack.values()), noise.take(stack.values()));
            for lines in &Drawn::all(&client, stack, &rows) {
                for by in ACTIVATIONS {
                    check_slopes(&client, stack, elem, lines, by, [&rows, &slopes]);
                }
            }
        }
    }
}

fn check_slopes(
    client: &Client,
    stack: Stack,
    elem: ElemType,
    lines: &Drawn,
    by: Activation,
    [rows, slopes]: [&[f32]; 2],
) {
    let n = stack.positions as f64;
    let pairs = rows.iter().zip(slopes).enumerate();
    let before: Vec<f64> = pairs
        .map(|(at, (&x, &behind))| f64::from(behind) * slope(lines.apply(stack, at, x), by))
        .collect();
    let off = |at: usize| f64::from(rows[at]) - lines.at(stack, at)[2];
    let mean = stack.means(before.iter().copied());
    let mean_product = stack.means(before.iter().enumerate().map(|(at, g)| g * off(at)));
    let shift: Vec<f64> = mean.iter().map(|mean| mean * n).collect();
    let mut scale = vec![0.0; shift.len()];
    let back = before.iter().enumerate().map(|(at, g)| {
        let ([factor, _, _, inverse], channel) = (lines.at(stack, at), stack.channel(at));
        scale[channel] = mean_product[channel] * n * inverse;
        let pull = mean[channel] + off(at) * inverse * inverse * mean_product[channel];
        if lines.kind == "norm" { (g - pull) * factor } else { *g }
    });
    let back: Vec<f64> = back.collect();

    let rows = stack.upload_rows(client, rows, elem);
    let slopes = stack.upload_rows(client, slopes, elem);
    for scaled in [false, true] {
        let [its_scale, its_shift] = [(); 2].map(|()| stack.zeros(client));
        let found = LineSlopes { scale: scaled.then_some(&its_scale), shift: &its_shift };
        let out = line_gradient(client, &rows, lines.lines(), by, &slopes, found);
        let what = format!("{elem:?} {stack:?} {} {scaled} {by:?}", lines.kind);
        close(&download(client, &out), &back, reach_of(by, elem), &what);
        close(&download(client, &its_shift), &shift, 1e-4, &format!("{what}, shift"));
        let wanted = scaled && lines.kind == "norm";
        let scale = if wanted { scale.clone() } else { vec![0.0; scale.len()] };
        close(&download(client, &its_scale), &scale, 1e-4, &format!("{what}, scale"));
    }
}

#[test]
fn gates_and_sums_are_those_of_plain_loops() {
    let client = client();
    for elem in formats(&client) {
        for stack in stacks() {
            let mut noise = Noise(8);
            let [a, b, gate] = [(); 3].map(|()| noise.take(stack.values()));
            let all = || a.iter().zip(&b).zip(&gate).map(|((a, b), gate)| [*a, *b, *gate]);
            let all = || all().map(|numbers| numbers.map(f64::from));
            let open: Vec<f64> = all().map(|[a, _, g]| if g > 0.0 { a } else { 0.0 }).collect();
            let added: Vec<f64> = all().map(|[a, b, _]| a + b).collect();
            let both: Vec<f64> = all().map(|[a, b, g]| if g > 0.0 { a + b } else { 0.0 }).collect();
            let [a, b, gate] =
                [&a, &b, &gate].map(|values| stack.upload_rows(&client, values, elem));
            let what = format!("{elem:?} {stack:?}");
            close(&download(&client, &gated(&client, &a, &gate)), &open, 1e-9, &what);
            close(&download(&client, &sum(&client, &a, &b, None)), &added, 1e-9, &what);
            close(&download(&client, &sum(&client, &a, &b, Some(&gate))), &both, 1e-9, &what);
        }
    }
}
