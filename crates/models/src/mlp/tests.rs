use pulp::{Arch, Scalar, Simd, WithSimd};
use relabel_scoring::{Round, Seed, Stream, stream};

use super::adam::Adam;
use super::batch::{Batch, Predict, Step, Workspace};
use super::kernels::ROWS;
use super::network::{Network, Shape};

const FEATURES: usize = 5;
const HIDDEN: usize = 37;

/// A network of three tiles in all directions and more rows than pass together.
struct Case {
    network: Network,
    rows: Vec<f32>,
    targets: Vec<usize>,
}

fn case(n_rows: usize, classes: usize) -> Case {
    let stream = Stream::new(Seed(3), "test", Round(0), 0);
    let network = Network::new(FEATURES, HIDDEN, classes, stream);
    let mut rng = stream.child(1).rng();
    let length = network.shape.features;
    let mut value = |at: usize| match at % length < FEATURES {
        true => stream::uniform(&mut rng) as f32 * 2.0 - 1.0,
        false => 0.0,
    };
    let rows = (0..n_rows * length).map(&mut value).collect();
    Case { network, rows, targets: (0..n_rows).map(|row| row * row % classes).collect() }
}

/// The loss of a batch and its gradient.
struct Slope<'a> {
    shape: Shape,
    parameters: &'a [f32],
    batch: Batch<'a>,
}

impl WithSimd for Slope<'_> {
    type Output = (f64, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let mut space = Workspace::new(self.shape);
        let loss = self.batch.gradient(simd, self.shape, self.parameters, &mut space);
        (loss, space.gradient)
    }
}

impl Case {
    fn gradient(&self) -> (f64, Vec<f32>) {
        let chosen: Vec<usize> = (0..self.targets.len()).collect();
        let batch = Batch { rows: &self.rows, targets: &self.targets, chosen: &chosen };
        let Network { shape, parameters } = &self.network;
        Arch::new().dispatch(Slope { shape: *shape, parameters, batch })
    }

    /// Parameters after three steps over all rows, and their probabilities.
    fn trained(mut self, run: fn(Step<'_>) -> f64) -> (Vec<u32>, f64) {
        let chosen: Vec<usize> = (0..self.targets.len()).rev().collect();
        let shape = self.network.shape;
        let mut adam = Adam::new(shape.n_parameters());
        let mut space = Workspace::new(shape);
        let mut loss = 0.0;
        for _ in 0..3 {
            loss = run(Step {
                shape,
                parameters: &mut self.network.parameters,
                batch: Batch { rows: &self.rows, targets: &self.targets, chosen: &chosen },
                space: &mut space,
                adam: &mut adam,
            });
        }
        (self.network.parameters.iter().map(|value| value.to_bits()).collect(), loss)
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let mut case = case(ROWS + 7, 6);
    let (_, gradient) = case.gradient();
    let step = 5e-4;
    let mut errors = Vec::new();
    for (at, &slope) in gradient.iter().enumerate() {
        let mut loss_at = |shift: f32| {
            let before = case.network.parameters[at];
            case.network.parameters[at] = before + shift;
            let loss = case.gradient().0;
            case.network.parameters[at] = before;
            loss
        };
        let measured = (loss_at(step) - loss_at(-step)) / f64::from(2.0 * step);
        // padding has no gradient, though moving it by hand would change the loss
        if slope != 0.0 {
            errors.push((measured - f64::from(slope)).abs());
        }
    }
    // where a step crosses the kink of a rectifier, the loss is not smooth
    errors.sort_by(f64::total_cmp);
    assert!(
        errors[errors.len() * 95 / 100] < 1e-3 && errors[errors.len() - 1] < 5e-3,
        "{errors:?}"
    );
    let moved = gradient.iter().filter(|&&slope| slope != 0.0).count();
    let all = HIDDEN * (FEATURES + 6 + 1) + 6;
    assert!((all - 10..=all).contains(&moved), "{moved} of {all}: padding stays, units may sleep");
}

#[test]
fn registers_of_every_width_compute_the_same_bits() {
    let widest = |step: Step<'_>| Arch::new().dispatch(step);
    let narrowest = |step: Step<'_>| step.with_simd(Scalar::new());
    for (n_rows, classes) in [(1, 2), (ROWS, 4), (2 * ROWS + 9, 6)] {
        let wide = case(n_rows, classes).trained(widest);
        assert_eq!(wide, case(n_rows, classes).trained(narrowest), "{n_rows} rows");
        #[cfg(target_arch = "x86_64")]
        if pulp::x86::V3::try_new().is_some() {
            let middle = |step: Step<'_>| {
                let simd = pulp::x86::V3::try_new().expect("just found");
                Simd::vectorize(simd, step)
            };
            assert_eq!(wide, case(n_rows, classes).trained(middle), "{n_rows} rows");
        }
    }
}

#[test]
fn probabilities_are_those_of_the_definition() {
    let case = case(ROWS, 6);
    let Network { shape, parameters } = &case.network;
    let rows: Vec<&[f32]> = case.rows.chunks(shape.features).take(11).collect();
    let space = &mut Workspace::new(*shape);
    let found =
        Arch::new().dispatch(Predict { shape: *shape, parameters, rows: &rows, space }).to_vec();
    let parts = shape.parts(parameters);
    let weight =
        |vectors: &[f32], from: usize, unit: usize| f64::from(vectors[from * shape.hidden + unit]);
    for (row, x) in rows.iter().enumerate() {
        let hidden: Vec<f64> = (0..shape.hidden)
            .map(|unit| {
                let sum = x
                    .iter()
                    .enumerate()
                    .map(|(f, &x)| f64::from(x) * weight(parts.inputs, f, unit));
                (sum.sum::<f64>() + f64::from(parts.hidden_bias[unit])).max(0.0)
            })
            .collect();
        let outputs: Vec<f64> = (0..6)
            .map(|k| {
                let sum =
                    hidden.iter().enumerate().map(|(unit, h)| h * weight(parts.outputs, k, unit));
                (sum.sum::<f64>() + f64::from(parts.output_bias[k])).exp()
            })
            .collect();
        let total: f64 = outputs.iter().sum();
        for (output, found) in outputs.iter().zip(&found) {
            assert!((output / total - f64::from(found[row])).abs() < 1e-6);
        }
    }
}
