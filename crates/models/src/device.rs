//! Compute devices: which backends this build holds, which adapters this
//! machine has, and opening one of them. A software rasteriser (llvmpipe) is
//! listed but never taken for a GPU: the CPU backend is many times faster.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use burn::tensor::{Device, DeviceKind, DeviceType, Tensor};

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
    for (api, word) in [(DeviceType::Wgpu, "wgpu"), (DeviceType::Vulkan, "vulkan")] {
        let adapters = adapters(api);
        if adapters.is_empty() {
            lines.push(missing(word, "gpu", "no adapter found"));
        }
        lines.extend(adapters.iter().map(|adapter| adapter.line(word)));
    }
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
        DeviceChoice::Wgpu => open_gpu(DeviceType::Wgpu, "wgpu"),
        DeviceChoice::Vulkan => open_gpu(DeviceType::Vulkan, "vulkan"),
        DeviceChoice::Cuda => open_cuda(),
        DeviceChoice::Ndarray => open_ndarray(),
        DeviceChoice::Auto => Ok(open_gpu(DeviceType::Wgpu, "wgpu")
            .unwrap_or_else(|why| cpu(Some(format!("using the CPU: {why}"))))),
    }
}

/// An adapter of a graphics API.
struct Adapter {
    device: Device,
    /// Hardware that computes, as opposed to an emulation or an unknown kind.
    is_gpu: bool,
    class: &'static str,
}

impl Adapter {
    fn name(&self) -> Option<String> {
        let identity = catch_unwind(AssertUnwindSafe(|| self.device.identity()));
        identity.ok().flatten().map(|identity| identity.name.to_string())
    }

    fn line(&self, word: &str) -> DeviceInfo {
        let name = self.name();
        DeviceInfo {
            backend: word.into(),
            available: self.is_gpu && name.is_some(),
            name: name.unwrap_or_else(|| "(cannot be opened)".into()),
            kind: if self.is_gpu { "gpu" } else { "software" }.into(),
            note: match self.is_gpu {
                true => self.class.into(),
                false => format!("{}, never used", self.class),
            },
        }
    }
}

/// The adapters that burn finds, best first. Which kind one is shows in the
/// constructor that makes an equal device.
fn adapters(api: DeviceType) -> Vec<Adapter> {
    let vulkan = matches!(api, DeviceType::Vulkan);
    let Ok(found) = catch_unwind(|| Device::enumerate(api)) else { return Vec::new() };
    let found: Vec<Device> = found.into_iter().collect();
    let make = |kind| if vulkan { Device::vulkan(kind) } else { Device::wgpu(kind) };
    let mut adapters = Vec::new();
    for (class, kind_at) in [
        ("discrete GPU", DeviceKind::DiscreteGpu as fn(usize) -> DeviceKind),
        ("integrated GPU", DeviceKind::IntegratedGpu),
        ("virtual GPU", DeviceKind::VirtualGpu),
    ] {
        for device in (0..found.len()).map(|index| make(kind_at(index))) {
            if found.contains(&device) {
                adapters.push(Adapter { device, is_gpu: true, class });
            }
        }
    }
    for device in found {
        if !adapters.iter().any(|adapter: &Adapter| adapter.device == device) {
            let software = device == make(DeviceKind::Cpu);
            let class = if software { "software rasteriser" } else { "adapter of unknown kind" };
            adapters.push(Adapter { device, is_gpu: false, class });
        }
    }
    adapters
}

fn open_gpu(api: DeviceType, word: &'static str) -> Result<OpenDevice, ModelError> {
    let adapters = adapters(api);
    for adapter in adapters.iter().filter(|adapter| adapter.is_gpu) {
        if let Some(name) = adapter.name().filter(|_| answers(&adapter.device)) {
            return Ok(OpenDevice {
                device: adapter.device.clone(),
                kind: "gpu",
                description: format!("{name} ({}, {word})", adapter.class),
                note: None,
            });
        }
    }
    let found: Vec<_> = adapters.iter().map(|adapter| adapter.found()).collect();
    let found = if found.is_empty() { "no adapter at all".into() } else { found.join("; ") };
    Err(ModelError::Device(format!("no GPU for `{word}`; found here: {found}")))
}

impl Adapter {
    fn found(&self) -> String {
        let name = self.name().unwrap_or_else(|| "one that cannot be opened".into());
        format!("{name} ({})", self.class)
    }
}

/// Whether the device carries out an operation. burn opens devices on first use
/// and panics when that fails.
fn answers(device: &Device) -> bool {
    let probe = || Tensor::<1>::ones([8], device).sum().into_scalar::<f32>();
    catch_unwind(AssertUnwindSafe(probe)).is_ok_and(|sum| sum == 8.0)
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
    let adapters = cuda_adapters();
    if adapters.is_empty() {
        return vec![missing("cuda", "gpu", "no CUDA device found")];
    }
    adapters.iter().map(|adapter| adapter.line("cuda")).collect()
}

#[cfg(feature = "cuda")]
fn cuda_adapters() -> Vec<Adapter> {
    let found = catch_unwind(|| Device::enumerate(DeviceType::Cuda));
    let found = found.map(|devices| devices.into_iter().collect::<Vec<_>>()).unwrap_or_default();
    found.into_iter().map(|device| Adapter { device, is_gpu: true, class: "CUDA device" }).collect()
}

#[cfg(feature = "cuda")]
fn open_cuda() -> Result<OpenDevice, ModelError> {
    for adapter in cuda_adapters() {
        if answers(&adapter.device) {
            let description = adapter.found();
            return Ok(OpenDevice { device: adapter.device, kind: "gpu", description, note: None });
        }
    }
    Err(ModelError::Device("no CUDA device found here; `auto` would use another one".into()))
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
