//! SIGINT and SIGTERM: the first one asks for a stop at the next batch, the
//! second one ends the program at once.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// The wish to stop, as a flag that workers read.
pub struct Signals {
    stop: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers.
    ///
    /// # Errors
    /// If the operating system refuses them.
    pub fn install() -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let terminated = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: a second signal must find the flag already set.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))
                .and_then(|_| flag::register(signal, Arc::clone(&stop)))
                .context("cannot install the signal handlers")?;
        }
        flag::register(SIGTERM, Arc::clone(&terminated))
            .context("cannot install the signal handlers")?;
        Ok(Self { stop, terminated })
    }

    /// Set as soon as someone asked for a stop.
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// 143 after SIGTERM, else 130.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.terminated.load(Ordering::Relaxed) { 143 } else { 130 })
    }
}
