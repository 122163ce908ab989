//! The engine for GPUs, through Vulkan, WGSL or CUDA: every operation is a kernel of
//! `relabel-kernels`, the slopes are written out (`backward`), several networks of one
//! architecture are stepped as one, and a step changes all their tensors at once.
//! Nothing in a step waits for the device: the images stay there, batches are gathered
//! and distorted there, and losses are added up there until someone asks for them.

mod backward;
mod forward;
mod net;
mod profile;
mod store;
mod trial;
mod view;

use std::fmt::{self, Display};
use std::sync::{Mutex, PoisonError};

use cubecl::Device;
use relabel_kernels::{Album, Client, ElemType, HALF, Multiplier};

use self::net::{GpuNet, format, slides};
use self::trial::trial;
use super::engine::{Engine, Multiplication, Net, NetPlan, Profile};
use super::recipe::Precision;
use super::uploads::Uploads;
use super::worker::{Worker, in_one_line};
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
    /// By format, what has shown that it multiplies as it should.
    tried: Mutex<Vec<(ElemType, Choice)>>,
}

/// The first multiplier that passed the trial.
#[derive(Clone)]
struct Choice {
    multiplier: Multiplier,
    /// Those before it, and what they did.
    refused: Vec<String>,
}

impl GpuEngine {
    /// An engine on `device`, which is opened if nobody has.
    pub fn new(device: Device) -> Self {
        let client = device.client();
        Self { device, client, images: Uploads::default(), tried: Mutex::default() }
    }

    /// Refuses a device whose kernels compute something else than they should, however
    /// they multiply.
    fn choice(&self, format: ElemType) -> Result<Choice, ModelError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, choice)) = tried.iter().find(|(of, _)| *of == format) {
            return Ok(choice.clone());
        }
        if !self.client.properties().supports_type(format) {
            return Err(ModelError::Device(
                "this device cannot compute in half precision (f16); set model.precision = \"f32\""
                    .into(),
            ));
        }
        let worker = Worker::on_gpu(&self.client, "a convolution on trial".into());
        let passes = |multiplier| {
            let outcome = worker.run(|| trial(&self.client, format, multiplier));
            let outcome = outcome.map_err(|failed| failed.to_string()).flatten();
            outcome.map_err(|why| in_one_line(&why))
        };
        let first = first_that(passes, Multiplier::all(&self.client, format));
        let (multiplier, refused) = first.map_err(|refused| {
            let word = if format == HALF { "half" } else { "single" };
            ModelError::Device(format!(
                "this device computes wrongly in {word} precision: {}; another driver, \
                 another model.precision or the device `cpu` may help",
                refused.join("; ")
            ))
        })?;
        let choice = Choice { multiplier, refused };
        tried.push((format, choice.clone()));
        Ok(choice)
    }
}

/// The first candidate that `passes` and what became of those before it, or of all.
fn first_that<T: Copy + Display>(
    passes: impl Fn(T) -> Result<(), String>,
    candidates: Vec<T>,
) -> Result<(T, Vec<String>), Vec<String>> {
    let mut refused = Vec::new();
    for candidate in candidates {
        match passes(candidate) {
            Ok(()) => return Ok((candidate, refused)),
            Err(why) => refused.push(format!("{candidate} ({why})")),
        }
    }
    Err(refused)
}

impl fmt::Debug for GpuEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuEngine").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Engine for GpuEngine {
    fn multiplication(&self, precision: Precision) -> Result<Option<Multiplication>, ModelError> {
        let Choice { multiplier, refused } = self.choice(format(precision))?;
        Ok(Some(Multiplication { how: multiplier.to_string(), refused }))
    }

    fn profile(
        &self,
        work: &mut dyn FnMut() -> Result<(), ModelError>,
    ) -> Result<Option<Profile>, ModelError> {
        profile::profile(work).map(Some)
    }

    fn at_once(&self, batch: usize) -> usize {
        (FILLED / batch).clamp(1, STACK)
    }

    fn build(&self, plan: &NetPlan<'_>) -> Result<Box<dyn Net>, ModelError> {
        let multiplier = self.choice(format(plan.precision))?.multiplier;
        Ok(Box::new(GpuNet::new(&self.client, multiplier, plan, &self.images)?))
    }
}

#[cfg(test)]
mod tests {
    use super::first_that;

    #[test]
    fn what_fails_is_named_and_what_comes_after_it_is_taken() {
        let passes = |side| if side < 8 { Ok(()) } else { Err("refused".into()) };
        assert_eq!(first_that(passes, vec![4, 2]), Ok((4, vec![])));
        assert_eq!(first_that(passes, vec![8, 4, 2]), Ok((4, vec!["8 (refused)".into()])));
        let all = Err(vec!["16 (refused)".into(), "8 (refused)".into()]);
        assert_eq!(first_that(passes, vec![16, 8]), all);
    }
}
