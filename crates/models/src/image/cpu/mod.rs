//! An engine for residual networks on the CPU: direct convolutions in f32 with
//! the widest vectors the processor has, batch normalisation and activations
//! fused around them. The same seed gives the same bytes on any number of
//! threads: sums are divided by the shapes, never by the threads.

mod backward;
#[cfg(test)]
mod checks;
mod correlation;
mod forward;
mod gelu;
mod geometry;
mod head;
mod input;
mod join;
mod kernel_gradient;
mod lanes;
mod model;
mod moments;
mod net;
mod norm;
mod parameter;
mod plan;
mod plane;
mod pool;
#[cfg(test)]
mod reference;
mod stack;
mod tile;
mod weight_gradient;
mod wide;
mod workspace;

use net::CpuNet;
use pulp::Arch;
use stack::Stack;

use super::engine::{Engine, Net, NetPlan};
use super::recipe::Precision;
use crate::ModelError;

/// Builds networks that run on the CPU, each on the threads of rayon's present pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuEngine;

impl Engine for CpuEngine {
    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        if plan.precision != Precision::F32 {
            return Err(ModelError::Unsupported("the CPU computes in f32 only".into()));
        }
        let net = |member| CpuNet::new(Arch::new(), plan, member);
        Ok(Box::new(Stack(plan.members.iter().map(net).collect())))
    }
}
