//! A build for tests without a GPU (cargo feature `gpu` alone): the device
//! `wgpu` is a software rasteriser, treated as a GPU in everything.

use std::panic::catch_unwind;
use std::sync::Arc;

use cubecl::Device;
use cubecl::device::WgpuDeviceKind;

use super::{DeviceChoice, DeviceInfo, OpenDevice, missing, not_compiled};
use crate::ModelError;
use crate::image::GpuEngine;

pub(super) fn list() -> Vec<DeviceInfo> {
    vec![match open(DeviceChoice::Wgpu) {
        Ok(device) => DeviceInfo {
            backend: "wgpu".into(),
            name: device.description,
            kind: "software".into(),
            available: true,
            note: "this build takes it for a GPU, for tests".into(),
        },
        Err(why) => missing("wgpu", "software", &why.to_string()),
    }]
}

pub(super) fn best_gpu() -> Result<OpenDevice, String> {
    Err("this build is for tests on a software rasteriser (--device wgpu)".into())
}

pub(super) fn open(choice: DeviceChoice) -> Result<OpenDevice, ModelError> {
    if choice != DeviceChoice::Wgpu {
        return Err(not_compiled(&choice.to_string(), "resnet"));
    }
    let engine = catch_unwind(|| Device::wgpu(WgpuDeviceKind::Cpu).ok().map(GpuEngine::new));
    let engine = engine.ok().flatten();
    let engine = engine.ok_or_else(|| {
        ModelError::Unsupported("no software rasteriser (Mesa's lavapipe) here".into())
    })?;
    let description = "software rasteriser (wgpu)".into();
    Ok(OpenDevice { engine: Arc::new(engine), kind: "gpu", description, note: None })
}
