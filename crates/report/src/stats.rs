//! Mean and population standard deviation over seeds, and Welch's t-test with the
//! Welch-Satterthwaite degrees of freedom; the two-sided p-value of Student's t is
//! I_x(v/2, 1/2) with x = v / (v + t^2), the regularised incomplete beta function.

/// Mean, population standard deviation and number of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub mean: f64,
    pub std: f64,
    pub n: usize,
}

impl Spread {
    /// Nothing if there is no value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        // Counted from the first value, so that equal values have no spread at all.
        let &first = values.first()?;
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        Some(Self { mean, std: variance.sqrt(), n: values.len() })
    }

    /// Variance of the mean, estimated with n - 1.
    fn error_variance(self) -> f64 {
        self.std * self.std / (self.n as f64 - 1.0)
    }
}

/// For every point of a curve the area under the straight lines up to it, divided by
/// its width: the mean height so far. Without width it is the height itself.
pub(crate) fn mean_heights(points: &[(f64, f64)]) -> Vec<f64> {
    let Some(&(start, _)) = points.first() else { return Vec::new() };
    let mut area = 0.0;
    let mut before = points[0];
    points
        .iter()
        .map(|&(x, y)| {
            area += (x - before.0) * (before.1 + y) / 2.0;
            before = (x, y);
            if x > start { area / (x - start) } else { y }
        })
        .collect()
}

/// Two-sided p-value of equal means; nothing if a side has fewer than two values
/// or neither side varies.
pub(crate) fn welch_p(a: Spread, b: Spread) -> Option<f64> {
    if a.n < 2 || b.n < 2 {
        return None;
    }
    let (va, vb) = (a.error_variance(), b.error_variance());
    if va + vb == 0.0 {
        return None;
    }
    let t2 = (a.mean - b.mean).powi(2) / (va + vb);
    let freedom = (va + vb).powi(2) / (va * va / (a.n as f64 - 1.0) + vb * vb / (b.n as f64 - 1.0));
    Some(incomplete_beta(freedom / (freedom + t2), freedom / 2.0, 0.5))
}

/// Regularised incomplete beta function I_x(a, b), from its continued fraction
/// (NIST DLMF 8.17.22) evaluated by Lentz's method.
pub(crate) fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly only on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let log_front = a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    log_front.exp() / (a * beta_fraction(x, a, b))
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..500 {
        let m = f64::from(step / 2);
        let term = if step % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away_from_zero(1.0 + term * d);
        c = away_from_zero(1.0 + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// ln Gamma(x) for x > 0: Stirling's series (NIST DLMF 5.11.1) after shifting x above 10.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    let series =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0]
            .iter()
            .rev()
            .fold(0.0, |sum, term| sum / (x * x) + term)
            / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spread_is_the_population_one() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!((spread.mean, spread.n), (3.0, 4));
        assert!((spread.std - 3.5_f64.sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of(&[]), None);
        let same = Spread::of(&[0.882; 20]).unwrap();
        assert_eq!((same.mean, same.std, welch_p(same, same)), (0.882, 0.0, None));
    }

    #[test]
    fn areas_are_mean_heights_so_far() {
        // Trapezoids of area 1.5 and 5 over widths 1 and 3.
        let areas = mean_heights(&[(5.0, 1.0), (6.0, 2.0), (8.0, 3.0)]);
        assert_eq!(areas, [1.0, 1.5, 6.5 / 3.0]);
        assert_eq!(mean_heights(&[(0.0, 0.5), (0.0, 0.7)]), [0.5, 0.7]);
    }

    #[test]
    fn incomplete_beta_agrees_with_closed_forms() {
        // I_x(1, b) = 1 - (1-x)^b; I_x(a, 1) = x^a; I_x(1/2, 1/2) = 2/pi asin(sqrt x).
        for x in [0.01_f64, 0.2, 0.5, 0.77, 0.99] {
            let arcsine = 2.0 / std::f64::consts::PI * x.sqrt().asin();
            assert!((incomplete_beta(x, 1.0, 3.5) - (1.0 - (1.0 - x).powf(3.5))).abs() < 1e-13);
            assert!((incomplete_beta(x, 2.5, 1.0) - x.powf(2.5)).abs() < 1e-13);
            assert!((incomplete_beta(x, 0.5, 0.5) - arcsine).abs() < 1e-13);
        }
    }

    #[test]
    fn p_values_are_those_of_the_t_tables() {
        // Two-sided 5 % and 1 % points of Student's t with 1, 4, 8 and 30 degrees of freedom.
        for (freedom, t, p) in [
            (1.0, 12.706_204_736, 0.05),
            (4.0, 2.776_445_105, 0.05),
            (8.0, 3.355_387_331, 0.01),
            (30.0, 2.042_272_456, 0.05),
        ] {
            let found = incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5);
            assert!((found - p).abs() < 1e-9, "{freedom}: {found}");
        }
    }

    #[test]
    fn welch_of_equal_sizes_and_spreads_is_students_test() {
        // n = 5 each and sample variance 2.5 each: t = 2 with 8 degrees of freedom, p = 0.0805.
        let a = Spread::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let b = Spread::of(&[3.0, 4.0, 5.0, 6.0, 7.0]).unwrap();
        // P(|T8| > 2) = 1 - s (1 + c/2 + 3 c^2/8 + 5 c^3/16), s = sin atan(t/sqrt v), c = cos^2.
        let (s, c) = ((4.0_f64 / 12.0).sqrt(), 8.0 / 12.0);
        let expected = 1.0 - s * (1.0 + c / 2.0 + 3.0 * c * c / 8.0 + 5.0 * c * c * c / 16.0);
        assert!((welch_p(a, b).unwrap() - expected).abs() < 1e-13);
        assert_eq!(welch_p(a, a), Some(1.0));
        assert_eq!(welch_p(a, Spread { n: 1, ..b }), None);
    }
}
