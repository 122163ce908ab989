//! One step of training: the gradient of a batch, chunk by chunk, weight decay,
//! and Adam. The loss of n rows is -mean(ln p(class)) + DECAY / (2 n) sum(w^2)
//! over the weights without the biases.

use pulp::{Simd, WithSimd};

use super::adam::Adam;
use super::kernels::{Column, LANES, ROWS, RowTile, TILE, back, forward, softmax};
use super::network::Shape;

const DECAY: f32 = 1e-4;
/// So many probabilities multiply to more than the smallest f64.
const FACTORS: usize = 8;

/// Space for a chunk of rows, and the gradient of a batch.
pub(super) struct Workspace {
    columns: Vec<[Column; TILE]>,
    x: Vec<RowTile>,
    outputs: Vec<Column>,
    slopes: Vec<RowTile>,
    /// The weights by hidden unit.
    weights: Vec<[f32; TILE]>,
    /// Two registers per row.
    registers: Vec<f32>,
    pub gradient: Vec<f32>,
}

/// What the way back reads of a chunk.
pub(super) struct Chunk<'a> {
    pub x: &'a [RowTile],
    pub slopes: &'a [RowTile],
    pub n_rows: usize,
}

impl Workspace {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            columns: vec![[[0.0; ROWS]; TILE]; shape.features / TILE],
            x: vec![[[0.0; TILE]; ROWS]; shape.features / TILE],
            outputs: vec![[0.0; ROWS]; shape.outputs],
            slopes: vec![[[0.0; TILE]; ROWS]; shape.outputs / TILE],
            weights: vec![[0.0; TILE]; shape.n_weights() / TILE],
            registers: vec![0.0; 2 * ROWS * LANES],
            gradient: vec![0.0; shape.n_parameters()],
        }
    }

    /// Leaves the probabilities of the outputs of `rows` in `outputs`; returns the number of rows.
    /// The weights are laid out by unit before.
    #[inline(always)]
    fn forward<'r, S: Simd>(
        &mut self,
        simd: S,
        shape: Shape,
        parameters: &[f32],
        rows: impl Iterator<Item = &'r [f32]>,
    ) -> usize {
        let mut n_rows = 0;
        for row in rows {
            let tiles = self.x.iter_mut().zip(&mut self.columns);
            for ((tile, columns), values) in tiles.zip(row.as_chunks().0) {
                tile[n_rows] = *values;
                for (column, value) in columns.iter_mut().zip(values) {
                    column[n_rows] = *value;
                }
            }
            n_rows += 1;
        }
        let net = shape.by_unit(parameters, &self.weights);
        forward(simd, &net, &self.columns, n_rows, &mut self.outputs);
        softmax(simd, n_rows, &mut self.outputs[..shape.classes]);
        n_rows
    }

    /// Turns probabilities into slopes of the mean loss, (p - target) / n, and
    /// returns the sum of the rows' losses. Rows beyond `targets` have no slope.
    #[inline(always)]
    fn slopes(&mut self, targets: impl Iterator<Item = usize>, share: f32) -> f64 {
        for (slopes, outputs) in self.slopes.iter_mut().zip(self.outputs.chunks_exact(TILE)) {
            for (row, slopes) in slopes.iter_mut().enumerate() {
                *slopes = std::array::from_fn(|k| outputs[k][row] * share);
            }
        }
        let (mut loss, mut product, mut n_rows) = (0.0, 1.0, 0);
        for target in targets {
            product *= f64::from(self.outputs[target][n_rows].max(f32::MIN_POSITIVE));
            self.slopes[target / TILE][n_rows][target % TILE] -= share;
            n_rows += 1;
            if n_rows.is_multiple_of(FACTORS) {
                loss -= f64::ln(product);
                product = 1.0;
            }
        }
        for slopes in &mut self.slopes {
            slopes[n_rows..].fill([0.0; TILE]);
        }
        loss - product.ln()
    }

    /// Adds the part of the chunk that [`Self::forward`] and [`Self::slopes`] left.
    #[inline(always)]
    fn add_gradient<S: Simd>(&mut self, simd: S, shape: Shape, parameters: &[f32], n_rows: usize) {
        let Self { x, slopes, gradient, registers, .. } = self;
        let mut gradient = shape.parts_mut(gradient);
        for (bias, slopes) in gradient.output_bias.as_chunks_mut().0.iter_mut().zip(&*slopes) {
            for slopes in &slopes[..n_rows] {
                *bias = std::array::from_fn::<f32, TILE, _>(|k| bias[k] + slopes[k]);
            }
        }
        back(
            simd,
            &shape.parts(parameters),
            &Chunk { x, slopes, n_rows },
            &mut gradient,
            registers,
        );
    }
}

/// The probabilities of up to [`ROWS`] rows, one array per output.
pub(super) struct Predict<'a, 'r> {
    pub shape: Shape,
    pub parameters: &'a [f32],
    pub rows: &'a [&'r [f32]],
    pub space: &'a mut Workspace,
}

impl<'a> WithSimd for Predict<'a, '_> {
    type Output = &'a [Column];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        self.shape.lay_by_unit(self.parameters, &mut self.space.weights);
        self.space.forward(simd, self.shape, self.parameters, self.rows.iter().copied());
        &self.space.outputs[..self.shape.classes]
    }
}

/// Rows to learn from in one step.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    /// [`Shape::features`] values per row.
    pub rows: &'a [f32],
    /// The output that is right for each row.
    pub targets: &'a [usize],
    /// The rows of this batch.
    pub chosen: &'a [usize],
}

impl Batch<'_> {
    /// The mean loss, weight decay included; its gradient is left in `space`.
    #[inline(always)]
    pub fn gradient<S: Simd>(
        self,
        simd: S,
        shape: Shape,
        parameters: &[f32],
        space: &mut Workspace,
    ) -> f64 {
        let n = self.chosen.len() as f32;
        let mut loss = 0.0;
        space.gradient.fill(0.0);
        shape.lay_by_unit(parameters, &mut space.weights);
        for chosen in self.chosen.chunks(ROWS) {
            let row = |&row: &usize| &self.rows[row * shape.features..][..shape.features];
            let n_rows = space.forward(simd, shape, parameters, chosen.iter().map(row));
            let targets = chosen.iter().map(|&row| self.targets[row]);
            loss += space.slopes(targets, 1.0 / n);
            space.add_gradient(simd, shape, parameters, n_rows);
        }
        let n_weights = shape.n_weights();
        let squares = decay(&mut space.gradient[..n_weights], &parameters[..n_weights], DECAY / n);
        (loss + f64::from(DECAY) / 2.0 * squares) / f64::from(n)
    }
}

/// Adds `factor` times the weights to the gradient; returns the sum of the squared weights.
#[inline(always)]
fn decay(gradient: &mut [f32], weights: &[f32], factor: f32) -> f64 {
    let mut squares = [0.0_f32; LANES];
    let pairs = gradient.as_chunks_mut::<LANES>().0.iter_mut().zip(weights.as_chunks::<LANES>().0);
    for (slopes, weights) in pairs {
        for ((slope, &weight), square) in slopes.iter_mut().zip(weights).zip(&mut squares) {
            *slope = factor.mul_add(weight, *slope);
            *square = weight.mul_add(weight, *square);
        }
    }
    squares.iter().map(|&square| f64::from(square)).sum()
}

/// The gradient of a batch, then a step of Adam against it. Returns the batch's mean loss.
pub(super) struct Step<'a> {
    pub shape: Shape,
    pub parameters: &'a mut [f32],
    pub batch: Batch<'a>,
    pub space: &'a mut Workspace,
    pub adam: &'a mut Adam,
}

impl WithSimd for Step<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Self { shape, parameters, batch, space, adam } = self;
        let loss = batch.gradient(simd, shape, parameters, space);
        adam.step(parameters, &space.gradient);
        loss
    }
}
