//! The presets inside the binary.

/// A configuration that ships with the program.
pub struct Preset {
    /// What to type.
    pub name: &'static str,
    /// Its TOML; the first line says what it is.
    pub toml: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, toml: include_str!(concat!("../../presets/", $name, ".toml")) }),*]
    };
}

/// Every preset, the demo first.
pub static PRESETS: &[Preset] = presets![
    "demo",
    "blobs",
    "wall-robot-et",
    "wall-robot-mlp",
    "wall-robot-complete-et",
    "wall-robot-complete-mlp",
    "single-label",
    "single-vs-multi",
    "cifar10h",
    "cifar10h-small",
    "cifar10h-ensemble",
];

impl Preset {
    /// The preset of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The sentence in its first line.
    pub fn about(&self) -> &'static str {
        self.toml.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}
