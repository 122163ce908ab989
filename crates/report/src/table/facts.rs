//! How runs were made: devices, versions, checksums of the data, times; and in which
//! keys their configurations differ.

use std::collections::BTreeSet;

use super::{Table, or_dash};
use crate::{Run, config::flat, report::Group};

/// Facts of the run as a whole, then one column per build, machine and device.
pub(crate) fn facts(run: &Run) -> Vec<Table> {
    let mut whole = Table::new("Made from", &["fact", "value"], 2);
    whole.rows = run
        .manifest
        .facts
        .iter()
        .map(|(key, value)| vec![of_manifest(key), value.clone()])
        .collect();
    let mut sessions = Table::new("Made by", &["fact"], usize::MAX);
    let count = run.manifest.sessions.len();
    sessions.headings.extend((1..=count).map(|place| match count {
        1 => "value".to_owned(),
        _ => format!("session {place}"),
    }));
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in run.manifest.sessions.iter().flatten() {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    sessions.rows = keys
        .into_iter()
        .map(|key| {
            let value = |session: &Vec<(String, String)>| {
                let found = session.iter().find(|(name, _)| name == key);
                or_dash(found.map(|(_, value)| value.clone()))
            };
            let values = run.manifest.sessions.iter().map(value);
            std::iter::once(of_session(key)).chain(values).collect()
        })
        .collect();
    [whole, sessions].into_iter().filter_map(Table::or_nothing).collect()
}

/// The keys in which the runs of an experiment differ; nothing for a single run.
pub(crate) fn differences(group: &Group<'_>) -> Option<Table> {
    // Arrays do not tell how they were made.
    let runs: Vec<&Run> = group.runs.iter().copied().filter(|run| !run.is_arrays()).collect();
    let configs: Vec<_> = runs.iter().map(|run| flat(&run.config)).collect();
    let mut table = Table::new("Configurations differ in", &["key"], usize::MAX);
    table.headings.extend(runs.iter().map(|run| run.name.clone()));
    let keys: BTreeSet<&String> = configs.iter().flat_map(|config| config.keys()).collect();
    for key in keys {
        let values: Vec<Option<&String>> = configs.iter().map(|config| config.get(key)).collect();
        if values.iter().any(|value| *value != values[0]) {
            let values = values.into_iter().map(|value| or_dash(value.cloned()));
            table.rows.push(std::iter::once(key.clone()).chain(values).collect());
        }
    }
    table.or_nothing()
}

/// What the file says of itself is told from what it says of the run.
fn of_manifest(key: &str) -> String {
    match key {
        "version" | "checksum" => format!("manifest {key}"),
        _ => words(key),
    }
}

fn of_session(key: &str) -> String {
    match key {
        "version" => "relabel".into(),
        "versions" => "made with".into(),
        "git_rev" => "git revision".into(),
        "cpu" => "CPU".into(),
        _ => words(key),
    }
}

/// "data_sha256.labels" and "took_s" as a reader says them.
fn words(key: &str) -> String {
    let (key, unit) = match key.strip_suffix("_s") {
        Some(key) => (key, " (s)"),
        None => (key, ""),
    };
    let words = key.replace('_', " ").replace("sha256", "SHA-256").replace('.', ", ");
    format!("{words}{unit}")
}
