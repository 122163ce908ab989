//! From convolutions to the next feature map, `activation(norm(x) + shortcut)`
//! with `norm(x) = scale x + shift`, and what its gradient needs: the gradient
//! before the activation and its sums per channel.

use pulp::Simd;

use super::gelu::{gelu, gelu_slope};
use super::lanes::Lanes;
use super::plane::{Plane, Shape};
use super::wide::{Task, Wide};
use crate::image::architecture::Activation;

/// `scale x + shift`, a block of channels at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine<'a> {
    pub(super) scale: &'a [Lanes],
    pub(super) shift: &'a [Lanes],
}

/// A convolution's output and its normalisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Normed<'a> {
    /// `[image][block][pixel]`
    pub(super) pixels: &'a [Lanes],
    pub(super) affine: Affine<'a>,
}

/// What is added before the activation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Added<'a> {
    Nothing,
    Map(&'a [Lanes], Shape),
    Normed(Normed<'a>),
}

/// Makes a map.
pub(super) struct Join<'a> {
    pub(super) main: Normed<'a>,
    pub(super) added: Added<'a>,
    pub(super) activation: Activation,
    pub(super) shape: Shape,
    pub(super) map: &'a mut [Lanes],
}

impl Task for Join<'_> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        let Shape { blocks, plane } = self.shape;
        let mains = self.main.pixels.chunks_exact(plane.area());
        for (at, (map, main)) in self.map.chunks_exact_mut(plane.len()).zip(mains).enumerate() {
            let block = at % blocks;
            let norm = Scaling::<S, V>::of(self.main.affine, block);
            let rows = plane.rows_mut(map).zip(main.chunks_exact(plane.width));
            match self.added {
                Added::Nothing => rows.for_each(|(map, main)| {
                    for (map, main) in map.iter_mut().zip(main) {
                        activate(simd, norm.apply(simd, main), self.activation, map);
                    }
                }),
                Added::Map(other, shape) => {
                    let other = &other[at * shape.plane.len()..][..shape.plane.len()];
                    rows.zip(shape.plane.rows(other)).for_each(|((map, main), other)| {
                        for ((map, main), other) in map.iter_mut().zip(main).zip(other) {
                            let sum = norm.apply(simd, main).plus(simd, Wide::load(other));
                            activate(simd, sum, self.activation, map);
                        }
                    });
                }
                Added::Normed(Normed { pixels, affine }) => {
                    let other = pixels[at * plane.area()..].chunks_exact(plane.width);
                    let beside = Scaling::<S, V>::of(affine, block);
                    rows.zip(other).for_each(|((map, main), other)| {
                        for ((map, main), other) in map.iter_mut().zip(main).zip(other) {
                            let other = beside.apply(simd, other);
                            let sum = norm.apply(simd, main).plus(simd, other);
                            activate(simd, sum, self.activation, map);
                        }
                    });
                }
            }
        }
    }
}

/// The two numbers of a block of channels, in registers.
#[derive(Clone, Copy)]
struct Scaling<S: Simd, const V: usize> {
    scale: Wide<S, V>,
    shift: Wide<S, V>,
}

impl<S: Simd, const V: usize> Scaling<S, V> {
    #[inline(always)]
    fn of(affine: Affine<'_>, block: usize) -> Self {
        Self { scale: Wide::load(&affine.scale[block]), shift: Wide::load(&affine.shift[block]) }
    }

    #[inline(always)]
    fn apply(self, simd: S, pixel: &Lanes) -> Wide<S, V> {
        Wide::load(pixel).times_plus(simd, self.scale, self.shift)
    }
}

#[inline(always)]
fn activate<S: Simd, const V: usize>(
    simd: S,
    sum: Wide<S, V>,
    activation: Activation,
    map: &mut Lanes,
) {
    match activation {
        Activation::None => sum.store(map),
        Activation::Relu => sum.larger(simd, Wide::splat(simd, 0.0)).store(map),
        Activation::Gelu => {
            sum.store(map);
            *map = gelu(map);
        }
    }
}

/// Takes the gradient of a map back through its activation, in place.
pub(super) struct Unactivate<'a> {
    pub(super) main: Normed<'a>,
    pub(super) activation: Activation,
    pub(super) shape: Shape,
    pub(super) map: &'a [Lanes],
    /// `[image][block][pixel]`
    pub(super) gradient: &'a mut [Lanes],
}

impl Task for Unactivate<'_> {
    #[inline(always)]
    fn with_registers<S: Simd, const V: usize>(self, simd: S) {
        let Shape { blocks, plane } = self.shape;
        let gradients = self.gradient.chunks_exact_mut(plane.area());
        for (at, (gradient, map)) in gradients.zip(self.map.chunks_exact(plane.len())).enumerate() {
            match self.activation {
                Activation::None => {}
                Activation::Relu => gate::<S, V>(simd, plane, gradient, map),
                Activation::Gelu => {
                    let norm = Scaling::<S, V>::of(self.main.affine, at % blocks);
                    let main = &self.main.pixels[at * plane.area()..];
                    for (gradient, main) in gradient.iter_mut().zip(main) {
                        let mut sum = Lanes::default();
                        norm.apply(simd, main).store(&mut sum);
                        let slope = gelu_slope(&sum);
                        *gradient = Lanes::from_fn(|lane| gradient.0[lane] * slope.0[lane]);
                    }
                }
            }
        }
    }
}

/// Zero where the map is not positive.
#[inline(always)]
fn gate<S: Simd, const V: usize>(simd: S, plane: Plane, gradient: &mut [Lanes], map: &[Lanes]) {
    for (gradient, map) in gradient.chunks_exact_mut(plane.width).zip(plane.rows(map)) {
        for (gradient, map) in gradient.iter_mut().zip(map) {
            let value = Wide::<S, V>::load(gradient);
            value.where_positive(simd, Wide::load(map)).store(gradient);
        }
    }
}
