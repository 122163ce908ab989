//! SIGINT and SIGTERM: the first one asks for a stop at the next batch, the
//! second one ends the program at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag, low_level,
};

use crate::exit;

/// The wish to stop, as a flag that workers read.
#[derive(Clone)]
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

    /// True as soon as someone asked for a stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks for a stop as SIGTERM does.
    pub fn request_stop(&self) {
        self.terminated.store(true, Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// 143 after SIGTERM, else 130.
    pub fn exit_code(&self) -> u8 {
        if self.terminated.load(Ordering::Relaxed) { exit::TERMINATED } else { exit::INTERRUPTED }
    }

    /// Ends the program without waiting for anyone.
    pub fn exit_now(&self) -> ! {
        low_level::exit(self.exit_code().into())
    }
}
