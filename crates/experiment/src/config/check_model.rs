//! What `[model]` must fulfil: names that exist, numbers in their ranges, and no
//! key that the models at hand would not read.

use relabel_models::image::{Named, NetKind};

use super::check::{one_of, refuse};
use super::{ConfigError, ModelConfig};

/// Models that read a table.
const TABLE_MODELS: &[&str] = &["extra-trees", "mlp", "knn"];

/// Checks the models of a data set of images or of a table.
pub(super) fn check(model: &ModelConfig, images: bool) -> Result<(), ConfigError> {
    let kinds = if images { NetKind::words() } else { TABLE_MODELS.to_vec() };
    one_of("model.kind", &model.kind, &kinds)?;
    for member in &model.ensemble {
        one_of("model.ensemble", member, &kinds)?;
    }
    if let [only] = model.ensemble.as_slice() {
        let expected = "name at least two models, or remove it".to_owned();
        return refuse("model.ensemble", only, expected);
    }
    for (key, word, valid) in model.words() {
        if let Some(word) = word {
            one_of(key, word, &valid)?;
        }
    }
    if let Some(file) = model.pretrained.as_ref().filter(|_| !model.ensemble.is_empty()) {
        let expected = "one file cannot start an ensemble; remove model.ensemble".to_owned();
        return refuse("model.pretrained", file, expected);
    }
    check_owner(model, images)?;
    check_counts(model)?;
    check_shares(model)
}

/// A key that nothing reads is a mistake.
fn check_owner(model: &ModelConfig, images: bool) -> Result<(), ConfigError> {
    let keys = toml::Table::try_from(model).unwrap_or_default();
    let of_tables = |key: &str| matches!(key, "trees" | "epochs");
    for (key, value) in keys.iter().filter(|(key, _)| !matches!(key.as_str(), "kind" | "ensemble"))
    {
        if images && of_tables(key) {
            let expected = "networks are trained by steps; set model.steps instead".to_owned();
            return refuse(
                if key == "trees" { "model.trees" } else { "model.epochs" },
                value,
                expected,
            );
        }
        if !images && !of_tables(key) {
            let expected = format!("{} does not read model.{key}; remove it", model.kind);
            return refuse("model", format!("{{ {key} = {value} }}"), expected);
        }
    }
    Ok(())
}

fn check_counts(model: &ModelConfig) -> Result<(), ConfigError> {
    for (key, found, range) in [
        ("model.trees", model.trees, 1..=1_000_000),
        ("model.epochs", model.epochs, 1..=1_000_000),
        ("model.width", model.width, 1..=1024),
        ("model.side", model.side, 8..=1024),
        ("model.steps", model.steps, 1..=10_000_000),
        ("model.batch", model.batch, 2..=65_536),
        ("model.crop", model.crop, 0..=64),
        ("model.cutout", model.cutout, 0..=64),
    ] {
        if let Some(found) = found.filter(|found| !range.contains(found)) {
            let expected = format!("use a number from {} to {}", range.start(), range.end());
            return refuse(key, found, expected);
        }
    }
    Ok(())
}

fn check_shares(model: &ModelConfig) -> Result<(), ConfigError> {
    for (key, found, [low, high]) in [
        ("model.warm_up", model.warm_up, [0.0, 0.99]),
        ("model.learning_rate", model.learning_rate, [1e-9, 100.0]),
        ("model.momentum", model.momentum, [0.0, 0.999]),
        ("model.weight_decay", model.weight_decay, [0.0, 10.0]),
        ("model.norm_momentum", model.norm_momentum, [1e-6, 1.0]),
        ("model.label_smoothing", model.label_smoothing, [0.0, 0.99]),
        ("model.mixup", model.mixup, [0.0, 4.0]),
        ("model.averaging", model.averaging, [0.0, 0.999_99]),
    ] {
        // a value that is not a number fails both comparisons
        if let Some(found) = found.filter(|found| !(low..=high).contains(found)) {
            return refuse(key, found, format!("use a number from {low} to {high}"));
        }
    }
    Ok(())
}
