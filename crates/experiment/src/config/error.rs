//! Refusals of a configuration, in sentences for whoever wrote it.

/// Why a configuration was refused; every text names the key and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither a preset nor a file.
    #[error("there is no preset or file '{name}'{hint}; presets are: {presets}")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// ", did you mean ..." or nothing.
        hint: String,
        /// All presets.
        presets: String,
    },
    /// The file could not be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Not TOML, or a value of the wrong type.
    #[error("{origin}: {message}")]
    Syntax {
        /// File, preset or `--set` argument.
        origin: String,
        /// The parser's sentence.
        message: String,
    },
    /// A key that does not exist.
    #[error("{origin}: there is no key '{key}'{hint}")]
    UnknownKey {
        /// File, preset or `--set` argument.
        origin: String,
        /// The key.
        key: String,
        /// ", did you mean ..." or nothing.
        hint: String,
    },
    /// A value that cannot work.
    #[error("{key} = {found}: {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: String,
    },
}
