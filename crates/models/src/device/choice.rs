//! The word after `--device`.

use std::fmt;
use std::str::FromStr;

use crate::image::Named;

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
    /// The CPU, by the engine written for it.
    Cpu,
    /// The CPU through burn's flex backend.
    Flex,
    /// The CPU through burn's ndarray backend.
    Ndarray,
}

impl Named for DeviceChoice {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Auto, "auto"),
        (Self::Wgpu, "wgpu"),
        (Self::Vulkan, "vulkan"),
        (Self::Cuda, "cuda"),
        (Self::Cpu, "cpu"),
        (Self::Flex, "flex"),
        (Self::Ndarray, "ndarray"),
    ];
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::named(text)
            .ok_or_else(|| format!("device `{text}` is not one of {}", Self::words().join(", ")))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
