//! Where the time of a device goes: every kernel that some work launches, timed by the
//! device's own clock between the kernels around it.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{ThreadId, current};

use cubecl::future::block_on;
use cubecl::logging::{
    Duration, LaunchObservation, LaunchObserver, ProfileDuration, TimingMethod, TimingRequest,
};
use relabel_kernels::Multiplied;

use crate::ModelError;
use crate::image::engine::{KernelTime, Profile};

/// Does `work` and times what it launches from this thread.
pub(super) fn profile(
    work: &mut dyn FnMut() -> Result<(), ModelError>,
) -> Result<Profile, ModelError> {
    Multiplied::take();
    let stopwatch = Arc::new(Stopwatch { thread: current().id(), launches: Mutex::default() });
    let observation = LaunchObservation::new(stopwatch.clone());
    work()?;
    drop(observation);
    let launches = take(&mut *stopwatch.launches());
    let mut profile = Profile { kernels: Vec::new(), unmeasured: 0, by_host: false };
    for Launch { name, flop, took } in launches {
        let (seconds, method) = match took {
            Took::Known(time, method) => (Some(time.as_secs_f64()), method),
            Took::Asked(time) => {
                let method = time.timing_method();
                let ticks = block_on(time.resolve());
                (ticks.map(|ticks| ticks.duration().as_secs_f64()), method)
            }
            Took::Unknown => (None, TimingMethod::Device),
        };
        profile.by_host |= method == TimingMethod::System;
        let Some(seconds) = seconds else {
            profile.unmeasured += 1;
            continue;
        };
        match profile.kernels.iter_mut().find(|kernel| kernel.name == name) {
            Some(kernel) => {
                kernel.launches += 1;
                kernel.seconds += seconds;
                kernel.flop += flop;
            }
            None => profile.kernels.push(KernelTime { name, launches: 1, seconds, flop }),
        }
    }
    Ok(profile)
}

/// A launch, in the order in which they were.
struct Launch {
    name: String,
    flop: f64,
    took: Took,
}

enum Took {
    Known(Duration, TimingMethod),
    /// The device answers when it is asked.
    Asked(ProfileDuration),
    Unknown,
}

/// CubeCL tells it of the launches of all threads.
struct Stopwatch {
    thread: ThreadId,
    launches: Mutex<Vec<Launch>>,
}

impl Stopwatch {
    fn is_concerned(&self) -> bool {
        current().id() == self.thread
    }

    fn launches(&self) -> MutexGuard<'_, Vec<Launch>> {
        self.launches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_took(&self, took: Took) {
        if let Some(last) = self.launches().last_mut().filter(|_| self.is_concerned()) {
            last.took = took;
        }
    }
}

impl LaunchObserver for Stopwatch {
    fn launched(&self, kernel: &'static str) {
        if !self.is_concerned() {
            return;
        }
        let multiplied = Multiplied::take();
        let name = multiplied.map_or_else(|| short(kernel), |multiplied| multiplied.to_string());
        let flop = multiplied.map_or(0.0, |multiplied| multiplied.flop());
        self.launches().push(Launch { name, flop, took: Took::Unknown });
    }

    fn timing(&self) -> TimingRequest {
        TimingRequest::Deferred
    }

    fn profiled(&self, _: &'static str, time: ProfileDuration) {
        self.last_took(Took::Asked(time));
    }

    fn timed(&self, _: &'static str, time: Duration, method: TimingMethod) {
        self.last_took(Took::Known(time, method));
    }
}

/// `relabel_kernels::norm::moments::Moments<f32>` is the kernel `moments` of `norm`.
fn short(kernel: &str) -> String {
    let path = kernel.split('<').next().unwrap_or(kernel);
    let mut parts: Vec<_> = path.split("::").collect();
    parts.pop();
    parts.split_first().map_or(kernel.into(), |(_, rest)| rest.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_named_by_its_module_and_function() {
        assert_eq!(short("relabel_kernels::norm::moments::Moments<f32, u32>"), "norm moments");
        assert_eq!(short("Kernel"), "Kernel");
    }
}
