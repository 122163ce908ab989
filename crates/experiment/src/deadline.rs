//! When a run has to end. A round is only begun if it will probably be done by then.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// The moment by which the last round should be done.
pub struct Deadline {
    at: Option<Instant>,
    /// Milliseconds of the longest round so far.
    longest: AtomicU64,
}

impl Deadline {
    /// There is all the time in the world.
    pub fn never() -> Self {
        Self { at: None, longest: AtomicU64::new(0) }
    }

    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Self { at: Instant::now().checked_add(time), ..Self::never() }
    }

    /// Time that is left, if there is a deadline.
    pub fn left(&self) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// A round took so long.
    pub fn round_took(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.longest.fetch_max(milliseconds, Ordering::Relaxed);
    }

    /// Whether a round can be done in time if it takes as long as `last_round`, the
    /// one before it in its cell, or else as the longest round of any cell so far.
    pub fn leaves_time(&self, last_round: Option<Duration>) -> bool {
        let longest = Duration::from_millis(self.longest.load(Ordering::Relaxed));
        let expected = last_round.unwrap_or(longest);
        self.left().is_none_or(|left| !left.is_zero() && expected <= left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_begins_only_if_one_like_the_last_would_fit() {
        let deadline = Deadline::after(Duration::from_secs(60));
        assert!(deadline.leaves_time(None));
        assert!(deadline.leaves_time(Some(Duration::from_secs(30))));
        assert!(!deadline.leaves_time(Some(Duration::from_secs(61))));
        deadline.round_took(Duration::from_secs(90));
        assert!(!deadline.leaves_time(None));
        assert!(deadline.leaves_time(Some(Duration::from_secs(30))));
        assert!(Deadline::never().leaves_time(Some(Duration::from_secs(1 << 40))));
        assert!(!Deadline::after(Duration::ZERO).leaves_time(None));
    }
}
