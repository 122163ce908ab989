//! Compute devices: which backends this build holds, which adapters this
//! machine has, and opening one of them. A software rasteriser (llvmpipe) is
//! listed but never taken for a GPU: the CPU backend is many times faster.

mod adapter;

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, DeviceType};

use self::adapter::{Adapter, adapters, best_gpu};
use crate::ModelError;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best GPU adapter, else the CPU.
    Auto,
    /// A GPU through whichever graphics API the platform prefers.
    Wgpu,
    /// A GPU through Vulkan.
    Vulkan,
    /// An NVIDIA GPU through CUDA.
    Cuda,
    /// The CPU (burn's flex backend).
    Cpu,
    /// The CPU through burn's ndarray backend.
    Ndarray,
}

const WORDS: [(DeviceChoice, &str); 6] = [
    (DeviceChoice::Auto, "auto"),
    (DeviceChoice::Wgpu, "wgpu"),
    (DeviceChoice::Vulkan, "vulkan"),
    (DeviceChoice::Cuda, "cuda"),
    (DeviceChoice::Cpu, "cpu"),
    (DeviceChoice::Ndarray, "ndarray"),
];

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = WORDS.into_iter().find(|&(_, word)| word == text).map(|(choice, _)| choice);
        found.ok_or_else(|| {
            let words: Vec<_> = WORDS.iter().map(|&(_, word)| word).collect();
            format!("device `{text}` is not one of {}", words.join(", "))
        })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = WORDS.iter().find(|(choice, _)| choice == self).map_or("", |&(_, word)| word);
        f.pad(word)
    }
}

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
    /// burn's handle.
    pub device: Device,
    /// "cpu" or "gpu".
    pub kind: &'static str,
    /// Backend and adapter in words, for manifests and logs.
    pub description: String,
    /// What the user should know, such as that no GPU was found.
    pub note: Option<String>,
}

/// Every backend, compiled in or not, and every adapter found.
pub fn list() -> Vec<DeviceInfo> {
    let mut lines = vec![cpu_line()];
    lines.extend(gpu_lines(&adapters(DeviceType::Wgpu), "wgpu"));
    lines.extend(gpu_lines(&adapters(DeviceType::Vulkan), "vulkan"));
    lines.extend(cuda_lines());
    lines.push(ndarray_line());
    lines
}

/// Opens what was asked for.
///
/// # Errors
/// [`ModelError::Device`] with what was found here instead, or with the cargo
/// feature that would bring the backend.
pub fn open(choice: DeviceChoice) -> Result<OpenDevice, ModelError> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu(None)),
        DeviceChoice::Wgpu => gpu_or_advice(adapters(DeviceType::Wgpu), "wgpu"),
        DeviceChoice::Vulkan => gpu_or_advice(adapters(DeviceType::Vulkan), "vulkan"),
        DeviceChoice::Cuda => open_cuda(),
        DeviceChoice::Ndarray => open_ndarray(),
        DeviceChoice::Auto => Ok(best_gpu(adapters(DeviceType::Wgpu), "wgpu")
            .unwrap_or_else(|why| cpu(Some(format!("using the CPU: {why}"))))),
    }
}

fn gpu_lines(adapters: &[Adapter], word: &str) -> Vec<DeviceInfo> {
    if adapters.is_empty() {
        return vec![missing(word, "gpu", "no adapter found")];
    }
    adapters.iter().map(|adapter| adapter.line(word)).collect()
}

fn gpu_or_advice(adapters: Vec<Adapter>, word: &str) -> Result<OpenDevice, ModelError> {
    let advise = |why| ModelError::Device(format!("{why}; use the device `auto` or `cpu`"));
    best_gpu(adapters, word).map_err(advise)
}

#[cfg(not(feature = "cuda"))]
fn cuda_lines() -> Vec<DeviceInfo> {
    vec![missing("cuda", "gpu", "not compiled in; build with the cargo feature `cuda`")]
}

#[cfg(not(feature = "cuda"))]
fn open_cuda() -> Result<OpenDevice, ModelError> {
    Err(not_compiled("cuda"))
}

#[cfg(feature = "cuda")]
fn cuda_lines() -> Vec<DeviceInfo> {
    gpu_lines(&adapter::cuda_adapters(), "cuda")
}

#[cfg(feature = "cuda")]
fn open_cuda() -> Result<OpenDevice, ModelError> {
    gpu_or_advice(adapter::cuda_adapters(), "cuda")
}

fn cpu(note: Option<String>) -> OpenDevice {
    OpenDevice {
        device: Device::flex(),
        kind: "cpu",
        description: format!("{} (cpu, burn-flex)", cpu_name()),
        note,
    }
}

fn cpu_line() -> DeviceInfo {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    DeviceInfo {
        backend: "cpu".into(),
        name: cpu_name(),
        kind: "cpu".into(),
        available: true,
        note: format!("burn-flex, {threads} threads"),
    }
}

/// The processor's name where Linux tells it.
fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(std::env::consts::ARCH, |(_, name)| name.trim()).to_owned()
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

#[cfg(not(feature = "ndarray"))]
fn ndarray_line() -> DeviceInfo {
    missing("ndarray", "cpu", "not compiled in; build with the cargo feature `ndarray`")
}

#[cfg(not(feature = "ndarray"))]
fn open_ndarray() -> Result<OpenDevice, ModelError> {
    Err(not_compiled("ndarray"))
}

#[cfg(feature = "ndarray")]
fn ndarray_line() -> DeviceInfo {
    let note = "burn-ndarray, deprecated and much slower than `cpu`".into();
    DeviceInfo { backend: "ndarray".into(), note, ..cpu_line() }
}

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // upstream deprecates the backend; whoever builds the feature wants it
fn open_ndarray() -> Result<OpenDevice, ModelError> {
    let description = format!("{} (cpu, burn-ndarray)", cpu_name());
    Ok(OpenDevice { device: Device::ndarray(), kind: "cpu", description, note: None })
}

#[cfg(not(all(feature = "cuda", feature = "ndarray")))]
fn not_compiled(feature: &str) -> ModelError {
    ModelError::Device(format!(
        "this build has no `{feature}` device; build relabel with the cargo feature `{feature}`"
    ))
}
