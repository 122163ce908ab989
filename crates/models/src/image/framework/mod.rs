//! The engine on burn's tensors: GPUs through Vulkan, WGSL or CUDA, and burn's
//! own CPU backends for comparison. Nothing in a step waits for the device: the
//! images stay there, batches are gathered and distorted there, and losses are
//! added up there until someone asks for them.

mod forward;
mod net;
mod parameter;
mod resident;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{DType, Device};

use self::net::BurnNet;
use self::resident::Resident;
use self::worker::is_cpu;
use super::engine::{Engine, Net, NetPlan};
use super::recipe::Precision;
use crate::{Images, ModelError};

/// Builds networks on one of burn's devices.
pub struct BurnEngine {
    device: Device,
    /// What was uploaded and is still in use somewhere.
    resident: Mutex<Vec<Arc<Resident>>>,
}

impl BurnEngine {
    /// An engine on `device`.
    pub fn new(device: Device) -> Self {
        Self { device: device.inner(), resident: Mutex::default() }
    }

    /// The images on the device: uploaded when they are first seen.
    fn upload(&self, images: &Images) -> Arc<Resident> {
        let mut resident = self.resident.lock().unwrap_or_else(PoisonError::into_inner);
        resident.retain(|known| known.in_use());
        if let Some(known) = resident.iter().find(|known| known.holds(images)) {
            return Arc::clone(known);
        }
        let new = Arc::new(Resident::new(images, &self.device));
        resident.push(Arc::clone(&new));
        new
    }

    fn refuse(&self, plan: &NetPlan<'_>) -> Result<(), ModelError> {
        if plan.precision != Precision::F16 {
            return Ok(());
        }
        let why = match is_cpu(&self.device) {
            true => "half precision (f16) is for GPUs: it is slower than f32 on a CPU",
            false if !self.device.supports_dtype(DType::F16) => {
                "this device cannot compute in half precision (f16)"
            }
            false => return Ok(()),
        };
        Err(ModelError::Device(format!("{why}; set model.precision = \"f32\"")))
    }
}

impl fmt::Debug for BurnEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BurnEngine").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Engine for BurnEngine {
    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        self.refuse(plan)?;
        Ok(Box::new(BurnNet::new(&self.device, plan, || self.upload(plan.images))?))
    }
}
