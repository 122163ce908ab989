//! The engine on burn's tensors, for comparison with the one written for the CPU: burn's
//! own CPU backends. Convolutions are products of rows that are copied by a table
//! (`rows`), the slopes are written out (`backward`), and several networks of one
//! architecture are stepped as one (`net`).

mod backward;
mod forward;
mod net;
mod parameter;
mod resident;
mod rows;

use std::fmt;

use burn::tensor::Device;

use self::net::BurnNet;
use self::resident::Resident;
use super::engine::{Engine, Net, NetPlan};
use super::recipe::Precision;
use super::uploads::Uploads;
use crate::ModelError;

/// Builds networks on one of burn's CPU backends.
pub struct BurnEngine {
    device: Device,
    images: Uploads<Resident>,
}

impl BurnEngine {
    /// An engine on `device`.
    pub fn new(device: Device) -> Self {
        Self { device: device.inner(), images: Uploads::default() }
    }
}

impl fmt::Debug for BurnEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BurnEngine").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Engine for BurnEngine {
    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        if plan.precision == Precision::F16 {
            return Err(ModelError::Unsupported(
                "half precision (f16) is for GPUs: it is slower than f32 on a CPU; set \
                 model.precision = \"f32\""
                    .into(),
            ));
        }
        Ok(Box::new(BurnNet::new(&self.device, plan, &self.images)?))
    }
}
