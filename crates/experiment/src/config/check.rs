//! What a configuration must fulfil beyond its syntax; every refusal names the
//! key, what it holds and what it should hold.

use super::{AnnotatorMode, Config, ConfigError, CrowdConfig, Protocol, check_model, nearest};
use crate::{
    level,
    strategy::{self, STRATEGIES},
};

/// Data sets that are tables.
const TABLES: &[&str] = &["blobs", "wall-robot", "wall-robot-complete", "single-label", LEVELS];
/// The data set that is made for a level of annotator accuracy.
const LEVELS: &str = "single-vs-multi";
/// Data sets with several synthetic annotators.
const SYNTHETIC: &[&str] = &["wall-robot", "wall-robot-complete", LEVELS];
/// Data sets that are images.
const IMAGES: &[&str] = &["cifar10h", "demo"];

/// Most seeds of a grid.
pub(super) const MAX_SEEDS: usize = 10_000;

pub(super) fn refuse<T>(
    key: &'static str,
    found: impl ToString,
    expected: String,
) -> Result<T, ConfigError> {
    Err(ConfigError::Value { key, found: found.to_string(), expected })
}

pub(super) fn one_of(key: &'static str, found: &str, valid: &[&str]) -> Result<(), ConfigError> {
    if valid.contains(&found) {
        return Ok(());
    }
    let hint = nearest(found, valid.iter().copied());
    refuse(key, found, format!("there is no such name{hint}; valid are {}", valid.join(", ")))
}

/// Names of data, models and strategies, sizes, and what must go together.
pub(super) fn check(mut config: Config) -> Result<Config, ConfigError> {
    let name_is_safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if config.experiment.is_empty()
        || config.experiment.starts_with('.')
        || !config.experiment.chars().all(name_is_safe)
    {
        let expected = "use letters, digits, '-', '_' and '.', not starting with '.'";
        return refuse("experiment", &config.experiment, expected.into());
    }
    one_of("data.name", &config.data.name, &[TABLES, IMAGES].concat())?;
    check_model::check(&config.model, IMAGES.contains(&config.data.name.as_str()))?;
    config.model.complete();
    check_data(&config)?;
    for (key, found) in [
        ("loop.rounds", Some(config.run.rounds)),
        ("loop.batch", Some(config.run.batch)),
        ("data.limit", config.data.limit),
        ("data.test_limit", config.data.test_limit),
    ] {
        if found.is_some_and(|n| n == 0 || n > 1_000_000) {
            return refuse(key, found.unwrap_or(0), "use a number from 1 to 1000000".into());
        }
    }
    if config.run.rounds > 1000 {
        return refuse("loop.rounds", config.run.rounds, "use at most 1000 rounds".into());
    }
    if config.run.folds < 2 || config.run.folds > 100 {
        return refuse("loop.folds", config.run.folds, "use 2 to 100 folds".into());
    }
    check_grid(&mut config)?;
    Ok(config)
}

fn check_data(config: &Config) -> Result<(), ConfigError> {
    let data = &config.data;
    if let Some(variant) = &data.variant {
        if data.name != "wall-robot" {
            return refuse(
                "data.variant",
                variant,
                format!("{} has no variants; remove it", data.name),
            );
        }
        one_of("data.variant", variant, &["published", "notebook"])?;
    }
    if data.crowd == CrowdConfig::Heterogeneous && !SYNTHETIC.contains(&data.name.as_str()) {
        let expected = format!("only {} have synthetic annotators to vary", SYNTHETIC.join(", "));
        return refuse("data.crowd", "heterogeneous", expected);
    }
    for (key, limit) in [("data.limit", data.limit), ("data.test_limit", data.test_limit)] {
        if limit.is_some() && data.name != "cifar10h" {
            let expected = format!("{} is always used as a whole; remove it", data.name);
            return refuse(key, limit.unwrap_or(0), expected);
        }
    }
    Ok(())
}

fn check_grid(config: &mut Config) -> Result<(), ConfigError> {
    let names: Vec<&str> = STRATEGIES.iter().map(|info| info.name).collect();
    let with_levels = config.data.name == LEVELS;
    let grid = &mut config.grid;
    for name in &mut grid.strategies {
        let Some(info) = strategy::find(name) else {
            one_of("grid.strategies", level::split(name).0, &names)?;
            continue;
        };
        if info.ensemble && config.model.ensemble.is_empty() {
            let expected = "it needs several models; set model.ensemble".to_owned();
            return refuse("grid.strategies", name, expected);
        }
        *name = canonical(name, info.name, with_levels)?;
    }
    if grid.seeds.len() > MAX_SEEDS {
        return refuse("grid.seeds", grid.seeds.len(), format!("use at most {MAX_SEEDS} seeds"));
    }
    if let Some(twice) = repeated(&grid.strategies) {
        return refuse("grid.strategies", twice, "it is listed twice".into());
    }
    if let Some(twice) = repeated(&grid.seeds) {
        return refuse("grid.seeds", twice, "it is listed twice".into());
    }
    if grid.strategies.is_empty() {
        return refuse("grid.strategies", "[]", format!("name some of {}", names.join(", ")));
    }
    if grid.seeds.is_empty() {
        return refuse("grid.seeds", "[]", "name at least one seed, such as 0..5".into());
    }
    if config.run.protocol == Protocol::Published && config.run.annotators == AnnotatorMode::Real {
        let expected =
            "the published protocol attributes labels to batches; set loop.protocol=corrected";
        return refuse("loop.annotators", "real", expected.into());
    }
    Ok(())
}

/// The strategy's own name, with a level exactly where the data set has levels.
fn canonical(found: &str, name: &str, with_levels: bool) -> Result<String, ConfigError> {
    match (level::split(found).1, level::of(found)) {
        (None, _) if !with_levels => Ok(name.into()),
        (_, Some(level)) if with_levels => Ok(level::join(name, level)),
        (Some(_), _) if !with_levels => {
            let expected = format!("only {LEVELS} has levels of annotator accuracy; write {name}");
            refuse("grid.strategies", found, expected)
        }
        _ => {
            let (low, high) = (level::RANGE.start(), level::RANGE.end());
            let expected = format!(
                "name a mean accuracy of annotators from {low} to {high}, such as {name}@0.6"
            );
            refuse("grid.strategies", found, expected)
        }
    }
}

fn repeated<T: PartialEq>(items: &[T]) -> Option<&T> {
    items.iter().enumerate().find(|(at, item)| items[..*at].contains(item)).map(|(_, item)| item)
}
