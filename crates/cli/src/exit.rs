//! Exit codes: 0 done, 1 some cell failed, 2 do not retry as it is, 75 retry
//! makes sense, 130 and 143 stopped by a signal.

use std::{error::Error, io, process::ExitCode};

use relabel_experiment::StoreError;
use relabel_models::ModelError;

use crate::talk::tell;

/// All is done.
pub const DONE: u8 = 0;
/// Some cells failed, the others are done.
pub const SOME_FAILED: u8 = 1;
/// Usage, configuration, data, or a folder of another run.
pub const DO_NOT_RETRY: u8 = 2;
/// A device was lost, a lock is held, or the time is up.
pub const RETRY: u8 = 75;
/// SIGINT.
pub const INTERRUPTED: u8 = 130;
/// SIGTERM.
pub const TERMINATED: u8 = 143;

/// Prints the reason in one line, unless it is that nobody reads stdout any more.
pub fn explain(error: &anyhow::Error) -> ExitCode {
    if nobody_reads(error) {
        return ExitCode::SUCCESS;
    }
    tell!("relabel: {}", sentence(error));
    ExitCode::from(code(error))
}

/// True when stdout was closed by whoever read it, as `head` does.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A disk that fails is neither the user's mistake nor a reason to come again at once.
pub fn code(error: &anyhow::Error) -> u8 {
    if let Some(ModelError::Device(_)) = error.downcast_ref() {
        return RETRY;
    }
    match error.downcast_ref() {
        Some(StoreError::Locked { .. }) => RETRY,
        Some(StoreError::Io { .. }) => SOME_FAILED,
        _ if error.chain().any(is_full_disk) => SOME_FAILED,
        _ => DO_NOT_RETRY,
    }
}

fn is_full_disk(cause: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(StorageFull | QuotaExceeded | FileTooLarge))
}

/// The code of work that ended with `code` and was to be followed by what has this `outcome`,
/// whose error is told here. The work itself is done, so at most part of it has failed.
pub fn after_work(code: u8, outcome: anyhow::Result<()>) -> u8 {
    let Err(error) = outcome else { return code };
    tell!("relabel: {}", sentence(&error));
    match (code, self::code(&error)) {
        (DONE, RETRY) => RETRY,
        (DONE, _) => SOME_FAILED,
        _ => code,
    }
}

/// The error and its causes, each said once: many messages quote their cause.
pub fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        said if said.contains(&cause) => text,
        _ => format!("{text}: {cause}"),
    })
}
