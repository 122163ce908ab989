//! From the start of a process to the end of its first training step. It is
//! timed in processes of their own, with a cache folder that is empty for the
//! first and holds what the first has left for the second.

use std::{
    fs::{File, read_to_string},
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use relabel_models::image::{Engine, Named, NetKind, Precision};

use super::{
    clock::Clock,
    nets::{self, STEP},
    result::FirstStep,
};

/// The network of the step.
pub const KIND: NetKind = NetKind::Resnet18;
/// Rows of the step.
pub const BATCH: usize = 128;
/// How often a process is looked at: well below what a first step takes.
const POLL: Duration = Duration::from_millis(5);
/// Where graphics drivers and libraries keep compiled kernels.
const CACHES: [&str; 5] = [
    "XDG_CACHE_HOME",
    "MESA_SHADER_CACHE_DIR",
    "__GL_SHADER_DISK_CACHE_PATH",
    "CUDA_CACHE_PATH",
    "HOME",
];

/// What the timed process does: one step in `format`.
///
/// # Errors
/// If the device fails.
pub fn step(engine: &dyn Engine, format: Precision) -> Result<()> {
    let images = nets::images(BATCH);
    let mut net = nets::build(engine, KIND, &images, BATCH, format)?;
    net.step(&[nets::batch(BATCH, &images)], &STEP)?;
    net.mean_losses()?;
    Ok(())
}

/// Times two processes whose step is in `format`; each may take a fifth of what is left.
///
/// # Errors
/// If a process cannot be started, fails or does not end in time.
pub fn measure(device: &str, format: Precision, clock: Clock) -> Result<FirstStep> {
    let cache = tempfile::tempdir().context("a folder for caches")?;
    let seconds = || seconds(device, format, cache.path(), clock.part(0.2));
    let (cold_seconds, warm_seconds) = (seconds()?, seconds()?);
    Ok(FirstStep { precision: format.name(), cold_seconds, warm_seconds })
}

fn seconds(device: &str, format: Precision, cache: &Path, clock: Clock) -> Result<f64> {
    let program = std::env::current_exe().context("the program's own path")?;
    let mut process = Command::new(program);
    process.args(["bench", "gpu", "--first-step", format.name(), "--device", device]);
    process.current_dir(cache).envs(CACHES.map(|name| (name, cache)));
    // a file, because nobody reads a pipe before the process is over
    let said = cache.join("said");
    let file = File::create(&said).context("a file for what the process says")?;
    process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let start = Instant::now();
    let mut child = process.spawn().context("a process for the first step")?;
    let status = loop {
        if let Some(status) = child.try_wait().context("a process for the first step")? {
            break status;
        }
        if clock.left().is_zero() {
            child.kill().and_then(|()| child.wait()).context("a process that does not end")?;
            bail!("not over after {:.0} s", start.elapsed().as_secs_f64());
        }
        sleep(POLL);
    };
    let took = start.elapsed().as_secs_f64();
    if !status.success() {
        let why = read_to_string(&said).context("what the process for the first step said")?;
        bail!("{}", why.trim());
    }
    Ok(took)
}
