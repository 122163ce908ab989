//! One axis: the range of the data, round numbers inside it, and the way from a
//! value to a pixel.

/// An axis from `low` at pixel `from` to `high` at pixel `to`.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    /// Where ticks begin and end.
    ticked: (f64, f64),
    step: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis over all values with a margin and about `count` ticks; `whole` asks for
    /// ticks at whole numbers. There should be a value.
    pub fn over(
        values: impl IntoIterator<Item = f64>,
        count: usize,
        whole: bool,
        pixels: (f64, f64),
    ) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let smallest = if whole { 1.0 } else { 1e-4 };
        let counted = (low, high);
        // A single value gets room on both sides.
        let room = if whole { 1.0 } else { 0.01 * low.abs().max(1.0) };
        let (low, high) = if high > low { (low, high) } else { (low - room, low + room) };
        let margin = (high - low) * 0.03;
        let step = round_step((high - low) / count as f64).max(smallest);
        let (low, high) = (low - margin, high + margin);
        // What is counted has nothing beyond its ends.
        let ticked = if whole { counted } else { (low, high) };
        Self { low, high, ticked, step, from: pixels.0, to: pixels.1 }
    }

    /// An axis for bars: from 0 to a little above `high`, which should be positive.
    pub fn from_zero(high: f64, count: usize, (from, to): (f64, f64)) -> Self {
        let step = round_step(high / count as f64).max(1.0);
        let high = high * 1.03;
        Self { low: 0.0, high, ticked: (0.0, high), step, from, to }
    }

    /// The pixel of a value.
    pub fn pixel(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Ticks and their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        let (first, last) = self.ticked;
        let first = (first / self.step).ceil() as i64;
        let last = (last / self.step).floor() as i64;
        let tick = |index: i64| {
            let value = index as f64 * self.step;
            (value, format!("{value:.decimals$}"))
        };
        (first..=last).map(tick).collect()
    }
}

/// Of 1, 2, 5 times a power of ten the one nearest to `step` on a logarithmic scale.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let distance = |factor: f64| (factor * power / step).ln().abs();
    let nearer =
        |best: f64, factor: f64| if distance(factor) < distance(best) { factor } else { best };
    [2.0, 5.0, 10.0].into_iter().fold(1.0, nearer) * power
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(values: &[f64], count: usize, whole: bool) -> Vec<String> {
        let axis = Axis::over(values.iter().copied(), count, whole, (0.0, 100.0));
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_numbers_inside_the_data() {
        assert_eq!(
            labels(&[0.8512, 0.9877], 6, false),
            ["0.86", "0.88", "0.90", "0.92", "0.94", "0.96", "0.98"]
        );
        assert_eq!(labels(&[0.0, 3.0], 24, true), ["0", "1", "2", "3"]);
        assert_eq!(labels(&[500.0, 2600.0], 6, true), ["500", "1000", "1500", "2000", "2500"]);
        assert_eq!(labels(&[7.0], 24, true), ["7"]);
        assert_eq!(
            labels(&[2000.0], 7, false),
            ["1980", "1985", "1990", "1995", "2000", "2005", "2010", "2015", "2020"]
        );
    }

    #[test]
    fn bars_begin_at_zero() {
        let axis = Axis::from_zero(1300.0, 6, (100.0, 0.0));
        assert_eq!(axis.pixel(0.0), 100.0);
        assert_eq!(axis.ticks().len(), 7);
    }

    #[test]
    fn pixels_grow_with_values_and_leave_a_margin() {
        let axis = Axis::over([0.0, 1.0], 5, false, (100.0, 0.0));
        assert!(axis.pixel(0.0) < 100.0 && axis.pixel(1.0) > 0.0);
        assert!((axis.pixel(0.5) - 50.0).abs() < 1e-9);
    }
}
