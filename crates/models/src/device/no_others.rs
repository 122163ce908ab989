//! A build without GPUs and without burn: every device but the CPU is named with the cargo
//! feature that brings it.

use super::{DeviceChoice, DeviceInfo, OpenDevice, missing, not_compiled};
use crate::ModelError;

const DEVICES: [(&str, &str, &str); 5] = [
    ("wgpu", "gpu", "resnet"),
    ("vulkan", "gpu", "resnet"),
    ("cuda", "gpu", "cuda"),
    ("flex", "cpu", "resnet"),
    ("ndarray", "cpu", "ndarray"),
];

pub(super) fn list() -> Vec<DeviceInfo> {
    let line = |(word, kind, feature)| {
        missing(word, kind, &format!("not compiled in; build with the cargo feature `{feature}`"))
    };
    DEVICES.map(line).into()
}

pub(super) fn best_gpu() -> Result<OpenDevice, String> {
    Err("this build has no GPU devices (cargo feature `resnet`)".into())
}

pub(super) fn open(choice: DeviceChoice) -> Result<OpenDevice, ModelError> {
    let word = choice.to_string();
    let feature = DEVICES.iter().find(|(own, ..)| *own == word).map_or("resnet", |device| device.2);
    Err(not_compiled(&word, feature))
}
