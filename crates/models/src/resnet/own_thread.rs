//! Where the work of a fit runs. A pool thread that waits inside one of burn's
//! parallel operators takes up other jobs of its pool, so it could start a
//! second fit in the middle of the first. On the CPU a fit that is called from a
//! pool therefore moves to a thread of its own, with a pool of one for operators.

use burn::tensor::Device;

use crate::ModelError;

/// Runs `work` here, or on a thread of its own if the caller is a pool thread
/// and the device a CPU.
pub(super) fn on_own_thread<T: Send>(
    device: &Device,
    work: impl FnOnce() -> Result<T, ModelError> + Send,
) -> Result<T, ModelError> {
    if rayon::current_thread_index().is_none() || !is_cpu(device) {
        return work();
    }
    let alone = || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|why| ModelError::Device(format!("no thread for a fit: {why}")))?;
        pool.install(work)
    };
    std::thread::scope(|scope| match scope.spawn(alone).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Whether the device computes on the host's processor.
pub(super) fn is_cpu(device: &Device) -> bool {
    if *device == Device::flex() {
        return true;
    }
    #[cfg(feature = "ndarray")]
    #[allow(deprecated)] // upstream deprecates the backend; whoever builds the feature wants it
    if *device == Device::ndarray() {
        return true;
    }
    false
}
