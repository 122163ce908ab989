//! Natural logarithms and exponentials of many numbers at a time, as wide as the
//! processor's registers are. Every number is computed alone and with fused
//! multiplications, so that all processors get the same bits. Errors stay below two
//! units in the last place.

use pulp::Arch;

/// 1.5 · 2^52: adding it rounds to a whole number, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first times a small whole number is exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN_2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
/// Exponentials of less are raised to that of this, about 3e-308.
const LEAST: f64 = -708.0;

/// Replaces numbers by their logarithms; what is not above 0, by minus infinity.
pub(crate) fn ln(values: &mut [f64]) {
    Arch::new().dispatch(|| values.iter_mut().for_each(|value| *value = ln_of(*value)));
}

/// `out = exp(scale * values)`. Products must not be above 700 or NaN.
pub(crate) fn exp_scaled(values: &[f64], scale: f64, out: &mut [f64]) {
    Arch::new().dispatch(|| {
        for (out, value) in out.iter_mut().zip(values) {
            *out = exp_of(value * scale);
        }
    });
}

/// ln(2^n m) = n ln 2 + ln m with m in [√½, √2) and, as in fdlibm,
/// ln m = ln(1 + s) - ln(1 - s) with s = (m - 1) / (m + 1).
#[inline(always)]
fn ln_of(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3FE6_A09E_0000_0000;
    const MANTISSA: u64 = 0x000F_FFFF_FFFF_FFFF;
    const TWO_POW_54: f64 = 18_014_398_509_481_984.0;
    let subnormal = x < f64::MIN_POSITIVE;
    let bits = if subnormal { x * TWO_POW_54 } else { x }.to_bits().wrapping_sub(SQRT_HALF);
    let n = f64::from_bits((((bits as i64) >> 52) as u64).wrapping_add(ROUND.to_bits())) - ROUND;
    let n = if subnormal { n - 54.0 } else { n };
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(SQRT_HALF)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w.mul_add(0.153_138_376_992_093_73, 0.222_221_984_321_497_84);
    let even = w * w.mul_add(even, 0.399_999_999_994_094_2);
    let odd = w.mul_add(0.147_981_986_051_165_86, 0.181_835_721_616_180_5);
    let odd = z * w.mul_add(w.mul_add(odd, 0.285_714_287_436_623_9), 0.666_666_666_666_673_5);
    let half_square = 0.5 * f * f;
    let low = n.mul_add(LN_2_LOW, s * (half_square + (even + odd)));
    let result = n.mul_add(LN_2_HIGH, f - (half_square - low));
    if x > 0.0 { result } else { f64::NEG_INFINITY }
}

/// exp(n ln 2 + r) = 2^n exp(r) with |r| below ln(2) / 2 and Taylor's polynomial.
#[inline(always)]
fn exp_of(x: f64) -> f64 {
    const INVERSE_FACTORIALS: [f64; 12] = [
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.max(LEAST);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let mut power = 1.0 / 479_001_600.0;
    for coefficient in INVERSE_FACTORIALS {
        power = f64::mul_add(power, r, coefficient);
    }
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(found: f64, expected: f64) -> f64 {
        (found - expected).abs() / (expected.abs() * f64::EPSILON)
    }

    #[test]
    fn logarithms_are_those_of_the_standard_library() {
        let mut values: Vec<f64> =
            (1..20_000).map(|i| (f64::from(i) * 0.37).powi(i % 90 - 70)).collect();
        values.extend([5e-324, 1e-310, f64::MIN_POSITIVE, 0.999_999, 1.0, 1.000_001, 1e300]);
        let mut found = values.clone();
        ln(&mut found);
        for (x, found) in values.iter().zip(found) {
            assert!(found == x.ln() || ulps(found, x.ln()) < 2.0, "{x}: {found}");
        }
        let mut none = [0.0, -1.0];
        ln(&mut none);
        assert_eq!(none, [f64::NEG_INFINITY; 2]);
    }

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        let values: Vec<f64> = (0..20_000).map(|i| f64::from(i) * -0.0353 + 1.0).collect();
        let mut found = vec![0.0; values.len()];
        for scale in [0.125, 1.0] {
            exp_scaled(&values, scale, &mut found);
            for (x, found) in values.iter().zip(&found) {
                assert!(ulps(*found, (x * scale).exp()) < 2.0, "{x}: {found}");
            }
        }
        exp_scaled(&[f64::NEG_INFINITY, -1e9, 0.0], 1.0, &mut found[..3]);
        assert!(found[0] < 1e-300 && found[1] < 1e-300 && found[2] == 1.0);
    }
}
