//! Memory of devices: of the host as Linux tells it, of an NVIDIA GPU as the
//! driver's own program does.

use std::fmt;
use std::process::Command;

/// Memory of a device, MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory {
    /// Not in use by any program.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

impl fmt::Display for DeviceMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} MiB free", self.free, self.total)
    }
}

/// Memory of this machine; nothing where the system does not tell.
pub fn host_memory() -> Option<DeviceMemory> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let mib = |name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? >> 10)
    };
    Some(DeviceMemory { free: mib("MemAvailable:")?, total: mib("MemTotal:")? })
}

/// Memory of the first NVIDIA GPU; nothing without `nvidia-smi`.
pub fn gpu_memory() -> Option<DeviceMemory> {
    let ask = ["--query-gpu=memory.free,memory.total", "--format=csv,noheader,nounits"];
    let answer = Command::new("nvidia-smi").args(ask).output().ok()?;
    told(&String::from_utf8(answer.stdout).ok()?)
}

fn told(answer: &str) -> Option<DeviceMemory> {
    let (free, total) = answer.lines().next()?.split_once(',')?;
    Some(DeviceMemory { free: free.trim().parse().ok()?, total: total.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_gpu_is_read_and_a_failure_of_the_driver_is_nothing() {
        let memory = told("80000, 81559\n9, 81559\n").expect("two numbers");
        assert_eq!(memory.to_string(), "80000 of 81559 MiB free");
        assert_eq!(told("NVIDIA-SMI has failed because it couldn't communicate\n"), None);
        assert_eq!(told(""), None);
    }
}
