//! Memory of this process and of the GPU.

use relabel_models::device::gpu_memory;

/// Resident memory of this process, MiB; 0 where the system does not tell.
pub fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// Memory in use on the first NVIDIA GPU, MiB, where `nvidia-smi` is installed.
pub fn device_mib() -> Option<f64> {
    gpu_memory().map(|memory| (memory.total - memory.free) as f64)
}
