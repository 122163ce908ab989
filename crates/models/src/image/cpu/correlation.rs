//! Sliding a kernel over the images of a chunk: rows are cut into tiles, blocks
//! of input channels follow each other so that their weights stay in the first
//! cache. The forward pass is one such slide; the data gradient is one for every
//! remainder of the position modulo the stride.

use pulp::Simd;

use super::lanes::{Lanes, Pixel};
use super::tile::{Tap, tile};
use super::wide::Task;

/// Where a slide reads or writes in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// The first pixel.
    pub(super) first: usize,
    /// Distance between rows.
    pub(super) pitch: usize,
    /// Distance between columns: 1 or 2.
    pub(super) step: usize,
    /// Distance between blocks of channels.
    pub(super) plane: usize,
    /// Blocks of channels.
    pub(super) blocks: usize,
}

impl Grid {
    /// Pixels of an image.
    pub(super) fn image(&self) -> usize {
        self.blocks * self.plane
    }
}

/// One slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slide {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) source: Grid,
    pub(super) dest: Grid,
    /// Positions of the kernel that take part.
    pub(super) taps: Vec<Tap>,
    /// Positions that the kernel has.
    pub(super) kernel_area: usize,
}

/// What is slid over what.
pub(super) struct Correlation<'a, P> {
    pub(super) slide: &'a Slide,
    /// `[image][block][row][column]`
    pub(super) source: &'a [P],
    /// `[block of outputs][block of inputs][position][input]`
    pub(super) weights: &'a [Lanes],
    /// `[image][block][row][column]`
    pub(super) dest: &'a mut [Lanes],
    /// Whether `dest` is overwritten rather than added to.
    pub(super) fresh: bool,
}

impl<P: Pixel> Task for Correlation<'_, P> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        match (self.slide.source.step, self.slide.dest.step) {
            (1, 1) => self.stepping::<S, V, 1, 1>(simd),
            (2, 1) => self.stepping::<S, V, 2, 1>(simd),
            (1, 2) => self.stepping::<S, V, 1, 2>(simd),
            steps => unreachable!("no plan should have the steps {steps:?}"),
        }
    }
}

impl<P: Pixel> Correlation<'_, P> {
    /// With 32 registers two blocks of outputs share each broadcast.
    #[inline(always)]
    fn stepping<S: Simd, const V: usize, const SOURCE: usize, const DEST: usize>(
        mut self,
        simd: S,
    ) {
        let blocks = self.slide.dest.blocks;
        let pairs = if V == 1 { blocks / 2 } else { 0 };
        for pair in 0..pairs {
            self.outputs::<S, V, 2, SOURCE, DEST>(simd, 2 * pair);
        }
        for block in 2 * pairs..blocks {
            self.outputs::<S, V, 1, SOURCE, DEST>(simd, block);
        }
    }

    /// All images and pixels of the output blocks `first..first + G`.
    #[inline(always)]
    fn outputs<S: Simd, const V: usize, const G: usize, const SOURCE: usize, const DEST: usize>(
        &mut self,
        simd: S,
        first: usize,
    ) {
        let Slide { rows, source, dest, kernel_area, .. } = *self.slide;
        let kernel = kernel_area * P::CHANNELS;
        for block in 0..source.blocks {
            let weights = std::array::from_fn(|g| {
                &self.weights[((first + g) * source.blocks + block) * kernel..][..kernel]
            });
            let fresh = self.fresh && block == 0;
            let sources = self.source.chunks_exact(source.image());
            for (from, to) in sources.zip(self.dest.chunks_exact_mut(dest.image())) {
                let from = &from[block * source.plane + source.first..];
                let to = &mut to[first * dest.plane..][..G * dest.plane];
                for row in 0..rows {
                    let from = &from[row * source.pitch..];
                    let start = dest.first + row * dest.pitch;
                    let strip = Strip::<P, G> { from, weights, to, start, fresh };
                    strip.run::<S, V, SOURCE, DEST>(simd, self.slide);
                }
            }
        }
    }
}

/// One row of `G` blocks of outputs.
struct Strip<'a, P, const G: usize> {
    from: &'a [P],
    weights: [&'a [Lanes]; G],
    /// `G` planes.
    to: &'a mut [Lanes],
    /// Where the row begins in each.
    start: usize,
    fresh: bool,
}

impl<P: Pixel, const G: usize> Strip<'_, P, G> {
    /// Tiles as wide as the registers allow and as even as possible: few sums in
    /// flight would wait for each other.
    #[inline(always)]
    fn run<S: Simd, const V: usize, const SOURCE: usize, const DEST: usize>(
        mut self,
        simd: S,
        slide: &Slide,
    ) {
        let widest = if V == 1 { 16 / G } else { 12 / V };
        let mut column = 0;
        let mut tiles = slide.columns.div_ceil(widest.max(1));
        while tiles > 0 {
            let left = slide.columns - column;
            let width = left.div_ceil(tiles);
            self.tile::<S, V, SOURCE, DEST>(simd, slide, [column, width]);
            column += width;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const V: usize, const SOURCE: usize, const DEST: usize>(
        &mut self,
        simd: S,
        slide: &Slide,
        [column, width]: [usize; 2],
    ) {
        let from = &self.from[column * SOURCE..];
        let mut planes = self.to.chunks_exact_mut(slide.dest.plane);
        let start = self.start + column * DEST;
        let to: [&mut [Lanes]; G] = std::array::from_fn(|_| {
            &mut planes.next().expect("every block of outputs should have a plane")[start..]
        });
        macro_rules! of_width {
            ($($q:literal)*) => {
                match width {
                    $($q => tile::<S, P, V, $q, G, SOURCE, DEST>(
                        simd, from, &slide.taps, self.weights, to, self.fresh,
                    ),)*
                    _ => unreachable!("no tile should be {width} pixels wide"),
                }
            };
        }
        match (V, G) {
            (1, 1) => of_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16),
            (1, _) => of_width!(1 2 3 4 5 6 7 8),
            (2, _) => of_width!(1 2 3 4 5 6),
            (4, _) => of_width!(1 2 3),
            _ => of_width!(1),
        }
    }
}
