//! How a convolution of given shapes slides: forward, for the gradient of its
//! input, and for the gradient of its kernel.

use super::correlation::{Grid, Slide};
use super::plane::{Plane, Shape};
use super::tile::Tap;
use super::weight_gradient::Products;

/// A square convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) size: usize,
    pub(super) stride: usize,
    pub(super) pad: usize,
}

impl Window {
    /// Rows (or columns) of the output.
    pub(super) fn outputs(self, inputs: usize) -> usize {
        (inputs + 2 * self.pad - self.size) / self.stride + 1
    }

    /// The plane of the output, with no border.
    pub(super) fn output(self, plane: Plane) -> Plane {
        let [height, width] = [plane.height, plane.width].map(|n| self.outputs(n));
        Plane { height, width, border: 0 }
    }

    /// Zeros that the gradient of the output needs around it.
    pub(super) fn gradient_border(self, plane: Plane) -> usize {
        let reach = |inputs: usize| {
            let last = inputs - 1 + self.pad; // of kernel position 0
            let over = (last / self.stride + 1).saturating_sub(self.outputs(inputs));
            over.max((self.size - 1).saturating_sub(self.pad).div_ceil(self.stride))
        };
        reach(plane.height).max(reach(plane.width))
    }

    fn positions(self) -> impl Iterator<Item = [usize; 2]> {
        let size = self.size;
        (0..size * size).map(move |at| [at / size, at % size])
    }

    /// The forward pass from `source` to `dest`.
    pub(super) fn forward(self, source: Shape, dest: Shape) -> Slide {
        let place = |[row, column]: [usize; 2]| source.plane.pitch() * row + column;
        let taps = self.positions().zip(0..);
        Slide {
            rows: dest.plane.height,
            columns: dest.plane.width,
            source: self.read(source),
            dest: whole(dest),
            taps: taps.map(|(at, kernel)| Tap { source: place(at), kernel }).collect(),
            kernel_area: self.size * self.size,
        }
    }

    /// The windows of `source`, from the first position of the first one.
    fn read(self, source: Shape) -> Grid {
        let corner = -(self.pad as isize);
        Grid {
            first: source.plane.at(corner, corner),
            pitch: source.plane.pitch() * self.stride,
            step: self.stride,
            ..whole(source)
        }
    }

    /// From the gradient of the output to the gradient of the input: position
    /// `i` of the input takes part in output `o` through kernel position
    /// `k = i + pad - stride o`, so that every remainder of `i` modulo the stride
    /// has positions of its own.
    pub(super) fn backward(self, gradient: Shape, input: Shape) -> Vec<Slide> {
        let remainders =
            (0..self.stride * self.stride).map(|at| [at / self.stride, at % self.stride]);
        let slides = remainders.map(|[row, column]| Slide {
            rows: rest(input.plane.height, row, self.stride),
            columns: rest(input.plane.width, column, self.stride),
            source: Grid { first: 0, ..whole(gradient) },
            dest: Grid {
                first: input.plane.at(row as isize, column as isize),
                pitch: input.plane.pitch() * self.stride,
                step: self.stride,
                ..whole(input)
            },
            taps: self.backward_taps([row, column], gradient.plane),
            kernel_area: self.size * self.size,
        });
        slides.filter(|slide| slide.rows * slide.columns > 0).collect()
    }

    fn backward_taps(self, [row, column]: [usize; 2], gradient: Plane) -> Vec<Tap> {
        let output = |remainder: usize, position: usize| {
            let ahead = (remainder + self.pad) as isize - position as isize;
            let stride = self.stride as isize;
            (ahead.rem_euclid(stride) == 0).then(|| ahead.div_euclid(stride))
        };
        let taps = self.positions().zip(0..).filter_map(|([down, right], kernel)| {
            let source = gradient.at(output(row, down)?, output(column, right)?);
            Some(Tap { source, kernel })
        });
        taps.collect()
    }

    /// What the gradient of the kernel multiplies.
    pub(super) fn products(self, source: Shape, gradient: Shape) -> Products {
        let pitch = source.plane.pitch();
        Products {
            rows: gradient.plane.height,
            columns: gradient.plane.width,
            source: self.read(source),
            gradient: whole(gradient),
            taps: self.positions().map(|[row, column]| pitch * row + column).collect(),
        }
    }
}

/// How many of `0..n` leave `remainder`.
fn rest(n: usize, remainder: usize, stride: usize) -> usize {
    n.saturating_sub(remainder).div_ceil(stride)
}

/// Every pixel of a feature map.
fn whole(shape: Shape) -> Grid {
    Grid {
        first: shape.plane.at(0, 0),
        pitch: shape.plane.pitch(),
        step: 1,
        plane: shape.plane.len(),
        blocks: shape.blocks,
    }
}
