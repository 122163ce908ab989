//! The engine for GPUs, through Vulkan, WGSL or CUDA: every operation is a kernel of
//! `relabel-kernels`, the slopes are written out (`backward`), several networks of one
//! architecture are stepped as one, and a step changes all their tensors at once.
//! Nothing in a step waits for the device: the images stay there, batches are gathered
//! and distorted there, and losses are added up there until someone asks for them.

mod backward;
mod forward;
mod net;
mod store;
mod trial;
mod view;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cubecl::Device;
use relabel_kernels::{Album, Client, ElemType, HALF};

use self::net::{GpuNet, format, slides};
use self::trial::trial;
use super::engine::{Engine, Net, NetPlan};
use super::uploads::Uploads;
use super::worker::Worker;
use crate::ModelError;

/// Images per step below which a GPU has processors to spare.
const FILLED: usize = 640;
/// Networks that are stepped together, at most.
const STACK: usize = 8;

/// Builds networks on a GPU.
pub struct GpuEngine {
    device: Device,
    client: Client,
    images: Uploads<Album>,
    /// Formats in which the device has shown that it multiplies as it should.
    tried: Mutex<Vec<ElemType>>,
}

impl GpuEngine {
    /// An engine on `device`, which is opened if nobody has.
    pub fn new(device: Device) -> Self {
        let client = device.client();
        Self { device, client, images: Uploads::default(), tried: Mutex::default() }
    }

    /// Refuses a device whose kernels compute something else than they should.
    fn try_once(&self, format: ElemType) -> Result<(), ModelError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.contains(&format) {
            return Ok(());
        }
        if !self.client.properties().supports_type(format) {
            return Err(ModelError::Device(
                "this device cannot compute in half precision (f16); set model.precision = \"f32\""
                    .into(),
            ));
        }
        let worker = Worker::on_gpu(&self.client, "a convolution on trial".into());
        worker.run(|| trial(&self.client, format))?.map_err(|wrong| {
            let word = if format == HALF { "half" } else { "single" };
            ModelError::Device(format!(
                "this device computes wrongly in {word} precision ({wrong}); another driver, \
                 another model.precision or the device `cpu` may help"
            ))
        })?;
        tried.push(format);
        Ok(())
    }
}

impl fmt::Debug for GpuEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuEngine").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Engine for GpuEngine {
    fn at_once(&self, batch: usize) -> usize {
        (FILLED / batch).clamp(1, STACK)
    }

    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        self.try_once(format(plan.precision))?;
        Ok(Box::new(GpuNet::new(&self.client, plan, &self.images)?))
    }
}
