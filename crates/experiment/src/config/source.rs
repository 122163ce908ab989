//! From a preset or file and `--set` arguments to a [`Config`].

use std::path::Path;

use toml::{Table, Value};

use super::{
    Config, ConfigError, PRESETS, Preset,
    check::{MAX_SEEDS, check},
    keys::KEYS,
    nearest,
};

/// A configuration that is not yet checked.
#[derive(Clone, Debug)]
pub struct Source {
    origin: String,
    table: Table,
    /// Keys that were set, and by which argument.
    set: Vec<(String, String)>,
}

impl Source {
    /// Reads the preset of that name, or else the file.
    ///
    /// # Errors
    /// If there is neither, or the file is not TOML.
    pub fn open(name: &str) -> Result<Self, ConfigError> {
        if let Some(preset) = Preset::find(name) {
            return Self::parse(&format!("preset {name}"), preset.toml);
        }
        if !name.ends_with(".toml") && !Path::new(name).is_file() {
            let presets: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            return Err(ConfigError::UnknownPreset {
                name: name.into(),
                hint: nearest(name, presets.iter().copied()),
                presets: presets.join(", "),
            });
        }
        let text = std::fs::read_to_string(name)
            .map_err(|source| ConfigError::Unreadable { path: name.into(), source })?;
        Self::parse(name, &text)
    }

    /// Parses TOML; `origin` names it in messages.
    ///
    /// # Errors
    /// If the text is not TOML or holds a key that does not exist.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            origin: origin.into(),
            message: error.to_string().trim().replace('\n', " "),
        };
        let table: Table = text.parse().map_err(syntax)?;
        for (section, value) in &table {
            match value {
                Value::Table(keys) => {
                    for key in keys.keys() {
                        known(origin, &format!("{section}.{key}"))?;
                    }
                }
                _ => known(origin, section)?,
            }
        }
        Ok(Self { origin: origin.into(), table, set: Vec::new() })
    }

    /// Applies one `--set key=value`. The value is TOML; a bare word is a string,
    /// `a..b` the numbers from a to b - 1, and one value for a list is a list of one;
    /// the parts of a list are separated by commas.
    ///
    /// # Errors
    /// If there is no `=` or no such key.
    pub fn set(&mut self, argument: &str) -> Result<(), ConfigError> {
        let origin = format!("--set {argument}");
        let Some((key, text)) = argument.split_once('=') else {
            return Err(ConfigError::Syntax { origin, message: "expected key=value".into() });
        };
        known(&origin, key)?;
        let syntax = |message| ConfigError::Syntax { origin: origin.clone(), message };
        let mut value = parse_value(text).map_err(syntax)?;
        if matches!(key, "grid.strategies" | "grid.seeds" | "model.ensemble") && !value.is_array() {
            value = match value {
                Value::String(words) => Value::Array(list(&words).map_err(syntax)?),
                one => Value::Array(vec![one]),
            };
        }
        self.set.push((key.into(), origin));
        match key.split_once('.') {
            None => {
                self.table.insert(key.into(), value);
            }
            Some((section, key)) => {
                let section =
                    self.table.entry(section).or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(table) = section {
                    table.insert(key.into(), value);
                }
            }
        }
        Ok(())
    }

    /// Checks everything once.
    ///
    /// # Errors
    /// Names the key, what it holds and what it should hold.
    pub fn validate(self) -> Result<Config, ConfigError> {
        let Self { origin, table, set } = self;
        let config = table.try_into().map_err(|error: toml::de::Error| {
            let message = error.to_string().trim().replace('\n', " ");
            // The parser knows the key, and says it in words only.
            let set = set.into_iter().rfind(|(key, _)| message.contains(&format!("in `{key}`")));
            ConfigError::Syntax { origin: set.map_or(origin, |(_, argument)| argument), message }
        })?;
        check(config)
    }
}

fn known(origin: &str, key: &str) -> Result<(), ConfigError> {
    if KEYS.contains(&key) {
        return Ok(());
    }
    Err(ConfigError::UnknownKey {
        origin: origin.into(),
        key: key.into(),
        hint: nearest(key, KEYS.iter().copied()),
    })
}

/// The values of all words together, ranges resolved.
fn list(words: &str) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    for word in words.split(',') {
        match parse_value(word.trim())? {
            Value::Array(many) => values.extend(many),
            one => values.push(one),
        }
        bounded(values.len() as i64)?;
    }
    Ok(values)
}

fn bounded(n_values: i64) -> Result<(), String> {
    if n_values > MAX_SEEDS as i64 {
        return Err(format!("more than {MAX_SEEDS} values in a list"));
    }
    Ok(())
}

fn parse_value(text: &str) -> Result<Value, String> {
    if let Some((from, to)) = text.split_once("..")
        && let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>())
    {
        bounded(to.saturating_sub(from))?;
        return Ok(Value::Array((from..to).map(Value::Integer).collect()));
    }
    let table = format!("value = {text}").parse::<Table>().ok();
    let value = table.and_then(|mut table| table.remove("value"));
    Ok(value.unwrap_or_else(|| Value::String(text.into())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Protocol;

    fn with(arguments: &[&str]) -> Result<Config, ConfigError> {
        preset("wall-robot-et", arguments)
    }

    fn preset(name: &str, arguments: &[&str]) -> Result<Config, ConfigError> {
        let mut source = Source::open(name)?;
        for argument in arguments {
            source.set(argument)?;
        }
        source.validate()
    }

    #[test]
    fn every_preset_is_valid_and_survives_its_own_toml() {
        for preset in PRESETS {
            let config = Source::open(preset.name).unwrap().validate().unwrap();
            assert_eq!(config.experiment, preset.name);
            let again = Source::parse("again", &config.to_toml()).unwrap().validate().unwrap();
            assert_eq!(config, again);
        }
    }

    #[test]
    fn what_is_left_out_is_written_down_where_it_is_read() {
        let network = preset("cifar10h", &[]).unwrap().model;
        assert_eq!((network.width, network.learning_rate), (Some(64), Some(0.2)));
        assert_eq!((network.trees, network.epochs), (None, None));
        let ensemble = preset("cifar10h-ensemble", &[]).unwrap().model;
        assert_eq!((ensemble.width, ensemble.crop), (None, Some(4)));
        let tables = preset("wall-robot-mlp", &["model.trees=7"]).unwrap().model;
        assert_eq!((tables.trees, tables.epochs, tables.steps), (Some(7), Some(500), None));
    }

    #[test]
    fn set_reads_ranges_words_lists_and_numbers() {
        let config = with(&[
            "grid.seeds=3..6,9",
            "grid.strategies=random,crowdlab",
            "loop.protocol=corrected",
            "model.trees=7",
        ])
        .unwrap();
        assert_eq!(config.grid.seeds, [3, 4, 5, 9]);
        assert_eq!(config.grid.strategies, ["random", "activelab"]);
        assert_eq!(config.run.protocol, Protocol::Corrected);
        assert_eq!(config.model.trees, Some(7));
    }

    #[test]
    fn wrong_names_are_answered_with_the_nearest_right_one() {
        for (argument, nearest) in [
            ("model.tree=5", "model.trees"),
            ("grid.strategies=entropi", "'entropy'"),
            ("data.name=wallrobot", "'wall-robot'"),
            ("model.kind=extratrees", "'extra-trees'"),
        ] {
            let error = with(&[argument]).unwrap_err().to_string();
            assert!(error.contains(nearest), "{argument}: {error}");
        }
        let error = Source::open("wall-robt").unwrap_err().to_string();
        assert!(error.contains("did you mean 'wall-robot-et'"), "{error}");
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        for argument in [
            "loop.rounds=0",
            "loop.folds=1",
            "grid.seeds=[1, 1]",
            "grid.seeds=[]",
            "grid.seeds=-1..3",
            "grid.strategies=disagreement",
            "loop.protocol=other",
            "model.trees=many",
            "model.ensemble=knn",
            "experiment=../x",
        ] {
            assert!(with(&[argument]).is_err(), "{argument}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_blamed_on_whoever_set_it() {
        let origin = |arguments: &[&str]| {
            let error = with(arguments).unwrap_err().to_string();
            error.split_once(": ").unwrap().0.to_owned()
        };
        assert_eq!(origin(&["model.trees=many", "loop.folds=3"]), "--set model.trees=many");
        assert_eq!(origin(&["model.trees=many", "model.trees=lots"]), "--set model.trees=lots");
        assert_eq!(origin(&["grid.seeds=[0, \"x\"]"]), "--set grid.seeds=[0, \"x\"]");
        assert_eq!(origin(&["experiment=7"]), "--set experiment=7");
        let mut file = Source::parse("a.toml", "[model]\ntrees = \"many\"").unwrap();
        file.set("loop.folds=3").unwrap();
        assert!(file.validate().unwrap_err().to_string().starts_with("a.toml: "));
    }

    #[test]
    fn ranges_without_measure_are_refused_before_they_fill_the_memory() {
        let many = format!("grid.seeds=random{}", ",0..9999".repeat(2));
        for argument in ["grid.seeds=0..999999999999", &many] {
            let error = with(&[argument]).unwrap_err().to_string();
            assert!(error.contains("more than 10000 values"), "{error}");
        }
    }

    #[test]
    fn the_hash_ignores_the_grid_and_nothing_else() {
        let base = with(&[]).unwrap();
        assert_eq!(base.hash(), with(&["grid.seeds=0..20"]).unwrap().hash());
        let other = with(&["model.trees=50"]).unwrap();
        assert_ne!(base.hash(), other.hash());
        assert_eq!(base.differences(&other), ["model.trees: 100 there, 50 asked for"]);
    }
}
