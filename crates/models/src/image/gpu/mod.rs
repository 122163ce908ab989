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
use crate::device::Trouble;

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
            return Err(ModelError::Unsupported(
                "this device cannot compute in half precision (f16); set model.precision = \"f32\""
                    .into(),
            ));
        }
        let worker = Worker::on_gpu(&self.client, "a convolution on trial".into());
        let passes = |multiplier| {
            let outcome = worker.attempt(|| trial(&self.client, format, multiplier)).flatten();
            let Err(why) = outcome else { return Ok(Ok(())) };
            match Trouble::told_by(&why) {
                None => Ok(Err(in_one_line(&why))),
                // of a device that is full or lost nothing can be said
                Some(Trouble::Lost) if format == HALF => Err(ModelError::Device(format!(
                    "{}; if this happens again, try model.precision = \"f32\"",
                    worker.failure(&why)
                ))),
                Some(_) => Err(worker.failure(&why)),
            }
        };
        let (found, refused) = first_that(passes, Multiplier::all(&self.client, format))?;
        let Some(multiplier) = found else {
            let word = if format == HALF { "half" } else { "single" };
            return Err(ModelError::Unsupported(format!(
                "this device cannot multiply in {word} precision: it failed {}; another driver, \
                 another model.precision or the device `cpu` may help",
                refused.join("; ")
            )));
        };
        let choice = Choice { multiplier, refused };
        tried.push((format, choice.clone()));
        Ok(choice)
    }
}

/// The first candidate that `passes`, if any, and what became of those before it.
///
/// # Errors
/// If `passes` cannot tell.
fn first_that<T: Copy + Display, E>(
    passes: impl Fn(T) -> Result<Result<(), String>, E>,
    candidates: Vec<T>,
) -> Result<(Option<T>, Vec<String>), E> {
    let mut refused = Vec::new();
    for candidate in candidates {
        match passes(candidate)? {
            Ok(()) => return Ok((Some(candidate), refused)),
            Err(why) => refused.push(format!("{candidate} ({why})")),
        }
    }
    Ok((None, refused))
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
        let passes = |side| match side {
            32.. => Err("full"),
            8.. => Ok(Err("refused".to_owned())),
            _ => Ok(Ok(())),
        };
        assert_eq!(first_that(passes, vec![4, 2]), Ok((Some(4), vec![])));
        assert_eq!(first_that(passes, vec![8, 4, 2]), Ok((Some(4), vec!["8 (refused)".into()])));
        let all = vec!["16 (refused)".into(), "8 (refused)".into()];
        assert_eq!(first_that(passes, vec![16, 8]), Ok((None, all)));
        assert_eq!(first_that(passes, vec![16, 32, 4]), Err("full"));
    }
}
