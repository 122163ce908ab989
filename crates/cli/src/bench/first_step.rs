//! From the start of a process to the end of its first training step. It is
//! timed in processes of their own, with a cache folder that is empty for the
//! first and holds what the first has left for the second.

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Context, Result, bail};
use relabel_models::image::{Engine, NetKind, Precision};

use super::{
    nets::{self, STEP},
    result::FirstStep,
};

/// The network of the step.
pub const KIND: NetKind = NetKind::Resnet18;
/// Rows of the step.
pub const BATCH: usize = 128;
/// Where graphics drivers and libraries keep compiled kernels.
const CACHES: [&str; 5] = [
    "XDG_CACHE_HOME",
    "MESA_SHADER_CACHE_DIR",
    "__GL_SHADER_DISK_CACHE_PATH",
    "CUDA_CACHE_PATH",
    "HOME",
];

/// What the timed process does: one step.
///
/// # Errors
/// If the device fails.
pub fn step(engine: &dyn Engine) -> Result<()> {
    let images = nets::images(BATCH);
    let mut net = nets::build(engine, KIND, &images, BATCH, Precision::F32)?;
    net.step(&[nets::batch(BATCH, &images)], &STEP)?;
    net.mean_losses()?;
    Ok(())
}

/// Times two processes.
///
/// # Errors
/// If a process cannot be started or fails.
pub fn measure(device: &str) -> Result<FirstStep> {
    let cache = tempfile::tempdir().context("a folder for caches")?;
    Ok(FirstStep {
        cold_seconds: seconds(device, cache.path())?,
        warm_seconds: seconds(device, cache.path())?,
    })
}

fn seconds(device: &str, cache: &Path) -> Result<f64> {
    let program = std::env::current_exe().context("the program's own path")?;
    let mut process = Command::new(program);
    process.args(["bench", "gpu", "--first-step", "--device", device]);
    process.current_dir(cache).envs(CACHES.map(|name| (name, cache)));
    let start = Instant::now();
    let output = process.output().context("a process for the first step")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(start.elapsed().as_secs_f64())
}
