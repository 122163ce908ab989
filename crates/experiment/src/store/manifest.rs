//! What ran: one entry for every build, machine and device that worked on a run,
//! and the data that all of them must have read.

use std::{collections::BTreeMap, path::Path};

use relabel_data::sha256;
use serde::{Deserialize, Serialize};

use crate::Fingerprint;

use super::{RunFolder, StoreError, write_atomic};

/// The version of the file format.
const VERSION: u32 = 2;
/// Facts of which each combination has an entry of its own.
const IDENTITY: [&str; 6] = ["version", "git_rev", "versions", "host", "cpu", "device"];

/// The facts about one build on one machine, by name.
pub type Session = BTreeMap<String, String>;

/// `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the file format.
    pub version: u32,
    /// SHA-256 of the validated configuration without its grid.
    pub config_sha256: String,
    /// SHA-256 of the parts of the data as the loop reads them.
    pub data_sha256: BTreeMap<String, String>,
    /// The kind of device that made the results ("cpu", "gpu").
    pub device_kind: String,
    /// One entry per build, machine and device: what [`Session`] holds, since when and how often.
    pub sessions: Vec<Session>,
    /// SHA-256 of this manifest with this field empty.
    #[serde(default)]
    pub checksum: String,
}

impl Manifest {
    /// Reads `manifest.json`, or an empty one if there is none.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub fn read(run: &Path) -> Result<Self, StoreError> {
        let path = run.join("manifest.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        let mut manifest: Self =
            serde_json::from_slice(&bytes).map_err(|error| StoreError::changed(&path, error))?;
        if manifest.version > VERSION {
            let reason = format!("format version {}, expected {VERSION}", manifest.version);
            return Err(StoreError::changed(&path, reason));
        }
        let checksum = std::mem::take(&mut manifest.checksum);
        if checksum != sha256(&manifest.bytes()) {
            return Err(StoreError::changed(&path, "its checksum is wrong"));
        }
        Ok(manifest)
    }

    /// Adds `session`, or counts one more start of the entry with the same identity.
    ///
    /// # Errors
    /// If the run was made from other data or on another kind of device, or the file cannot be written.
    pub fn begin(
        run: &RunFolder,
        config_sha256: &str,
        data: &Fingerprint,
        device_kind: &str,
        session: Session,
    ) -> Result<(), StoreError> {
        let _lock = run.lock()?;
        let mut manifest = Self::read(run.path())?;
        if !manifest.sessions.is_empty() {
            manifest.check(run.path(), data, device_kind)?;
        }
        manifest.version = VERSION;
        manifest.config_sha256 = config_sha256.into();
        // A grid that grows may bring further crowds.
        manifest.data_sha256.extend(data.parts().clone());
        manifest.device_kind = device_kind.into();
        manifest.add(session);
        manifest.write(run.path())
    }

    fn check(&self, run: &Path, data: &Fingerprint, device_kind: &str) -> Result<(), StoreError> {
        let refuse = |what: String, found: &str, asked: &str| StoreError::OtherInput {
            path: run.display().to_string(),
            what,
            found: found.into(),
            asked: asked.into(),
        };
        if self.device_kind != device_kind {
            return Err(refuse("the device".into(), &self.device_kind, device_kind));
        }
        for (part, asked) in data.parts() {
            if let Some(found) = self.data_sha256.get(part).filter(|&found| found != asked) {
                return Err(refuse(format!("{part} of SHA-256"), found, asked));
            }
        }
        Ok(())
    }

    fn add(&mut self, session: Session) {
        let started = session.get("started").cloned().unwrap_or_default();
        match self.sessions.iter_mut().find(|known| same(known, &session)) {
            Some(known) => {
                let starts = known.get("starts").and_then(|n| n.parse().ok()).unwrap_or(1_u64);
                known.insert("starts".into(), (starts + 1).to_string());
                known.insert("last_started".into(), started);
            }
            None => self.sessions.push(session),
        }
    }

    /// Changes the entry that has the identity of `session`.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn update(
        run: &RunFolder,
        session: &Session,
        change: impl FnOnce(&mut Session),
    ) -> Result<(), StoreError> {
        let _lock = run.lock()?;
        let mut manifest = Self::read(run.path())?;
        if let Some(known) = manifest.sessions.iter_mut().find(|known| same(known, session)) {
            change(known);
        }
        manifest.write(run.path())
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a manifest should be JSON")
    }

    fn write(mut self, run: &Path) -> Result<(), StoreError> {
        self.checksum.clear();
        self.checksum = sha256(&self.bytes());
        write_atomic(&run.join("manifest.json"), &self.bytes())
    }
}

fn same(one: &Session, other: &Session) -> bool {
    IDENTITY.iter().all(|&key| one.get(key) == other.get(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Prepared, config::Source};

    fn run_folder() -> (tempfile::TempDir, RunFolder) {
        let folder = tempfile::tempdir().unwrap();
        let config = Source::open("blobs").unwrap().validate().unwrap();
        let run = RunFolder::open(folder.path(), "a", &config).unwrap();
        (folder, run)
    }

    fn data() -> Prepared {
        relabel_data::blobs().into()
    }

    fn session(host: &str, git_rev: &str, started: &str) -> Session {
        let facts = [("host", host), ("git_rev", git_rev), ("started", started)];
        facts.map(|(key, value)| (key.into(), value.into())).into()
    }

    #[test]
    fn another_build_or_machine_has_an_entry_of_its_own() {
        let (_folder, run) = run_folder();
        let data = Fingerprint::of(&data());
        for (host, git_rev, started) in
            [("a", "1", "mon"), ("a", "2", "tue"), ("b", "2", "wed"), ("a", "1", "thu")]
        {
            Manifest::begin(&run, "hash", &data, "cpu", session(host, git_rev, started)).unwrap();
        }
        let sessions = Manifest::read(run.path()).unwrap().sessions;
        assert_eq!(sessions.len(), 3);
        assert_eq!((&*sessions[0]["started"], &*sessions[0]["last_started"]), ("mon", "thu"));
        assert_eq!(sessions[0]["starts"], "2");
        assert_eq!((&*sessions[1]["git_rev"], &*sessions[2]["host"]), ("2", "b"));
    }

    #[test]
    fn a_newer_format_is_refused_as_such() {
        let (_folder, run) = run_folder();
        let newer = Manifest { version: VERSION + 1, ..Manifest::default() };
        newer.write(run.path()).unwrap();
        let error = Manifest::read(run.path()).unwrap_err().to_string();
        assert!(error.contains("format version 3, expected 2"), "{error}");
    }

    #[test]
    fn other_data_and_another_kind_of_device_are_refused_and_change_nothing() {
        let (_folder, run) = run_folder();
        let mut data = data();
        let begin = |data: &Prepared, device| {
            Manifest::begin(&run, "hash", &Fingerprint::of(data), device, session("a", "1", "mon"))
        };
        begin(&data, "cpu").unwrap();
        let before = Manifest::read(run.path()).unwrap();
        let error = begin(&data, "gpu").unwrap_err().to_string();
        assert!(error.contains("the device cpu, and this is gpu"), "{error}");
        data.truth[0].0 ^= 1;
        let error = begin(&data, "cpu").unwrap_err().to_string();
        assert!(error.contains("made with examples of SHA-256"), "{error}");
        assert_eq!(Manifest::read(run.path()).unwrap(), before);
    }
}
