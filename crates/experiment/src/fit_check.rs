//! Whether the networks of a run can be fitted at all: a step must not need more
//! rows than a training fold has (labelled sets only grow, so the start of every
//! cell decides), and an image must not vanish on its way through the layers.

use relabel_models::{FeatureStore, image::Architecture, stratified_folds};
use relabel_scoring::{Class, LabelsError, Round, Seed, majority_vote};

use crate::{Config, ConfigError, Prepared, round::ties_stream};

/// Compares the networks with the images and folds that `data` has.
///
/// # Errors
/// [`ConfigError::Value`] says what would fit.
pub fn check_fits(config: &Config, data: &Prepared) -> Result<(), ConfigError> {
    let FeatureStore::Images(images) = &data.store else { return Ok(()) };
    let side = config.model.side.unwrap_or(images.height.min(images.width));
    for kind in std::iter::once(&config.model.kind).chain(&config.model.ensemble) {
        let net = config.model.net(kind);
        let net = net.map(|spec| Architecture::new(&spec, images.channels, data.n_classes));
        if net.is_some_and(|net| net.final_side(side) == 0) {
            let expected = format!("images of {side} pixels are too small for it");
            return Err(ConfigError::Value { key: "model.kind", found: kind.clone(), expected });
        }
    }
    check_folds(config, data)
}

fn check_folds(config: &Config, data: &Prepared) -> Result<(), ConfigError> {
    let batch = config.model.recipe().batch;
    let folds = config.run.folds;
    let rows = smallest_fold(config, data).map_err(|error| ConfigError::Value {
        key: "data.name",
        found: config.data.name.clone(),
        expected: error.to_string(),
    })?;
    if batch <= rows {
        return Ok(());
    }
    Err(ConfigError::Value {
        key: "model.batch",
        found: batch.to_string(),
        expected: format!(
            "the smallest of the {folds} training folds has {rows} images; \
             use at most {rows}, fewer folds, or more examples"
        ),
    })
}

fn smallest_fold(config: &Config, data: &Prepared) -> Result<usize, LabelsError> {
    let mut smallest = usize::MAX;
    for crowd in &data.crowds {
        let labels = crowd.start.labels()?;
        let stream = ties_stream(Seed(0), Round(0));
        let consensus: Vec<Class> =
            majority_vote(&labels, None, data.n_classes, config.ties(), stream);
        let fold_of = stratified_folds(&consensus, config.run.folds, None);
        let held_out = |fold: usize| fold_of.iter().filter(|&&of| usize::from(of) == fold).count();
        let largest = (0..config.run.folds).map(held_out).max().unwrap_or(0);
        smallest = smallest.min(consensus.len() - largest);
    }
    Ok(smallest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn check(settings: &[&str]) -> Result<(), String> {
        let mut source = Source::open("demo").expect("the demo is a preset");
        for setting in settings {
            source.set(setting).expect("the settings are sound");
        }
        let config = source.validate().expect("the settings are valid");
        let data = crate::load_dataset(&config, "".as_ref()).expect("the demo needs no files");
        check_fits(&config, &data).map_err(|error| error.to_string())
    }

    #[test]
    fn a_batch_larger_than_a_training_fold_is_refused_with_its_size() {
        assert_eq!(check(&["model.batch=32"]), Ok(()));
        let refused = check(&["model.batch=5000", "loop.folds=4"]).expect_err("too large");
        assert!(
            refused.starts_with("model.batch = 5000: the smallest of the 4 training folds has")
        );
        let rows = refused.split(" has ").nth(1).and_then(|rest| rest.split(' ').next());
        let rows = rows.expect("the sentence names the rows");
        assert_eq!(check(&[&format!("model.batch={rows}"), "loop.folds=4"]), Ok(()));
    }

    #[test]
    fn images_that_vanish_in_a_network_are_refused() {
        assert_eq!(check(&["model.kind=fast", "model.side=12"]), Ok(()));
        let refused = check(&["model.kind=fast", "model.side=8"]).expect_err("too small");
        assert_eq!(refused, "model.kind = fast: images of 8 pixels are too small for it");
    }
}
