//! `relabel cells`: what an experiment consists of, for schedulers.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Result;
use relabel_experiment::{Config, cells, config::Source};

use crate::args::{CellsArgs, CellsFormat, ExperimentArgs};

/// The configuration that the arguments name.
pub fn resolve(args: &ExperimentArgs) -> Result<Config> {
    let mut source = Source::open(&args.experiment)?;
    for argument in &args.set {
        source.set(argument)?;
    }
    Ok(source.validate()?)
}

/// Prints every cell with its index and the arguments that run it alone.
pub fn list(args: &CellsArgs) -> Result<ExitCode> {
    let config = resolve(&args.experiment)?;
    let rows: Vec<_> = cells(&config)
        .into_iter()
        .enumerate()
        .map(|(index, cell)| {
            let arguments = arguments(&args.experiment, index);
            (index, cell.strategy, cell.seed, arguments)
        })
        .collect();
    let mut out = io::stdout().lock();
    match args.format {
        CellsFormat::Tsv => {
            writeln!(out, "index\tstrategy\tseed\targuments")?;
            for (index, strategy, seed, arguments) in rows {
                let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
                writeln!(out, "{index}\t{strategy}\t{seed}\t{}", words.join(" "))?;
            }
        }
        CellsFormat::Json => {
            let objects: Vec<_> = rows
                .into_iter()
                .map(|(index, strategy, seed, arguments)| {
                    serde_json::json!({
                        "index": index, "strategy": strategy, "seed": seed, "arguments": arguments
                    })
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn arguments(experiment: &ExperimentArgs, index: usize) -> Vec<String> {
    let mut arguments = vec!["run".to_owned(), experiment.experiment.clone()];
    for set in &experiment.set {
        arguments.extend(["--set".to_owned(), set.clone()]);
    }
    arguments.extend(["--cell".to_owned(), index.to_string()]);
    arguments
}

/// A word as it has to be typed for a POSIX shell to read it as it is.
pub fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=,:+@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_words_that_a_shell_would_change_are_quoted() {
        for (word, typed) in [
            ("grid.seeds=0..20", "grid.seeds=0..20"),
            ("a b", "'a b'"),
            ("grid.seeds=[0,1]", "'grid.seeds=[0,1]'"),
            ("model.pretrained=it's", r"'model.pretrained=it'\''s'"),
            ("~/preset.toml", "'~/preset.toml'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), typed);
        }
    }
}
