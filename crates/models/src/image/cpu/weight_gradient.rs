//! The gradient of a kernel: for every position of the window, the products of
//! source channels and output gradients summed over all pixels of all images of
//! a chunk. The sums of a block pair stay in registers while the pixels go by.

use pulp::Simd;

use super::correlation::Grid;
use super::lanes::{Lanes, Pixel};
use super::wide::{Task, Wide};

/// What is multiplied, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Products {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// The feature map that the convolution read; `step` is the stride.
    pub(super) source: Grid,
    /// The gradient of what it wrote.
    pub(super) gradient: Grid,
    /// For every position of the kernel, pixels from the source's first.
    pub(super) taps: Vec<usize>,
}

/// The task: adds the products of a chunk of images to `sums`.
pub(super) struct WeightGradient<'a, P> {
    pub(super) products: &'a Products,
    /// `[image][block][row][column]`
    pub(super) source: &'a [P],
    /// The same.
    pub(super) gradient: &'a [Lanes],
    /// The first block of outputs that `sums` covers.
    pub(super) first: usize,
    /// `[block of outputs][block of inputs][position][input]`
    pub(super) sums: &'a mut [Lanes],
}

impl<P: Pixel> Task for WeightGradient<'_, P> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        match self.products.source.step {
            1 => self.stepping::<S, V, 1>(simd),
            2 => self.stepping::<S, V, 2>(simd),
            step => unreachable!("no plan should have the step {step}"),
        }
    }
}

impl<P: Pixel> WeightGradient<'_, P> {
    #[inline(always)]
    fn stepping<S: Simd, const V: usize, const STEP: usize>(self, simd: S) {
        let Products { source, gradient, taps, .. } = self.products;
        let per_block = taps.len() * P::CHANNELS;
        let per_output = source.blocks * per_block;
        let mut first = self.first;
        let mut sums = self.sums;
        while !sums.is_empty() {
            let pair = V == 1 && sums.len() >= 2 * per_output;
            let (these, rest) = sums.split_at_mut(if pair { 2 * per_output } else { per_output });
            let (one, two) = these.split_at_mut(per_output);
            for block in 0..source.blocks {
                for (at, &tap) in taps.iter().enumerate() {
                    let place = block * per_block + at * P::CHANNELS;
                    let task = BlockPair {
                        products: self.products,
                        source: &self.source[block * source.plane + source.first + tap..],
                        gradient: &self.gradient[first * gradient.plane + gradient.first..],
                    };
                    let one = &mut one[place..][..P::CHANNELS];
                    if pair {
                        let two = &mut two[place..][..P::CHANNELS];
                        task.channels::<S, V, 2, STEP>(simd, [one, two]);
                    } else {
                        task.channels::<S, V, 1, STEP>(simd, [one]);
                    }
                }
            }
            first += if pair { 2 } else { 1 };
            sums = rest;
        }
    }
}

/// One block of inputs, one position of the kernel, `G` blocks of outputs.
#[derive(Clone, Copy)]
struct BlockPair<'a, P> {
    products: &'a Products,
    /// From the first pixel on that is read.
    source: &'a [P],
    gradient: &'a [Lanes],
}

impl<P: Pixel> BlockPair<'_, P> {
    /// All channels of the block, as many at a time as the registers hold.
    #[inline(always)]
    fn channels<S: Simd, const V: usize, const G: usize, const STEP: usize>(
        self,
        simd: S,
        mut sums: [&mut [Lanes]; G],
    ) {
        match (P::CHANNELS, V * G) {
            (4, _) | (_, 3..) => self.by::<S, V, 4, G, STEP>(simd, &mut sums),
            (_, 1) => self.by::<S, V, 16, G, STEP>(simd, &mut sums),
            _ if V == 1 => self.by::<S, V, 8, G, STEP>(simd, &mut sums),
            _ => self.by::<S, V, 4, G, STEP>(simd, &mut sums),
        }
    }

    /// `R` channels at a time.
    #[inline(always)]
    fn by<S: Simd, const V: usize, const R: usize, const G: usize, const STEP: usize>(
        self,
        simd: S,
        sums: &mut [&mut [Lanes]; G],
    ) {
        for first in (0..P::CHANNELS).step_by(R) {
            self.some::<S, V, R, G, STEP>(simd, first, sums);
        }
    }

    /// `sums[g][first + r] += sum of source[pixel][first + r] gradient[g][pixel]`.
    #[inline(always)]
    fn some<S: Simd, const V: usize, const R: usize, const G: usize, const STEP: usize>(
        self,
        simd: S,
        first: usize,
        sums: &mut [&mut [Lanes]; G],
    ) {
        let Products { rows, columns, source, gradient, .. } = self.products;
        let mut held = [[Wide::<S, V>::splat(simd, 0.0); G]; R];
        for (r, held) in held.iter_mut().enumerate() {
            for (held, sums) in held.iter_mut().zip(sums.iter()) {
                *held = Wide::load(&sums[first + r]);
            }
        }
        let sources = self.source.chunks(source.image());
        for (from, to) in sources.zip(self.gradient.chunks(gradient.image())) {
            for row in 0..*rows {
                let from = &from[row * source.pitch..][..(columns - 1) * STEP + 1];
                let to: [&[Lanes]; G] = std::array::from_fn(|g| {
                    &to[g * gradient.plane + row * gradient.pitch..][..*columns]
                });
                for (at, pixel) in from.iter().step_by(STEP).enumerate().take(*columns) {
                    let channels = &pixel.channels()[first..][..R];
                    let vectors = to.map(|to| Wide::load(&to[at]));
                    for r in 0..R {
                        let value = Wide::splat(simd, channels[r]);
                        for g in 0..G {
                            held[r][g] = value.times_plus(simd, vectors[g], held[r][g]);
                        }
                    }
                }
            }
        }
        for (g, sums) in sums.iter_mut().enumerate() {
            for r in 0..R {
                held[r][g].store(&mut sums[first + r]);
            }
        }
    }
}
