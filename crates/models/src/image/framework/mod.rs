//! The engine on burn's tensors: GPUs through Vulkan, WGSL or CUDA, and burn's
//! own CPU backends for comparison. Convolutions, sums and maxima are kernels of
//! our own on GPUs (`rows`), the slopes are written out (`backward`), and several
//! networks of one architecture are stepped as one (`net`). Nothing in a step waits for the device: the
//! images stay there, batches are gathered and distorted there, and losses are
//! added up there until someone asks for them.

mod backward;
mod forward;
mod kernels;
mod layout;
mod net;
mod parameter;
mod resident;
mod rows;
mod trial;
mod windows;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{DType, Device};

use self::net::BurnNet;
use self::resident::Resident;
use self::rows::Rows;
use self::trial::trial;
use self::worker::{Worker, is_cpu};
use super::engine::{Engine, Net, NetPlan};
use super::recipe::Precision;
use crate::{Images, ModelError};

/// Images per step below which a GPU has processors to spare.
const FILLED: usize = 640;
/// Networks that are stepped together, at most.
const STACK: usize = 8;

/// Builds networks on one of burn's devices.
pub struct BurnEngine {
    device: Device,
    /// What was uploaded and is still in use somewhere.
    resident: Mutex<Vec<Arc<Resident>>>,
    /// Formats in which the device has shown that it multiplies as it should.
    tried: Mutex<Vec<DType>>,
}

impl BurnEngine {
    /// An engine on `device`.
    pub fn new(device: Device) -> Self {
        Self { device: device.inner(), resident: Mutex::default(), tried: Mutex::default() }
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

    /// Refuses a device whose kernels compute something else than they should.
    fn try_once(&self, format: DType) -> Result<(), ModelError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.contains(&format) {
            return Ok(());
        }
        let worker = Worker::new(&self.device, "a convolution on trial".into())?;
        worker.run(|| trial(&self.device, Rows::Kernels, format))?.map_err(|wrong| {
            let word = if format == DType::F16 { "half" } else { "single" };
            ModelError::Device(format!(
                "this device computes wrongly in {word} precision ({wrong}); another driver, \
                 another model.precision or the device `cpu` may help"
            ))
        })?;
        tried.push(format);
        Ok(())
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

/// What activations are in.
fn format(precision: Precision) -> DType {
    match precision {
        Precision::F32 => DType::F32,
        Precision::F16 => DType::F16,
    }
}

impl fmt::Debug for BurnEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BurnEngine").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Engine for BurnEngine {
    fn at_once(&self, batch: usize) -> usize {
        if is_cpu(&self.device) { 1 } else { (FILLED / batch).clamp(1, STACK) }
    }

    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        self.refuse(plan)?;
        let rows = if is_cpu(&self.device) { Rows::Tables } else { Rows::Kernels };
        if rows == Rows::Kernels {
            self.try_once(format(plan.precision))?;
        }
        Ok(Box::new(BurnNet::new(&self.device, rows, plan, || self.upload(plan.images))?))
    }
}
