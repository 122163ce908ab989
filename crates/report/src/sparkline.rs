//! A curve as one word of a terminal: a block per round, as high as the value.

const BLOCKS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];

/// A block per value on a scale from `low` to `high`.
pub(crate) fn sparkline(values: &[f64], low: f64, high: f64) -> String {
    let block = |value: &f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        BLOCKS[((share * 8.0) as usize).min(7)]
    };
    values.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn the_lowest_and_the_highest_block_are_the_ends_of_the_scale() {
        assert_eq!(sparkline(&[0.0, 0.5, 1.0], 0.0, 1.0), "\u{2581}\u{2585}\u{2588}");
        assert_eq!(sparkline(&[0.9, 0.9], 0.9, 0.9), "\u{2585}\u{2585}");
        assert_eq!(sparkline(&[], 0.0, 1.0), "");
    }
}
