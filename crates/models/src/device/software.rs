//! A build for tests without a GPU (cargo feature `framework` alone): the device
//! `wgpu` is a software rasteriser, treated as a GPU in everything.

use std::panic::catch_unwind;
use std::sync::Arc;

use burn::tensor::{Device, DeviceKind, Tensor};

use super::{DeviceChoice, DeviceInfo, OpenDevice, missing, not_compiled};
use crate::ModelError;
use crate::image::BurnEngine;

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
    let probe = || {
        let device = Device::wgpu(DeviceKind::Cpu);
        Tensor::<1>::ones([8], &device).sum().into_scalar::<f32>();
        device
    };
    let device = catch_unwind(probe)
        .map_err(|_| ModelError::Device("no software rasteriser (Mesa's lavapipe) here".into()))?;
    let description = "software rasteriser (wgpu)".into();
    Ok(OpenDevice {
        engine: Arc::new(BurnEngine::new(device)),
        kind: "gpu",
        description,
        note: None,
    })
}
