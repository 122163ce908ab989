//! What panics of all threads said, a GPU's server threads included: they tell
//! whether a cell that panicked met a bug, or a device that was lost or full.

use std::{
    any::Any,
    backtrace::Backtrace,
    panic,
    sync::{Mutex, PoisonError},
};

use crate::store::Failure;

/// How drivers and compute frameworks speak of a lost device or of memory that
/// ran out, in lower case and without anything but letters.
const DEVICE_TROUBLE: [&str; 8] = [
    "outofmemory",
    "notenoughmemory",
    "failedtoreserve",
    "devicelost",
    "deviceislost",
    "lostdevice",
    "cudaerror",
    "stagingbuffercouldbeallocated",
];

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Collects panics from now on instead of printing them.
pub fn collect() {
    panic::set_hook(Box::new(|info| {
        let trace = Backtrace::force_capture();
        let entry = format!("{info}\n{trace}");
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }));
}

/// The failure of a cell that panicked; `on_device` says whether a device could be the cause.
pub(crate) fn failure(panic: &(dyn Any + Send), on_device: bool) -> Failure {
    let said = std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner));
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    let trouble = on_device && said.iter().chain([&text]).any(|words| is_device_trouble(words));
    let kind = if trouble { "the device failed" } else { "internal error" };
    Failure { reason: format!("{kind}: {text}"), retry: trouble, details: said.join("\n") }
}

fn is_device_trouble(words: &str) -> bool {
    let letters: String =
        words.to_lowercase().chars().filter(|c| c.is_ascii_alphabetic()).collect();
    DEVICE_TROUBLE.iter().any(|trouble| letters.contains(trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_or_full_device_is_told_from_a_bug() {
        for words in [
            "Validation Error: Parent device is lost",
            "called `Result::unwrap()` on an `Err` value: OutOfMemory { size: 4096 }",
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
            "failed to reserve 4294967296 bytes",
            "VK_ERROR_DEVICE_LOST",
        ] {
            assert!(failure(&words.to_owned(), true).retry, "{words}");
            assert!(!failure(&words.to_owned(), false).retry, "{words}");
        }
        let bug = failure(&"index out of bounds: the len is 3 but the index is 7", true);
        assert!(!bug.retry && bug.reason.starts_with("internal error: index out"), "{bug:?}");
    }
}
