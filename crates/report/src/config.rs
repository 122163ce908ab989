//! What a report needs to know of `config.toml`, and how two of them differ.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct ConfigFile {
    pub experiment: String,
    pub data: DataPart,
    #[serde(rename = "loop")]
    pub run: LoopPart,
    pub model: ModelPart,
    pub grid: GridPart,
}

#[derive(Deserialize)]
pub(crate) struct DataPart {
    pub name: String,
    variant: Option<String>,
    crowd: Option<String>,
    limit: Option<usize>,
    test_limit: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct LoopPart {
    pub rounds: usize,
    pub batch: usize,
    pub protocol: String,
}

#[derive(Deserialize)]
pub(crate) struct ModelPart {
    pub kind: String,
    #[serde(default)]
    pub ensemble: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct GridPart {
    pub strategies: Vec<String>,
    pub seeds: Vec<u64>,
}

impl DataPart {
    /// True for the whole data set with the published start and crowd.
    pub fn is_whole(&self) -> bool {
        self.limit.is_none()
            && self.test_limit.is_none()
            && self.variant.as_deref().is_none_or(|variant| variant == "published")
            && self.crowd.as_deref().is_none_or(|crowd| crowd == "identical")
    }
}

/// The values of a configuration by their full keys, such as `loop.batch`.
pub(crate) fn flat(config: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // A configuration that is no table was refused when its run was read.
    for (key, value) in config.parse::<toml::Table>().unwrap_or_default() {
        flatten(key, &value, &mut found);
    }
    found
}

fn flatten(key: String, value: &toml::Value, found: &mut BTreeMap<String, String>) {
    match value.as_table() {
        Some(table) => {
            for (inner, value) in table {
                flatten(format!("{key}.{inner}"), value, found);
            }
        }
        None => {
            found.insert(key, value.to_string());
        }
    }
}
