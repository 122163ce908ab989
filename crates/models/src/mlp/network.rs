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

/// The parameters as the way forward reads them: what belongs to one hidden unit lies together.
pub(super) struct ByUnit<'a> {
    /// Per unit one tile after another.
    pub inputs: &'a [[f32; TILE]],
    /// Per tile of outputs one unit after another.
    pub outputs: &'a [[f32; TILE]],
    pub hidden_bias: &'a [f32],
    pub output_bias: &'a [f32],
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

    /// Lays the weights out as [`ByUnit`] has them, input weights before output weights.
    pub fn lay_by_unit(self, all: &[f32], place: &mut [[f32; TILE]]) {
        let Parts { inputs, outputs, .. } = self.parts(all);
        let (by_unit, by_tile) = place.split_at_mut(self.hidden * self.features / TILE);
        let tile_of = |vectors: &[f32], tile: usize, unit: usize| {
            std::array::from_fn(|at| vectors[(TILE * tile + at) * self.hidden + unit])
        };
        for (unit, tiles) in by_unit.chunks_exact_mut(self.features / TILE).enumerate() {
            for (tile, place) in tiles.iter_mut().enumerate() {
                *place = tile_of(inputs, tile, unit);
            }
        }
        for (tile, units) in by_tile.chunks_exact_mut(self.hidden).enumerate() {
            for (unit, place) in units.iter_mut().enumerate() {
                *place = tile_of(outputs, tile, unit);
            }
        }
    }

    /// Reads what [`Self::lay_by_unit`] laid out.
    pub fn by_unit<'a>(self, all: &'a [f32], place: &'a [[f32; TILE]]) -> ByUnit<'a> {
        let Parts { hidden_bias, output_bias, .. } = self.parts(all);
        let (inputs, outputs) = place.split_at(self.hidden * self.features / TILE);
        ByUnit { inputs, outputs, hidden_bias, output_bias }
    }
}
