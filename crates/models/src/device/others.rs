//! The devices beside the CPU's own engine: GPU adapters, and burn's CPU backends.

use std::sync::Arc;

use burn::tensor::Device;

#[cfg(feature = "cuda")]
use super::adapter::cuda_adapters;
use super::adapter::{Adapter, Api, adapters, best_of};
use super::{DeviceChoice, DeviceInfo, OpenDevice, cpu_line, cpu_name, missing, not_compiled};
use crate::ModelError;
use crate::image::BurnEngine;

pub(super) fn list() -> Vec<DeviceInfo> {
    let mut lines = gpu_lines(&adapters(Api::Wgpu), "wgpu");
    lines.extend(gpu_lines(&adapters(Api::Vulkan), "vulkan"));
    lines.extend(cuda_lines());
    lines.push(cpu_line("flex", "burn-flex, for comparison"));
    lines.push(ndarray_line());
    lines
}

pub(super) fn best_gpu() -> Result<OpenDevice, String> {
    let graphics = best_of(adapters(Api::Wgpu), "wgpu");
    graphics.or_else(|none| best_of(cuda_adapters(), "cuda").map_err(|_| none))
}

/// Opens a device other than `auto` and `cpu`.
pub(super) fn open(choice: DeviceChoice) -> Result<OpenDevice, ModelError> {
    match choice {
        DeviceChoice::Vulkan => gpu_or_advice(adapters(Api::Vulkan), "vulkan"),
        DeviceChoice::Cuda => open_cuda(),
        DeviceChoice::Ndarray => open_ndarray(),
        DeviceChoice::Flex => Ok(on_host(Device::flex(), "burn-flex")),
        _ => gpu_or_advice(adapters(Api::Wgpu), "wgpu"),
    }
}

fn on_host(device: Device, backend: &str) -> OpenDevice {
    OpenDevice {
        engine: Arc::new(BurnEngine::new(device)),
        kind: "cpu",
        description: format!("{} (cpu, {backend})", cpu_name()),
        note: None,
    }
}

fn gpu_lines(adapters: &[Adapter], word: &str) -> Vec<DeviceInfo> {
    if adapters.is_empty() {
        return vec![missing(word, "gpu", "no adapter found")];
    }
    adapters.iter().map(|adapter| adapter.line(word)).collect()
}

fn gpu_or_advice(adapters: Vec<Adapter>, word: &str) -> Result<OpenDevice, ModelError> {
    let there = adapters.iter().any(Adapter::is_gpu);
    best_of(adapters, word).map_err(|why| {
        let words = format!("{why}; use the device `auto` or `cpu`");
        // hardware that does not answer may be full or lost
        if there { ModelError::Device(words) } else { ModelError::Unsupported(words) }
    })
}

#[cfg(not(feature = "cuda"))]
fn cuda_lines() -> Vec<DeviceInfo> {
    vec![missing("cuda", "gpu", "not compiled in; build with the cargo feature `cuda`")]
}

#[cfg(not(feature = "cuda"))]
fn open_cuda() -> Result<OpenDevice, ModelError> {
    Err(not_compiled("cuda", "cuda"))
}

#[cfg(not(feature = "cuda"))]
fn cuda_adapters() -> Vec<Adapter> {
    Vec::new()
}

#[cfg(feature = "cuda")]
fn cuda_lines() -> Vec<DeviceInfo> {
    gpu_lines(&cuda_adapters(), "cuda")
}

#[cfg(feature = "cuda")]
fn open_cuda() -> Result<OpenDevice, ModelError> {
    gpu_or_advice(cuda_adapters(), "cuda")
}

#[cfg(not(feature = "ndarray"))]
fn ndarray_line() -> DeviceInfo {
    missing("ndarray", "cpu", "not compiled in; build with the cargo feature `ndarray`")
}

#[cfg(not(feature = "ndarray"))]
fn open_ndarray() -> Result<OpenDevice, ModelError> {
    Err(not_compiled("ndarray", "ndarray"))
}

#[cfg(feature = "ndarray")]
fn ndarray_line() -> DeviceInfo {
    cpu_line("ndarray", "burn-ndarray, deprecated and much slower than `cpu`")
}

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // upstream deprecates the backend; whoever builds the feature wants it
fn open_ndarray() -> Result<OpenDevice, ModelError> {
    Ok(on_host(Device::ndarray(), "burn-ndarray"))
}
