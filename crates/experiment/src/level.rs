//! Levels of annotator accuracy: `single@0.6` is the strategy `single` with
//! annotators of mean accuracy 0.6, so that a grid crosses strategies and levels.

/// The levels that a data set can be made with.
pub(crate) const RANGE: std::ops::RangeInclusive<f64> = 0.5..=1.0;

/// The strategy's own name, and the level if one follows.
pub fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((strategy, level)) => (strategy, Some(level)),
        None => (name, None),
    }
}

/// The level that this name carries.
pub fn of(name: &str) -> Option<f64> {
    let level = split(name).1?.parse().ok()?;
    RANGE.contains(&level).then_some(level)
}

/// `strategy@level` as folders and reports have it: 1 is written 1.0.
pub(crate) fn join(strategy: &str, level: f64) -> String {
    format!("{strategy}@{level:?}")
}

/// Every level that occurs in these names, each once, in order of appearance.
pub(crate) fn distinct(names: &[String]) -> Vec<f64> {
    let mut levels = Vec::new();
    for level in names.iter().filter_map(|name| of(name)) {
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_follows_the_strategy_and_lies_between_a_half_and_one() {
        assert_eq!(split("single@0.6"), ("single", Some("0.6")));
        assert_eq!(
            (of("single@0.6"), of("single"), of("single@2"), of("single@x")),
            (Some(0.6), None, None, None)
        );
        assert_eq!(join("single", 1.0), "single@1.0");
        let names = ["a@1", "b@0.6", "c@1.0"].map(String::from);
        assert_eq!(distinct(&names), [1.0, 0.6]);
    }
}
