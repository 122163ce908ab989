//! The parameters of the network and where they lie. Features, hidden units and
//! outputs are padded to whole tiles and registers; padding starts at zero, has
//! no gradient and so stays zero.

use relabel_scoring::{Stream, stream};

use super::kernels::{LANES, TILE};

/// Weights and biases.
pub(super) struct Network {
    pub shape: Shape,
    pub parameters: Vec<f32>,
}

/// Sizes, with padding but for the classes.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Values per row: the features, then zeros.
    pub features: usize,
    pub hidden: usize,
    pub outputs: usize,
    /// Outputs that are classes.
    pub classes: usize,
}

/// Parameters or their gradient: one vector over the hidden units per feature and
/// one per output, the biases of hidden units, and those of outputs.
pub(super) struct Parts<T> {
    pub inputs: T,
    pub outputs: T,
    pub hidden_bias: T,
    pub output_bias: T,
}

impl Network {
    /// Weights and biases uniform within sqrt(6 / (fan in + fan out)) of zero
    /// (Glorot and Bengio, AISTATS 2010).
    pub(super) fn new(n_features: usize, hidden: usize, classes: usize, stream: Stream) -> Self {
        let shape = Shape {
            features: n_features.next_multiple_of(TILE),
            hidden: hidden.next_multiple_of(LANES),
            outputs: classes.next_multiple_of(TILE),
            classes,
        };
        let mut parameters = vec![0.0; shape.n_parameters()];
        let bound = |from: usize, to: usize| (6.0 / (from + to) as f64).sqrt();
        let (inner, outer) = (bound(n_features, hidden), bound(hidden, classes));
        let mut rng = stream.rng();
        let mut fill = |values: &mut [f32], bound: f64| {
            for value in values {
                *value = ((2.0 * stream::uniform(&mut rng) - 1.0) * bound) as f32;
            }
        };
        let parts = shape.parts_mut(&mut parameters);
        for (vectors, n, bound) in
            [(parts.inputs, n_features, inner), (parts.outputs, classes, outer)]
        {
            let vectors = vectors.chunks_exact_mut(shape.hidden).take(n);
            vectors.for_each(|vector| fill(&mut vector[..hidden], bound));
        }
        fill(&mut parts.hidden_bias[..hidden], inner);
        fill(&mut parts.output_bias[..classes], outer);
        Self { shape, parameters }
    }
}

impl Shape {
    pub fn n_parameters(self) -> usize {
        self.n_weights() + self.hidden + self.outputs
    }

    /// Number of weights; the biases follow them.
    pub fn n_weights(self) -> usize {
        self.hidden * (self.features + self.outputs)
    }

    pub fn parts(self, all: &[f32]) -> Parts<&[f32]> {
        let (inputs, rest) = all.split_at(self.hidden * self.features);
        let (outputs, rest) = rest.split_at(self.hidden * self.outputs);
        let (hidden_bias, output_bias) = rest.split_at(self.hidden);
        Parts { inputs, outputs, hidden_bias, output_bias }
    }

    pub fn parts_mut(self, all: &mut [f32]) -> Parts<&mut [f32]> {
        let (inputs, rest) = all.split_at_mut(self.hidden * self.features);
        let (outputs, rest) = rest.split_at_mut(self.hidden * self.outputs);
        let (hidden_bias, output_bias) = rest.split_at_mut(self.hidden);
        Parts { inputs, outputs, hidden_bias, output_bias }
    }
}
