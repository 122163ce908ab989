//! What a run is: a validated configuration. It comes from a preset inside the
//! binary or a TOML file, changed by `--set key=value`, checked once, and its
//! hash is the identity of the run.

mod check;
mod check_model;
mod error;
mod keys;
mod model;
mod preset;
mod source;

use relabel_data::{CrowdKind, sha256};
use relabel_scoring::FrequencyTie;
use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use keys::nearest;
pub use model::ModelConfig;
pub use preset::{PRESETS, Preset};
pub use source::Source;

/// Published quirks, or the scores as the paper and the official library define them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// What the published benchmark code did.
    Published,
    /// What the paper defines.
    Corrected,
}

/// Who a drawn label is attributed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnnotatorMode {
    /// All labels of a round belong to one new annotator, as published.
    Batch,
    /// Each label belongs to who gave it.
    Real,
}

/// How synthetic annotators differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrowdConfig {
    /// All share one noise matrix, as published.
    #[default]
    Identical,
    /// Each has a skill and a noise matrix of its own.
    Heterogeneous,
}

impl CrowdConfig {
    fn is_published(&self) -> bool {
        *self == Self::Identical
    }
}

impl From<CrowdConfig> for CrowdKind {
    fn from(crowd: CrowdConfig) -> Self {
        match crowd {
            CrowdConfig::Identical => Self::Identical,
            CrowdConfig::Heterogeneous => Self::Heterogeneous,
        }
    }
}

/// How majority votes break ties by class frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MajorityTies {
    /// The class with more labels in all, as when the results were published.
    MostFrequent,
    /// The class with fewer labels in all, as in the official library today.
    Rarest,
}

impl From<MajorityTies> for FrequencyTie {
    fn from(ties: MajorityTies) -> Self {
        match ties {
            MajorityTies::MostFrequent => Self::MostFrequent,
            MajorityTies::Rarest => Self::Rarest,
        }
    }
}

/// A validated configuration: defaults filled in, values that work together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the experiment, the first folder under the results folder.
    pub experiment: String,
    /// Which data.
    pub data: DataConfig,
    /// The loop.
    #[serde(rename = "loop")]
    pub run: LoopConfig,
    /// The models.
    pub model: ModelConfig,
    /// The cells.
    pub grid: GridConfig,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Name of the data set.
    pub name: String,
    /// A variant of it, such as the notebook's Wall-Robot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// How synthetic annotators differ.
    #[serde(default, skip_serializing_if = "CrowdConfig::is_published")]
    pub crowd: CrowdConfig,
    /// At most this many examples on the training side (labelled and pool).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// At most this many test examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_limit: Option<usize>,
}

/// `[loop]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopConfig {
    /// Rounds, each of which trains, scores and asks for one batch of labels.
    pub rounds: usize,
    /// Labels per round.
    pub batch: usize,
    /// Folds of the cross-validation.
    #[serde(default = "five")]
    pub folds: usize,
    /// Whether examples are shuffled before they are dealt to folds.
    #[serde(default = "yes")]
    pub shuffle_folds: bool,
    /// Whether labelled examples may be asked for again, or only the pool is queried.
    #[serde(default = "yes")]
    pub relabel: bool,
    /// Whether model accuracy is that of a further model fitted on all labelled examples.
    #[serde(default)]
    pub full_fit: bool,
    /// Published quirks or corrected scores.
    pub protocol: Protocol,
    /// Ties of majority votes; by default those of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub majority_ties: Option<MajorityTies>,
    /// Who a drawn label is attributed to.
    #[serde(default = "batch_annotators")]
    pub annotators: AnnotatorMode,
}

/// `[grid]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridConfig {
    /// Query strategies.
    pub strategies: Vec<String>,
    /// Seeds; every strategy runs with each.
    pub seeds: Vec<u64>,
}

fn five() -> usize {
    5
}

fn yes() -> bool {
    true
}

fn batch_annotators() -> AnnotatorMode {
    AnnotatorMode::Batch
}

impl Config {
    /// The rule for ties of majority votes.
    pub fn ties(&self) -> FrequencyTie {
        let default = match self.run.protocol {
            Protocol::Published => MajorityTies::MostFrequent,
            Protocol::Corrected => MajorityTies::Rarest,
        };
        self.run.majority_ties.unwrap_or(default).into()
    }

    /// SHA-256 of the canonical JSON of this configuration without the seeds and
    /// strategies: more cells can be added to a run without changing the old ones.
    pub fn hash(&self) -> String {
        let bytes = serde_json::to_vec(&self.identity()).expect("a config should be JSON");
        sha256(&bytes)
    }

    /// This configuration with the strategies and seeds of `other` added behind its own.
    pub fn with_cells_of(&self, other: &Self) -> Self {
        let mut both = self.clone();
        let (strategies, seeds) = (&other.grid.strategies, &other.grid.seeds);
        let new = strategies.iter().filter(|name| !self.grid.strategies.contains(name));
        both.grid.strategies.extend(new.cloned());
        both.grid.seeds.extend(seeds.iter().filter(|seed| !self.grid.seeds.contains(seed)));
        both
    }

    /// The configuration as TOML, ready to be run again.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a config should be TOML")
    }

    /// One line per key in which `self` (found on disk) and `other` (asked for) differ.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (found, asked) = (self.leaves(), other.leaves());
        let keys: std::collections::BTreeSet<_> = found.keys().chain(asked.keys()).collect();
        let show = |value: Option<&String>| value.cloned().unwrap_or_else(|| "not set".into());
        keys.into_iter()
            .filter(|key| found.get(*key) != asked.get(*key))
            .map(|key| {
                format!("{key}: {} there, {} asked for", show(found.get(key)), show(asked.get(key)))
            })
            .collect()
    }

    fn identity(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).expect("a config should be JSON");
        if let Some(object) = value.as_object_mut() {
            object.remove("grid");
        }
        value
    }

    fn leaves(&self) -> std::collections::BTreeMap<String, String> {
        let mut leaves = std::collections::BTreeMap::new();
        if let serde_json::Value::Object(sections) = self.identity() {
            for (section, value) in sections {
                match value {
                    serde_json::Value::Object(keys) => {
                        for (key, value) in keys {
                            leaves.insert(format!("{section}.{key}"), value.to_string());
                        }
                    }
                    value => {
                        leaves.insert(section, value.to_string());
                    }
                }
            }
        }
        leaves
    }
}
