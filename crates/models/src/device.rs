//! Compute devices of image models: which this build holds, which this machine
//! has, and opening one of them. The CPU has an engine of its own; GPUs and, for
//! comparison, two CPU backends of burn come with the cargo feature `resnet`.
//! A software rasteriser (llvmpipe) is listed but never taken for a GPU.

#[cfg(feature = "resnet")]
mod adapter;
mod choice;
mod memory;
#[cfg(not(feature = "gpu"))]
#[path = "device/no_others.rs"]
mod others;
#[cfg(all(feature = "gpu", not(feature = "resnet")))]
#[path = "device/software.rs"]
mod others;
#[cfg(feature = "resnet")]
mod others;
mod trouble;

use std::sync::Arc;

pub use self::choice::DeviceChoice;
pub use self::memory::{DeviceMemory, gpu_memory, host_memory};
pub use self::trouble::Trouble;
use crate::ModelError;
use crate::image::{CpuEngine, Engine};

/// One line of the list of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The word that asks for it.
    pub backend: String,
    /// The adapter's name.
    pub name: String,
    /// "gpu", "cpu" or "software" (a GPU emulated on the CPU).
    pub kind: String,
    /// Whether it can be opened.
    pub available: bool,
    /// Why it is not available, or a remark.
    pub note: String,
}

/// A device that models can use.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// What computes on it.
    pub engine: Arc<dyn Engine>,
    /// "cpu" or "gpu".
    pub kind: &'static str,
    /// Backend and adapter in words, for manifests and logs.
    pub description: String,
    /// What the user should know, such as that no GPU was found.
    pub note: Option<String>,
}

/// Every device, compiled in or not, and every adapter found.
pub fn list() -> Vec<DeviceInfo> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = cpu_line("cpu", &format!("own engine, {threads} threads"));
    std::iter::once(cpu).chain(others::list()).collect()
}

/// Opens what was asked for.
///
/// # Errors
/// [`ModelError::Unsupported`] with what was found here instead, or with the cargo
/// feature that would bring the backend.
pub fn open(choice: DeviceChoice) -> Result<OpenDevice, ModelError> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu(None)),
        DeviceChoice::Auto => {
            Ok(others::best_gpu().unwrap_or_else(|why| cpu(Some(format!("using the CPU: {why}")))))
        }
        other => others::open(other),
    }
}

fn cpu(note: Option<String>) -> OpenDevice {
    let description = format!("{} (cpu, own engine)", cpu_name());
    OpenDevice { engine: Arc::new(CpuEngine), kind: "cpu", description, note }
}

fn cpu_line(word: &str, note: &str) -> DeviceInfo {
    DeviceInfo {
        backend: word.into(),
        name: cpu_name(),
        kind: "cpu".into(),
        available: true,
        note: with_memory(note, host_memory()),
    }
}

fn with_memory(note: &str, memory: Option<DeviceMemory>) -> String {
    memory.map_or(note.into(), |memory| format!("{note}, {memory}"))
}

fn missing(word: &str, kind: &str, note: &str) -> DeviceInfo {
    DeviceInfo {
        backend: word.into(),
        name: "-".into(),
        kind: kind.into(),
        available: false,
        note: note.into(),
    }
}

fn not_compiled(device: &str, feature: &str) -> ModelError {
    ModelError::Unsupported(format!(
        "this build has no `{device}` device; build relabel with the cargo feature `{feature}`"
    ))
}

/// The processor's name where Linux tells it, else its architecture.
pub fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(std::env::consts::ARCH, |(_, name)| name.trim()).to_owned()
}
