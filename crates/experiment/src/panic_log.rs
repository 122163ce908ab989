//! What panics of all threads said, a GPU's server threads included: they tell
//! whether a cell that panicked met a bug, or a device that was lost or full.

use std::{
    any::Any,
    backtrace::Backtrace,
    panic,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use relabel_models::device::Trouble;

use crate::store::Failure;

/// What one panic said.
struct Entry {
    words: String,
    trace: Backtrace,
}

static LOG: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// While it lives, panics are collected instead of printed.
pub struct Collecting(());

impl Collecting {
    /// From now on.
    pub fn begin() -> Self {
        panic::set_hook(Box::new(|info| {
            let entry = Entry { words: info.to_string(), trace: Backtrace::force_capture() };
            log().push(entry);
        }));
        Self(())
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        // A thread that panics must not change what is done about it.
        if !thread::panicking() {
            drop(panic::take_hook());
        }
    }
}

fn log() -> MutexGuard<'static, Vec<Entry>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops what was said so far: someone has dealt with it.
pub(crate) fn forget() {
    log().clear();
}

/// The failure of a cell that panicked; `on_device` says whether a device could be the cause.
pub(crate) fn failure(panic: &(dyn Any + Send), on_device: bool) -> Failure {
    let said = std::mem::take(&mut *log());
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    let mut words = said.iter().map(|entry| &entry.words).chain([&text]);
    let trouble = on_device && words.any(|words| Trouble::told_by(words).is_some());
    let kind = if trouble { "the device failed" } else { "internal error" };
    let details: Vec<_> =
        said.iter().map(|Entry { words, trace }| format!("{words}\n{trace}")).collect();
    Failure { reason: format!("{kind}: {text}"), retry: trouble, details: details.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_or_full_device_is_told_from_a_bug() {
        let lost = "Validation Error: Parent device is lost".to_owned();
        assert!(failure(&lost, true).retry);
        assert!(!failure(&lost, false).retry);
        let bug = failure(&"index out of bounds: the len is 3 but the index is 7", true);
        assert!(!bug.retry && bug.reason.starts_with("internal error: index out"), "{bug:?}");
    }
}
