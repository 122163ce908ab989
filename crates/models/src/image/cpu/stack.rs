//! Networks on the CPU, stepped one after the other: its cores are kept busy by
//! the folds of a round, which are fitted side by side.

use super::net::CpuNet;
use crate::image::augment::Batch;
use crate::image::engine::Net;
use crate::image::recipe::StepSize;
use crate::image::weights::Weights;
use crate::{Images, ModelError};

/// The members of a stack.
pub(super) struct Stack(pub(super) Vec<CpuNet>);

impl Net for Stack {
    fn step(&mut self, batches: &[Batch], size: &StepSize) -> Result<(), ModelError> {
        self.0.iter_mut().zip(batches).for_each(|(net, batch)| net.step(batch, size));
        Ok(())
    }

    fn mean_losses(&mut self) -> Result<Vec<f64>, ModelError> {
        Ok(self.0.iter_mut().map(CpuNet::mean_loss).collect())
    }

    fn average(&mut self, keep: f32) {
        self.0.iter_mut().for_each(|net| net.average(keep));
    }

    fn take_average(&mut self) {
        self.0.iter_mut().for_each(CpuNet::take_average);
    }

    fn scores(
        &self,
        member: usize,
        images: &Images,
        rows: &[u32],
        mirrored: bool,
    ) -> Result<Vec<f32>, ModelError> {
        Ok(self.0[member].scores(images, rows, mirrored))
    }

    fn weights(&self, member: usize) -> Result<Weights, ModelError> {
        Ok(self.0[member].weights())
    }
}
