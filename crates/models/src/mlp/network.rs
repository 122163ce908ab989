//! The network itself: probabilities, log loss and its gradient. The loss of n
//! rows is -mean(ln p(class)) + DECAY / (2 n) * sum(w^2) over the weights without
//! the biases. Rows pass in tiles of four, forward and straight back, so that
//! nothing leaves the cache. Features, hidden units and outputs are padded to
//! whole tiles; padding starts at zero, has no gradient and so stays zero.

use relabel_scoring::{Stream, stream};

use super::kernels::{LANES, TILE, add_scaled, inner_products};

const DECAY: f32 = 1e-4;

/// Weights and biases; the number of outputs is the number of classes trained on.
pub(super) struct Network {
    n_outputs: usize,
    shape: Shape,
    /// One vector over the hidden units per feature, one per output, the hidden
    /// biases, and the output biases.
    parameters: Vec<f32>,
}

/// Sizes with padding.
#[derive(Clone, Copy)]
struct Shape {
    features: usize,
    hidden: usize,
    outputs: usize,
}

/// Space for a tile of rows, and the gradient of a batch.
pub(super) struct Workspace {
    hidden: Vec<f32>,
    back: Vec<f32>,
    outputs: Vec<f32>,
    gradient: Vec<f32>,
}

impl Network {
    /// Weights and biases uniform within sqrt(6 / (fan in + fan out)) of zero
    /// (Glorot and Bengio, AISTATS 2010).
    pub(super) fn new(n_features: usize, hidden: usize, n_outputs: usize, stream: Stream) -> Self {
        let shape = Shape {
            features: n_features.next_multiple_of(TILE),
            hidden: hidden.next_multiple_of(LANES),
            outputs: n_outputs.next_multiple_of(TILE),
        };
        let mut parameters = vec![0.0; shape.n_weights() + shape.hidden + shape.outputs];
        let bound = |from: usize, to: usize| (6.0 / (from + to) as f64).sqrt();
        let (inner, outer) = (bound(n_features, hidden), bound(hidden, n_outputs));
        let mut rng = stream.rng();
        let mut fill = |values: &mut [f32], bound: f64| {
            for value in values {
                *value = ((2.0 * stream::uniform(&mut rng) - 1.0) * bound) as f32;
            }
        };
        let [inputs, outputs, hidden_bias, output_bias] = shape.parts_mut(&mut parameters);
        for (vectors, n, bound) in [(inputs, n_features, inner), (outputs, n_outputs, outer)] {
            let vectors = vectors.chunks_exact_mut(shape.hidden).take(n);
            vectors.for_each(|vector| fill(&mut vector[..hidden], bound));
        }
        fill(&mut hidden_bias[..hidden], inner);
        fill(&mut output_bias[..n_outputs], outer);
        Self { n_outputs, shape, parameters }
    }

    pub(super) fn workspace(&self) -> Workspace {
        let Shape { hidden, outputs, .. } = self.shape;
        Workspace {
            hidden: vec![0.0; TILE * hidden],
            back: vec![0.0; TILE * hidden],
            outputs: vec![0.0; TILE * outputs],
            gradient: vec![0.0; self.parameters.len()],
        }
    }

    /// Values per row that the network reads: the features, then zeros.
    pub(super) fn row_length(&self) -> usize {
        self.shape.features
    }

    pub(super) fn parameters(&mut self) -> &mut [f32] {
        &mut self.parameters
    }

    pub(super) fn n_parameters(&self) -> usize {
        self.parameters.len()
    }

    /// The probabilities of the outputs for each row of a tile.
    pub(super) fn probabilities<'s>(
        &self,
        rows: [&[f32]; TILE],
        space: &'s mut Workspace,
    ) -> [&'s [f32]; TILE] {
        self.forward(rows, space);
        let mut rows = space.outputs.chunks_exact(self.shape.outputs);
        std::array::from_fn(|_| {
            &rows.next().expect("every row of a tile should have outputs")[..self.n_outputs]
        })
    }

    /// Mean loss of the rows `chosen`, weight decay included, and its gradient.
    pub(super) fn gradient<'s>(
        &self,
        rows: &[f32],
        targets: &[usize],
        chosen: &[usize],
        space: &'s mut Workspace,
    ) -> (f64, &'s [f32]) {
        let n = chosen.len() as f32;
        let mut loss = 0.0;
        space.gradient.fill(0.0);
        for tile in chosen.chunks(TILE) {
            // a tile that is not full repeats its first row, without any slope
            let row = |place: usize| tile.get(place).copied().unwrap_or(tile[0]);
            let length = self.shape.features;
            let x = std::array::from_fn(|place| &rows[row(place) * length..][..length]);
            self.forward(x, space);
            for (place, outputs) in space.outputs.chunks_exact_mut(self.shape.outputs).enumerate() {
                match tile.get(place) {
                    Some(&row) => loss += slopes(outputs, targets[row], 1.0 / n),
                    None => outputs.fill(0.0),
                }
            }
            self.backward(x, space);
        }
        loss += f64::from(DECAY) / 2.0 * self.decay(n, &mut space.gradient);
        (loss / f64::from(n), &space.gradient)
    }

    /// Adds weight decay to the gradient; returns the sum of the squared weights.
    fn decay(&self, n: f32, gradient: &mut [f32]) -> f64 {
        let mut squares = 0.0;
        let weights = &self.parameters[..self.shape.n_weights()];
        for (slope, &weight) in gradient.iter_mut().zip(weights) {
            *slope += DECAY / n * weight;
            squares += f64::from(weight) * f64::from(weight);
        }
        squares
    }

    /// Leaves hidden activations and output probabilities in `space`; the
    /// probability of padding is zero.
    fn forward(&self, rows: [&[f32]; TILE], space: &mut Workspace) {
        let length = self.shape.hidden;
        let [inputs, outputs, hidden_bias, output_bias] = self.shape.parts(&self.parameters);
        let hidden = space.hidden.chunks_exact_mut(length);
        let places = hidden.zip(space.outputs.chunks_exact_mut(self.shape.outputs));
        for (x, (hidden, probs)) in rows.into_iter().zip(places) {
            hidden.copy_from_slice(hidden_bias);
            for (&x, weights) in x.as_chunks().0.iter().zip(inputs.chunks_exact(TILE * length)) {
                add_scaled(hidden, x, weights);
            }
            hidden.iter_mut().for_each(|value| *value = if *value > 0.0 { *value } else { 0.0 });
            let vectors = outputs.chunks_exact(TILE * length);
            for (probs, vectors) in probs.as_chunks_mut().0.iter_mut().zip(vectors) {
                *probs = inner_products(hidden, vectors);
            }
            probs.iter_mut().zip(output_bias).for_each(|(value, bias)| *value += bias);
            softmax(&mut probs[..self.n_outputs]);
        }
    }

    /// Adds a tile's part to the gradient; `space.outputs` holds the slopes.
    fn backward(&self, rows: [&[f32]; TILE], space: &mut Workspace) {
        let Shape { hidden: length, outputs: n_outputs, .. } = self.shape;
        let [_, weights, ..] = self.shape.parts(&self.parameters);
        let [inputs, outputs, hidden_bias, output_bias] = self.shape.parts_mut(&mut space.gradient);
        let slopes = &space.outputs;
        for (output, vector) in outputs.chunks_exact_mut(length).enumerate() {
            let slope = std::array::from_fn(|place| slopes[place * n_outputs + output]);
            add_scaled(vector, slope, &space.hidden);
            output_bias[output] += slope.iter().sum::<f32>();
        }
        space.back.fill(0.0);
        let places = space.back.chunks_exact_mut(length).zip(slopes.chunks_exact(n_outputs));
        for ((back, slopes), hidden) in places.zip(space.hidden.chunks_exact(length)) {
            let vectors = weights.chunks_exact(TILE * length);
            for (&slopes, vectors) in slopes.as_chunks().0.iter().zip(vectors) {
                add_scaled(back, slopes, vectors);
            }
            for (back, &active) in back.iter_mut().zip(hidden) {
                *back = if active > 0.0 { *back } else { 0.0 };
            }
        }
        for (feature, vector) in inputs.chunks_exact_mut(length).enumerate() {
            add_scaled(vector, rows.map(|row| row[feature]), &space.back);
        }
        add_scaled(hidden_bias, [1.0; TILE], &space.back);
    }
}

impl Shape {
    /// Number of weights; the biases follow them.
    fn n_weights(self) -> usize {
        self.hidden * (self.features + self.outputs)
    }

    /// Input weights, output weights, hidden biases, output biases.
    fn parts(self, all: &[f32]) -> [&[f32]; 4] {
        let (inputs, rest) = all.split_at(self.hidden * self.features);
        let (outputs, rest) = rest.split_at(self.hidden * self.outputs);
        let (hidden_bias, output_bias) = rest.split_at(self.hidden);
        [inputs, outputs, hidden_bias, output_bias]
    }

    fn parts_mut(self, all: &mut [f32]) -> [&mut [f32]; 4] {
        let (inputs, rest) = all.split_at_mut(self.hidden * self.features);
        let (outputs, rest) = rest.split_at_mut(self.hidden * self.outputs);
        let (hidden_bias, output_bias) = rest.split_at_mut(self.hidden);
        [inputs, outputs, hidden_bias, output_bias]
    }
}

/// Turns one row's probabilities into slopes of the mean loss, (p - target) / n,
/// and returns the row's loss.
fn slopes(probs: &mut [f32], target: usize, share: f32) -> f64 {
    let loss = -f64::from(probs[target].max(f32::MIN_POSITIVE)).ln();
    probs[target] -= 1.0;
    probs.iter_mut().for_each(|slope| *slope *= share);
    loss
}

fn softmax(outputs: &mut [f32]) {
    let largest = outputs.iter().fold(f32::NEG_INFINITY, |best, &value| best.max(value));
    outputs.iter_mut().for_each(|value| *value = (*value - largest).exp());
    let total: f32 = outputs.iter().sum();
    outputs.iter_mut().for_each(|value| *value /= total);
}

#[cfg(test)]
mod tests {
    use relabel_scoring::{Round, Seed};

    use super::*;

    const N: usize = 7;

    fn network() -> (Network, Vec<f32>) {
        let stream = Stream::new(Seed(3), "test", Round(0), 0);
        let network = Network::new(5, 11, 3, stream);
        let mut rng = stream.child(1).rng();
        let length = network.row_length();
        let value = |at: usize| at % length < 5;
        let rows = (0..N * length)
            .map(|at| if value(at) { stream::uniform(&mut rng) as f32 * 2.0 - 1.0 } else { 0.0 })
            .collect();
        (network, rows)
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let (mut network, rows) = network();
        let (targets, chosen) = ([0, 1, 2, 1, 0, 2, 2], Vec::from_iter(0..N));
        let mut space = network.workspace();
        let gradient = network.gradient(&rows, &targets, &chosen, &mut space).1.to_vec();
        let step = 4e-3;
        for (at, &slope) in gradient.iter().enumerate() {
            let mut loss_at = |shift: f32| {
                let before = network.parameters[at];
                network.parameters[at] = before + shift;
                let loss = network.gradient(&rows, &targets, &chosen, &mut space).0;
                network.parameters[at] = before;
                loss
            };
            let measured = (loss_at(step) - loss_at(-step)) / f64::from(2.0 * step);
            // padding has no gradient, though moving it by hand would change the loss
            if slope != 0.0 {
                assert!((measured - f64::from(slope)).abs() < 1e-3, "{at}: {measured} {slope}");
            }
        }
        assert!(gradient.iter().filter(|&&slope| slope != 0.0).count() > 80);
    }

    #[test]
    fn padding_has_no_gradient() {
        let (network, rows) = network();
        let mut space = network.workspace();
        let slopes = network.gradient(&rows, &[0, 1, 2, 1, 0, 2, 2], &[0, 1, 2], &mut space).1;
        let [inputs, outputs, hidden_bias, output_bias] = network.shape.parts(slopes);
        let unit_padding = |vectors: &[f32]| {
            vectors.chunks(network.shape.hidden).all(|v| v[11..].iter().all(|&slope| slope == 0.0))
        };
        assert!(unit_padding(inputs) && unit_padding(outputs) && unit_padding(hidden_bias));
        assert!(inputs[5 * network.shape.hidden..].iter().all(|&slope| slope == 0.0));
        assert!(outputs[3 * network.shape.hidden..].iter().all(|&slope| slope == 0.0));
        assert_eq!(output_bias[3], 0.0);
    }
}
