//! The keys of a configuration file, and the nearest valid name for a wrong one.

/// Every key, as `--set` writes it.
pub(super) static KEYS: &[&str] = &[
    "experiment",
    "data.name",
    "data.variant",
    "data.crowd",
    "data.limit",
    "data.test_limit",
    "loop.rounds",
    "loop.batch",
    "loop.folds",
    "loop.shuffle_folds",
    "loop.relabel",
    "loop.full_fit",
    "loop.protocol",
    "loop.majority_ties",
    "loop.annotators",
    "model.kind",
    "model.ensemble",
    "model.trees",
    "model.epochs",
    "model.width",
    "model.stem",
    "model.whitening",
    "model.pretrained",
    "model.side",
    "model.steps",
    "model.batch",
    "model.schedule",
    "model.warm_up",
    "model.learning_rate",
    "model.momentum",
    "model.weight_decay",
    "model.norm_momentum",
    "model.label_smoothing",
    "model.flip",
    "model.crop",
    "model.cutout",
    "model.mixup",
    "model.averaging",
    "model.mirror",
    "model.precision",
    "grid.strategies",
    "grid.seeds",
];

/// ", did you mean 'x'?" for the valid name most like `wrong`, or nothing if none is near.
pub fn nearest<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    valid
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.6)
        .map(|(_, name)| format!(", did you mean '{name}'?"))
        .unwrap_or_default()
}
