//! Where the work of a fit runs, and what becomes of a panic. A pool thread
//! that waits inside one of burn's parallel operators takes up other jobs of its
//! pool, so it could start a second fit in the middle of the first. On the CPU
//! work that is called from a pool therefore moves to a thread of its own, with
//! a pool of one for operators. A device that fails may
//! be reported by a panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cubecl::MemoryScope;
#[cfg(feature = "resnet")]
use rayon::ThreadPool;
use relabel_kernels::Client;

use crate::ModelError;
use crate::device::{DeviceMemory, Trouble, gpu_memory};

/// Characters of a device's words that are passed on.
const LONGEST: usize = 160;

/// Runs the work of one network.
pub(super) struct Worker {
    device: Place,
    /// The network and its batch, in words.
    what: String,
}

/// Where the network is.
enum Place {
    #[cfg(feature = "resnet")]
    Host(ThreadPool),
    Gpu(Client),
}

impl Worker {
    /// For one of burn's CPU backends.
    #[cfg(feature = "resnet")]
    pub(super) fn on_host(what: String) -> Result<Self, ModelError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|why| ModelError::Device(format!("no thread for a fit: {why}")))?;
        Ok(Self { device: Place::Host(pool), what })
    }

    pub(super) fn on_gpu(client: &Client, what: String) -> Self {
        Self { device: Place::Gpu(client.clone()), what }
    }

    /// Does `work`.
    pub(super) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, ModelError> {
        self.attempt(work).map_err(|reason| self.failure(&reason))
    }

    /// Does `work`, or tells in the device's words why it failed.
    pub(super) fn attempt<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, String> {
        let done = match &self.device {
            #[cfg(feature = "resnet")]
            Place::Host(pool) if rayon::current_thread_index().is_some() => {
                std::thread::scope(|scope| scope.spawn(|| pool.install(work)).join())
            }
            _ => catch_unwind(AssertUnwindSafe(work)),
        };
        done.map_err(|panic| reason(panic.as_ref()))
    }

    /// The sentence for a device that failed.
    pub(super) fn failure(&self, reason: &str) -> ModelError {
        let held = match &self.device {
            #[cfg(feature = "resnet")]
            Place::Host(_) => None,
            Place::Gpu(client) => held(client),
        };
        ModelError::Device(sentence(&self.what, reason, held, gpu_memory()))
    }
}

/// MiB that this process has on a GPU.
fn held(client: &Client) -> Option<u64> {
    let report = || client.memory_report(MemoryScope::Device).usage().bytes_reserved;
    catch_unwind(AssertUnwindSafe(report)).ok().map(|bytes| bytes >> 20)
}

/// `held`: MiB that this process had on the device.
fn sentence(what: &str, reason: &str, held: Option<u64>, gpu: Option<DeviceMemory>) -> String {
    let full = Trouble::told_by(reason) == Some(Trouble::Full);
    let reason = in_one_line(reason);
    let gpu = gpu.map_or(String::new(), |memory| format!(", {memory}"));
    let held = held.map_or(String::new(), |held| format!(", {held} MiB held by this program"));
    if full {
        return format!(
            "the device has too little memory for {what}{gpu}{held}; a smaller model.batch needs less \
             ({reason})"
        );
    }
    format!("the device failed while computing {what}: {reason}")
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it gave no reason").to_owned()
}

/// The innermost cause that a device's error tells of, or else its first line; an end that
/// few would read is left out.
pub(super) fn in_one_line(error: &str) -> String {
    let mut lines = error.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut told = lines.next().unwrap_or_default();
    while let Some(line) = lines.next() {
        if line == "Caused by:" {
            told = lines.next().unwrap_or(told);
        }
    }
    match told.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &told[..end]),
        None => told.to_owned(),
    }
}

#[cfg(all(test, feature = "resnet"))]
mod tests {
    use super::*;

    fn worker() -> Worker {
        Worker::on_host("a network with batches of 512".into()).expect("a thread")
    }

    #[test]
    fn a_device_without_memory_is_told_with_network_and_batch() {
        let result = worker().run(|| panic!("allocation failed: Out of memory\n at frame 3"));
        let text = result.expect_err("the work panics").to_string();
        assert!(text.starts_with("the device has too little memory for a network with batches"));
        assert!(text.contains("model.batch") && !text.contains("frame"), "{text}");
        let gpu = Some(DeviceMemory { free: 12, total: 81_559 });
        let text = sentence("a net", "out of memory", Some(70_000), gpu);
        assert!(text.contains("12 of 81559 MiB free, 70000 MiB held by this program"), "{text}");
    }

    #[test]
    fn of_a_chain_of_errors_the_innermost_is_told() {
        let chain = "Several failures at once\nCaused by:\n  A launch error happened\n\
                     Caused by:\n  the device has no squares of 16\nmore\n\nBacktrace:\nnone";
        assert_eq!(in_one_line(chain), "the device has no squares of 16");
        assert_eq!(in_one_line("device lost\n at frame 3"), "device lost");
        let long = "\u{e9}".repeat(200);
        assert_eq!(in_one_line(&long).chars().count(), 163);
        let deep = sentence("a net", "a failure\nCaused by:\n  Out of memory", None, None);
        assert!(deep.starts_with("the device has too little memory for a net"), "{deep}");
    }

    #[test]
    fn work_from_a_pool_thread_moves_to_another_and_its_panic_is_an_error() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
        pool.install(|| {
            let caller = std::thread::current().id();
            let own = worker().run(|| (std::thread::current().id(), rayon::current_num_threads()));
            let (id, threads) = own.expect("the work is done");
            assert!(id != caller && threads == 1);
            let failed = worker().run(|| panic!("device lost"));
            assert!(failed.expect_err("it panics").to_string().ends_with("512: device lost"));
        });
    }
}
