//! What follows a normalisation, and its slope.

use cubecl::prelude::*;

/// A function of single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// The value itself.
    None,
    /// The value, or zero if it is negative.
    Relu,
    /// x times the normal distribution function at x (Hendrycks and Gimpel, 2016).
    Gelu,
}

/// One over the root of two.
const ROOT_OF_HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// The normal density at zero: one over the root of two pi.
const DENSITY_AT_ZERO: f32 = 0.398_942_3;

#[cube]
pub(crate) fn activated<M: Size>(x: Vector<f32, M>, #[comptime] by: Activation) -> Vector<f32, M> {
    if comptime!(by == Activation::Relu) {
        // what is not a number stays so, and shows in the loss
        let zero = Vector::<f32, M>::new(0.0f32);
        select_many(x.less_than(&zero), zero, x)
    } else if comptime!(by == Activation::Gelu) {
        x * distribution::<M>(x)
    } else {
        x
    }
}

/// `slopes` behind the activation of `x`, in front of it.
#[cube]
pub(crate) fn before<M: Size>(
    slopes: Vector<f32, M>,
    x: Vector<f32, M>,
    #[comptime] by: Activation,
) -> Vector<f32, M> {
    if comptime!(by == Activation::Relu) {
        let zero = Vector::<f32, M>::new(0.0f32);
        select_many(x.greater_than(&zero), slopes, zero)
    } else if comptime!(by == Activation::Gelu) {
        let density = Vector::exp(x * x * Vector::new(-0.5f32)) * Vector::new(DENSITY_AT_ZERO);
        slopes * (distribution::<M>(x) + x * density)
    } else {
        slopes
    }
}

/// The normal distribution function.
#[cube]
fn distribution<M: Size>(x: Vector<f32, M>) -> Vector<f32, M> {
    let scaled = x * Vector::new(ROOT_OF_HALF);
    (Vector::erf(scaled) + Vector::new(1.0f32)) * Vector::new(0.5f32)
}
