//! What ran: one entry per session that worked on a run.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{StoreError, write_atomic};

/// `manifest.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the file format.
    pub version: u32,
    /// SHA-256 of the validated configuration without its grid.
    pub config_sha256: String,
    /// The kind of device that made the results ("cpu", "gpu").
    pub device_kind: String,
    /// What each session that worked on the run reported: program version, arguments, machine, device, data, times.
    pub sessions: Vec<BTreeMap<String, String>>,
}

impl Manifest {
    /// Reads `manifest.json`, or an empty one if there is none.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub fn read(run: &Path) -> Result<Self, StoreError> {
        let path = run.join("manifest.json");
        match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(&path, error))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// If the run was made on another kind of device, or the file cannot be written.
    pub fn begin(
        run: &Path,
        config_sha256: &str,
        device_kind: &str,
        session: BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let mut manifest = Self::read(run)?;
        if !manifest.sessions.is_empty() && manifest.device_kind != device_kind {
            return Err(StoreError::OtherDevice {
                path: run.display().to_string(),
                found: manifest.device_kind,
                asked: device_kind.into(),
            });
        }
        manifest.version = 1;
        manifest.config_sha256 = config_sha256.into();
        manifest.device_kind = device_kind.into();
        manifest.sessions.push(session);
        manifest.write(run)
    }

    /// Adds one fact to the last session.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn note(run: &Path, key: &str, value: &str) -> Result<(), StoreError> {
        let mut manifest = Self::read(run)?;
        if let Some(session) = manifest.sessions.last_mut() {
            session.insert(key.into(), value.into());
        }
        manifest.write(run)
    }

    fn write(&self, run: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(self).expect("a manifest should be JSON");
        write_atomic(&run.join("manifest.json"), &bytes)
    }
}
