//! What a session leaves in `manifest.json`: program, arguments, machine,
//! device, data and times.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use relabel_experiment::{Config, Prepared, RunFolder, Zoo, store::Manifest};

/// Adds this session to the manifest.
///
/// # Errors
/// If the run was made on another kind of device.
pub fn begin(folder: &RunFolder, config: &Config, zoo: &Zoo, data: &Prepared) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let facts = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("git_rev", option_env!("RELABEL_GIT_REV").unwrap_or("unknown").to_owned()),
        ("arguments", std::env::args().skip(1).collect::<Vec<_>>().join(" ")),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("cpu", cpu_name()),
        ("cores", cores.to_string()),
        ("device", zoo.device_description()),
        ("data", data.summary.join("; ")),
        ("started_unix_s", unix_seconds().to_string()),
    ];
    let facts: BTreeMap<String, String> =
        facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(Manifest::begin(folder.path(), &config.hash(), zoo.device_kind(), facts)?)
}

/// Notes how long this session took.
///
/// # Errors
/// If the manifest cannot be written.
pub fn end(folder: &RunFolder, took: Duration) -> Result<()> {
    let seconds = format!("{:.3}", took.as_secs_f64());
    Ok(Manifest::note(folder.path(), "took_s", &seconds)?)
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or_else(|| "unknown".into(), |name| name.trim_matches([' ', '\t', ':']).to_owned())
}
