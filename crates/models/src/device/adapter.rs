//! GPU adapters: which ones there are behind a graphics API or CUDA, of what kind they
//! are, and whether they answer. A device is opened on first use, with a panic when that
//! fails; here that becomes an adapter that is not available.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cubecl::Device;
use cubecl::device::{WgpuBackend, WgpuDeviceKind};
use relabel_kernels as kernels;

use super::{DeviceInfo, OpenDevice, gpu_memory, with_memory};
use crate::image::GpuEngine;

/// How an adapter is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// The graphics API that the platform prefers.
    Wgpu,
    Vulkan,
}

/// An adapter of a graphics API.
pub(super) struct Adapter {
    device: Device,
    /// Hardware that computes, as opposed to an emulation or an unknown kind.
    is_gpu: bool,
    class: &'static str,
}

impl Adapter {
    pub(super) fn is_gpu(&self) -> bool {
        self.is_gpu
    }

    fn name(&self) -> Option<String> {
        let name = || self.device.client().properties().identity.name.to_string();
        catch_unwind(AssertUnwindSafe(name)).ok()
    }

    fn description(&self, word: &str) -> Option<String> {
        let name = self.name().filter(|_| self.answers())?;
        Some(format!("{name} ({}, {word})", self.class))
    }

    /// Whether the device carries out an operation.
    fn answers(&self) -> bool {
        let probe = || {
            let client = self.device.client();
            let [one, other] = [[3.0; 8], [4.0; 8]].map(|x| kernels::singles(&client, &x, &[8]));
            kernels::read(&client, &kernels::sum(&client, &one, &other, None))
        };
        let answer = catch_unwind(AssertUnwindSafe(probe));
        answer.is_ok_and(|sum| sum.is_ok_and(|sum| sum == [7.0; 8]))
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

/// The kinds of adapter, best first, and whether they are hardware.
const CLASSES: [(&str, bool); 5] = [
    ("discrete GPU", true),
    ("integrated GPU", true),
    ("virtual GPU", true),
    ("software rasteriser", false),
    ("adapter of unknown kind", false),
];

/// The adapters behind `api`, best first.
pub(super) fn adapters(api: Api) -> Vec<Adapter> {
    let mut found: Vec<_> =
        every_device().filter_map(|device| Some((rank(&device)?, device))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let adapter = |(rank, device): (usize, Device)| {
        let (class, is_gpu) = CLASSES[rank];
        Some(Adapter { device: behind(api, device)?, is_gpu, class })
    };
    found.into_iter().filter_map(adapter).collect()
}

/// The devices of all runtimes, each adapter once. A driver is asked once for all it
/// has: every question costs it an instance.
fn every_device() -> impl Iterator<Item = Device> {
    catch_unwind(Device::enumerate_all).unwrap_or_default().into_iter()
}

/// The place of an adapter's kind among [`CLASSES`].
fn rank(device: &Device) -> Option<usize> {
    let Device::Wgpu(device) = device else { return None };
    Some(match device.kind {
        WgpuDeviceKind::DiscreteGpu(_) => 0,
        WgpuDeviceKind::IntegratedGpu(_) => 1,
        WgpuDeviceKind::VirtualGpu(_) => 2,
        WgpuDeviceKind::Cpu => 3,
        _ => 4,
    })
}

/// The same adapter through `api`, if it is there.
fn behind(api: Api, device: Device) -> Option<Device> {
    match api {
        Api::Wgpu => Some(device),
        Api::Vulkan => catch_unwind(|| device.on(WgpuBackend::Vulkan)).ok()?.ok(),
    }
}

/// The best GPU among `adapters`, or a sentence that says what there is instead.
pub(super) fn best_of(adapters: Vec<Adapter>, word: &str) -> Result<OpenDevice, String> {
    for adapter in adapters.iter().filter(|adapter| adapter.is_gpu) {
        if let Some(description) = adapter.description(word) {
            let engine = Arc::new(GpuEngine::new(adapter.device.clone()));
            return Ok(OpenDevice { engine, kind: "gpu", description, note: None });
        }
    }
    let found: Vec<_> = adapters.iter().map(Adapter::refusal).collect();
    let found = if found.is_empty() { "no adapter at all".into() } else { found.join("; ") };
    Err(format!("no GPU for `{word}`; found here: {found}"))
}

#[cfg(feature = "cuda")]
pub(super) fn cuda_adapters() -> Vec<Adapter> {
    every_device()
        .filter(|device| matches!(device, Device::Cuda(_)))
        .map(|device| Adapter { device, is_gpu: true, class: "CUDA device" })
        .collect()
}
