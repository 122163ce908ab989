//! Kernel file locks: they end with the process that holds them, however it ends,
//! so that no lock is ever stale. The text in the file is for messages only.

use std::{
    fs::{File, TryLockError},
    io::{Seek, Write},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::StoreError;

/// Whoever only looks holds a lock this long at most.
const LOOK: Duration = Duration::from_millis(50);
/// Whoever writes a file of the whole run holds its lock for a moment.
const PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(5);

/// Held while a process works on what the lock file stands for.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; `Err(holder)` inside if another process has it.
    pub(super) fn try_take(path: &Path) -> Result<Result<Self, String>, StoreError> {
        Self::take_within(path, LOOK)
    }

    /// Takes the lock as soon as the other processes have let go of it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] after a minute.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        Self::take_within(path, PATIENCE)?
            .map_err(|holder| StoreError::Locked { path: path.display().to_string(), holder })
    }

    fn take_within(path: &Path, patience: Duration) -> Result<Result<Self, String>, StoreError> {
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(path).map_err(StoreError::io("open", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => sleep(STEP),
                Err(TryLockError::WouldBlock) => return Ok(Err(holder(path))),
                Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
            }
        }
        let text = format!("process {} on {}", std::process::id(), host_name());
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = file.write_all(text.as_bytes());
        Ok(Ok(Self { _file: file }))
    }
}

/// Who holds the lock, if someone does.
pub(super) fn look(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| holder(path))
}

fn holder(path: &Path) -> String {
    match std::fs::read(path) {
        Ok(bytes) if !bytes.is_empty() => String::from_utf8_lossy(&bytes).into_owned(),
        _ => "another process".into(),
    }
}

/// The name of this machine where Linux tells it.
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".into(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped_and_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(look(&path), None);
        let lock = Lock::take(&path).unwrap();
        let holder = look(&path).unwrap();
        assert!(holder.contains(&format!("process {}", std::process::id())), "{holder}");
        assert_eq!(Lock::try_take(&path).unwrap().err(), Some(holder));
        drop(lock);
        assert_eq!(look(&path), None);
        assert!(Lock::try_take(&path).unwrap().is_ok());
    }
}
