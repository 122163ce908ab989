//! What a session leaves in `manifest.json`: program, arguments, machine,
//! device, data and times.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use relabel_experiment::{
    Config, RunFolder,
    store::{Manifest, Session, host_name},
};
use relabel_models::device::cpu_name;

use super::{Ready, cores, effort::Figures};
use crate::cells::quoted;

/// A session that has begun.
pub struct Begun<'a> {
    folder: &'a RunFolder,
    facts: Session,
    start: Instant,
}

/// Adds this session to the manifest.
///
/// # Errors
/// If the run was made from other data or on another kind of device.
pub fn begin<'a>(ready: &'a Ready, config: &Config) -> Result<Begun<'a>> {
    let facts = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("git_rev", option_env!("RELABEL_GIT_REV").unwrap_or("unknown").to_owned()),
        ("versions", env!("RELABEL_VERSIONS").to_owned()),
        ("arguments", arguments()),
        ("host", host_name()),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("cpu", cpu_name()),
        ("cores", cores().to_string()),
        ("device", ready.zoo.device_description()),
        ("data", ready.data.summary.join("; ")),
        ("started", now()),
    ];
    let facts: Session = facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let Ready { folder, fingerprint, zoo, .. } = ready;
    Manifest::begin(folder, &config.hash(), fingerprint, zoo.device_kind(), facts.clone())?;
    Ok(Begun { folder, facts, start: Instant::now() })
}

impl Begun<'_> {
    /// Time since the beginning.
    pub fn took(&self) -> Duration {
        self.start.elapsed()
    }

    /// Notes what can only be known at the end: figures of the whole session belong here.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn end(&self, figures: &Figures) -> Result<()> {
        let seconds = self.took().as_secs_f64();
        Ok(Manifest::update(self.folder, &self.facts, |session| {
            let before = |key| session.get(key).and_then(|s| s.parse::<f64>().ok()).unwrap_or(0.0);
            let took = before("took_s") + seconds;
            let fits = before("fits") + figures.fits as f64;
            let images = before("images_trained") + figures.images as f64;
            let memory = before("peak_memory_bytes").max(figures.memory as f64);
            for (key, value) in [
                ("took_s", format!("{took:.3}")),
                ("fits", fits.to_string()),
                ("fits_per_s", format!("{:.3}", fits / took)),
                ("images_trained", images.to_string()),
                ("images_per_s", format!("{:.1}", images / took)),
                ("peak_memory_bytes", memory.to_string()),
            ] {
                session.insert(key.into(), value);
            }
            session.insert("ended".into(), now());
        })?)
    }
}

/// The date and time in UTC.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    utc(seconds)
}

/// "2026-01-31T12:00:00Z", by the proleptic Gregorian calendar whose years begin in March.
fn utc(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Those of this process, as a shell takes them; what is no Unicode in them is replaced.
fn arguments() -> String {
    let words = std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(utc(1_767_225_599), "2025-12-31T23:59:59Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
