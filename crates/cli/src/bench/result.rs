//! What the benchmark found, as it is saved and as it is printed.

use std::fmt::{self, Display};

use serde::Serialize;

use super::step::StepKernels;

/// Everything, in the order in which it was measured.
#[derive(Debug, Serialize)]
pub struct BenchResult {
    /// Name, version and revision of the program.
    pub program: String,
    /// Adapter, driver and backend.
    pub device: String,
    /// Threads that the CPU may use.
    pub threads: usize,
    /// From the start of a process to the end of its first training step.
    pub first_step: Vec<FirstStep>,
    /// How the device multiplies, where it leaves a choice.
    pub multiplication: Vec<FormatMultiplication>,
    /// Class scores against those of the CPU.
    pub agreement: Vec<Agreement>,
    /// Steps and predictions.
    pub throughput: Vec<Throughput>,
    /// Where the time of a training step goes.
    pub kernels: Vec<StepKernels>,
    /// Whole fits.
    pub fits: Vec<FitRate>,
    /// Memory in the course of many fits.
    pub memory: Vec<MemoryAfter>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
    /// Seconds of the whole benchmark.
    pub seconds: f64,
}

/// Two processes, one after the other, with a cache folder that was empty at first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FirstStep {
    /// Number format.
    pub precision: &'static str,
    /// Seconds of the first process: kernels are compiled.
    pub cold_seconds: f64,
    /// Seconds of the second one.
    pub warm_seconds: f64,
}

/// How the device multiplies in one number format.
#[derive(Debug, Serialize)]
pub struct FormatMultiplication {
    /// Number format.
    pub precision: &'static str,
    /// In words.
    pub how: String,
    /// What would be faster but does not work on the device, and why.
    pub refused: Vec<String>,
}

/// How far the class scores of a device are from those of the CPU for the same weights.
#[derive(Debug, Serialize)]
pub struct Agreement {
    /// Network.
    pub net: &'static str,
    /// Number format on the device.
    pub precision: &'static str,
    /// Greatest absolute difference.
    pub greatest_difference: f64,
    /// Greatest absolute score, for comparison.
    pub greatest_score: f64,
}

/// A rate of training or prediction.
#[derive(Debug, Serialize)]
pub struct Throughput {
    /// Network.
    pub net: &'static str,
    /// Channels of its first stage.
    pub width: usize,
    /// "train" (forward, backward, update) or "infer".
    pub task: &'static str,
    /// Images at once.
    pub batch: usize,
    /// "f32" or "f16".
    pub precision: &'static str,
    /// Always false: kept so that peers which compile their nets have the same form.
    pub compiled: bool,
    /// Images per second.
    pub images_per_second: f64,
    /// 2 FLOP per multiply-add of convolutions and linear layers; three forward passes per training step.
    pub tflops: f64,
    /// What was timed, warm-up left out.
    pub seconds: f64,
}

/// One fit as a fold of a benchmark makes it.
#[derive(Debug, Serialize)]
pub struct FitRate {
    /// Network.
    pub net: &'static str,
    /// Training images.
    pub images: usize,
    /// Steps of the fit that was timed.
    pub steps: usize,
    /// Rows per step.
    pub batch: usize,
    /// Number format of activations.
    pub precision: &'static str,
    /// Fits that ran at once, as one stack of networks.
    pub together: usize,
    /// What they took.
    pub seconds: f64,
    /// Fits of that many steps per second.
    pub fits_per_second: f64,
}

/// Memory after a number of fits in one process.
#[derive(Debug, Serialize)]
pub struct MemoryAfter {
    /// Fits so far.
    pub fits: usize,
    /// Resident memory of the process.
    pub resident_mib: f64,
    /// Memory in use on the GPU, as `nvidia-smi` tells it; none without it.
    pub device_mib: Option<f64>,
}

impl Display for BenchResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}, {} CPU threads", self.program, self.device, self.threads)?;
        for FirstStep { precision, cold_seconds, warm_seconds } in &self.first_step {
            writeln!(
                f,
                "first step in {precision} after {cold_seconds:.1} s, in a second process \
                 {warm_seconds:.1} s"
            )?;
        }
        for FormatMultiplication { precision, how, refused } in &self.multiplication {
            writeln!(f, "products in {precision} {how}")?;
            for what in refused {
                writeln!(f, "  failed {what}")?;
            }
        }
        for Agreement { net, precision, greatest_difference, greatest_score } in &self.agreement {
            writeln!(
                f,
                "{net} {precision}: scores within {greatest_difference:.1e} of the CPU's (largest {greatest_score:.2})"
            )?;
        }
        if !self.throughput.is_empty() {
            writeln!(
                f,
                "\n{:<9} {:>5} {:<5} {:>5} {:<4} {:>10} {:>8}",
                "net", "width", "task", "batch", "", "images/s", "TFLOP/s"
            )?;
        }
        for line in &self.throughput {
            writeln!(
                f,
                "{:<9} {:>5} {:<5} {:>5} {:<4} {:>10.1} {:>8.3}",
                line.net,
                line.width,
                line.task,
                line.batch,
                line.precision,
                line.images_per_second,
                line.tflops
            )?;
        }
        writeln!(f)?;
        for step in &self.kernels {
            writeln!(f, "{step}")?;
        }
        for line in &self.fits {
            let FitRate { net, images, steps, batch, precision, .. } = line;
            let (seconds, rate) = (line.seconds, line.fits_per_second);
            let fits = match line.together {
                1 => "a fit".into(),
                together => format!("{together} fits at once"),
            };
            writeln!(
                f,
                "{fits} of {net} on {images} images, {precision}, {steps} steps of {batch}: {seconds:.2} s, {rate:.3} fits/s"
            )?;
        }
        for MemoryAfter { fits, resident_mib, device_mib } in &self.memory {
            let device = device_mib.map_or("not known".into(), |mib| format!("{mib:.0} MiB"));
            writeln!(
                f,
                "memory after {fits} fits: {resident_mib:.1} MiB resident, device {device}"
            )?;
        }
        for what in &self.skipped {
            writeln!(f, "left out: {what}")?;
        }
        write!(f, "{:.0} s in all", self.seconds)
    }
}
