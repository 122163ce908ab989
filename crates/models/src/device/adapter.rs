//! GPU adapters: which ones burn finds through a graphics API or CUDA, of what
//! kind they are, and whether they answer. burn opens a device on first use and
//! panics when that fails; here that becomes an adapter that is not available.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn::tensor::{Device, DeviceKind, DeviceType, Tensor};

use super::{DeviceInfo, OpenDevice, gpu_memory, with_memory};
use crate::image::BurnEngine;

/// An adapter of a graphics API.
pub(super) struct Adapter {
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

    fn description(&self, word: &str) -> Option<String> {
        let name = self.name().filter(|_| self.answers())?;
        Some(format!("{name} ({}, {word})", self.class))
    }

    /// Whether the device carries out an operation.
    fn answers(&self) -> bool {
        let probe = || Tensor::<1>::ones([8], &self.device).sum().into_scalar::<f32>();
        catch_unwind(AssertUnwindSafe(probe)).is_ok_and(|sum| sum == 8.0)
    }

    /// For the message that none of the adapters can be used.
    fn refusal(&self) -> String {
        let name = self.name().unwrap_or_else(|| "an adapter that cannot be opened".into());
        let dead = if self.is_gpu { " that does not compute" } else { "" };
        format!("{name} ({}{dead})", self.class)
    }

    pub(super) fn line(&self, word: &str) -> DeviceInfo {
        let name = self.name();
        DeviceInfo {
            backend: word.into(),
            available: self.is_gpu && name.is_some(),
            name: name.unwrap_or_else(|| "(cannot be opened)".into()),
            kind: if self.is_gpu { "gpu" } else { "software" }.into(),
            note: match self.is_gpu {
                true => with_memory(self.class, gpu_memory()),
                false => format!("{}, never used", self.class),
            },
        }
    }
}

/// The adapters that burn finds, best first. Which kind one is shows in the
/// constructor that makes an equal device.
pub(super) fn adapters(api: DeviceType) -> Vec<Adapter> {
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

/// The best GPU among `adapters`, or a sentence that says what there is instead.
pub(super) fn best_of(adapters: Vec<Adapter>, word: &str) -> Result<OpenDevice, String> {
    for adapter in adapters.iter().filter(|adapter| adapter.is_gpu) {
        if let Some(description) = adapter.description(word) {
            let engine = Arc::new(BurnEngine::new(adapter.device.clone()));
            return Ok(OpenDevice { engine, kind: "gpu", description, note: None });
        }
    }
    let found: Vec<_> = adapters.iter().map(Adapter::refusal).collect();
    let found = if found.is_empty() { "no adapter at all".into() } else { found.join("; ") };
    Err(format!("no GPU for `{word}`; found here: {found}"))
}

#[cfg(feature = "cuda")]
pub(super) fn cuda_adapters() -> Vec<Adapter> {
    let Ok(found) = catch_unwind(|| Device::enumerate(DeviceType::Cuda)) else { return Vec::new() };
    let adapter = |device| Adapter { device, is_gpu: true, class: "CUDA device" };
    found.into_iter().map(adapter).collect()
}
