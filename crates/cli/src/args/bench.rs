//! Arguments of `relabel bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub what: BenchWhat,
}

#[derive(Subcommand)]
pub enum BenchWhat {
    /// Train and ask image networks on noise: images/s, TFLOP/s, fits/s, memory,
    /// time to the first step, class scores against the CPU.
    Gpu(DeviceBenchArgs),
}

#[derive(Args)]
pub struct DeviceBenchArgs {
    /// Device: auto, wgpu, vulkan, cuda, cpu, flex or ndarray.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// What is not measured after so many minutes is left out and named.
    #[arg(long, default_value = "7.5", value_name = "N", value_parser = minutes)]
    pub minutes: f64,
    /// The JSON file with every figure.
    #[arg(long, default_value = "bench.json", value_name = "FILE")]
    pub out: PathBuf,
    /// Take one training step and stop: what the benchmark starts to time a first step.
    #[arg(long, hide = true)]
    pub first_step: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.1..=600.0).contains(&minutes) => Ok(minutes),
        _ => Err("use a number of minutes from 0.1 to 600".into()),
    }
}
