//! The time that a benchmark may take, dealt out to its parts.

use std::time::{Duration, Instant};

/// A part of the benchmark and when it has to be over.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    end: Instant,
}

impl Clock {
    /// A clock that runs out after `time`.
    pub fn new(time: Duration) -> Self {
        Self { end: Instant::now() + time }
    }

    /// What is left.
    pub fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// A clock of a part that may use `share` of what is left.
    pub fn part(self, share: f64) -> Self {
        Self::new(self.left().mul_f64(share))
    }
}

/// Repeats `work` until about `time` has passed, more often from turn to turn
/// because `wait` (until the device is idle) costs time too. Returns how often
/// and how long. The first turn, which compiles kernels, never counts; the second only
/// if it takes most of the time.
pub fn repeat<E>(
    time: Duration,
    work: &mut dyn FnMut() -> Result<(), E>,
    wait: &mut dyn FnMut() -> Result<(), E>,
) -> Result<(usize, Duration), E> {
    work()?;
    wait()?;
    let start = Instant::now();
    work()?;
    wait()?;
    let second = start.elapsed();
    if second > time / 2 {
        return Ok((1, second));
    }
    let start = Instant::now();
    let (mut done, mut turn) = (0, 1);
    while start.elapsed() < time {
        for _ in 0..turn {
            work()?;
        }
        wait()?;
        done += turn;
        let each = start.elapsed() / done as u32;
        let fits =
            (time.saturating_sub(start.elapsed()).as_secs_f64() / each.as_secs_f64()) as usize;
        turn = (2 * turn).min(fits.max(1));
    }
    Ok((done, start.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_repeated_for_the_time_given_and_counted_without_the_warm_up() {
        let mut calls = 0;
        let mut work = || {
            calls += 1;
            std::thread::sleep(Duration::from_millis(1));
            Ok::<_, ()>(())
        };
        let (done, took) =
            repeat(Duration::from_millis(60), &mut work, &mut || Ok(())).expect("nothing fails");
        assert_eq!(calls, done + 2);
        assert!(took >= Duration::from_millis(60) && done >= 2, "{done} {took:?}");
    }

    #[test]
    fn the_first_turn_does_not_count_however_long_it_takes() {
        let mut calls = 0;
        let mut work = || {
            calls += 1;
            std::thread::sleep(Duration::from_millis(if calls == 1 { 200 } else { 20 }));
            Ok::<_, ()>(())
        };
        let (done, took) =
            repeat(Duration::from_millis(2), &mut work, &mut || Ok(())).expect("nothing fails");
        assert_eq!((calls, done), (2, 1));
        assert!(took < Duration::from_millis(200), "{took:?}");
    }
}
