//! Memory of this process and of the GPU.

use std::process::Command;

/// Resident memory of this process, MiB; 0 where the system does not tell.
pub fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// Memory in use on the first NVIDIA GPU, MiB, where `nvidia-smi` is installed.
pub fn device_mib() -> Option<f64> {
    let ask = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    let answer = Command::new("nvidia-smi").args(ask).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.lines().next()?.trim().parse().ok()
}
