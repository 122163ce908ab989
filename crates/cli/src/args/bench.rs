//! Arguments of `relabel bench`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use relabel_models::image::{Named, NetKind, Precision};

use super::minutes;

/// The largest batch: more rows than any GPU of today holds activations for.
const LARGEST_BATCH: usize = 1 << 16;

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
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART", default_values_t = BenchPart::value_variants().to_vec())]
    pub parts: Vec<BenchPart>,
    /// Networks; unless given: resnet18, fast and resnet8, and fits of the last two.
    #[arg(long, value_delimiter = ',', value_name = "NET", value_parser = named::<NetKind>)]
    pub nets: Vec<NetKind>,
    /// Images per training step and prediction, in the order in which they are measured.
    #[arg(long, value_delimiter = ',', value_name = "N", default_value = "512,128,256,1024", value_parser = batch)]
    pub batches: Vec<usize>,
    /// Number formats, f32 or f16; unless given: both on a GPU, f32 elsewhere.
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = named::<Precision>)]
    pub formats: Vec<Precision>,
    /// What is not measured after so many minutes is left out and named.
    #[arg(long, default_value = "7.5", value_name = "N", value_parser = bounded_minutes)]
    pub minutes: Duration,
    /// The JSON file with every figure.
    #[arg(long, default_value = "bench.json", value_name = "FILE")]
    pub out: PathBuf,
    /// Take one training step in this format and stop: what the benchmark starts to time a
    /// first step.
    #[arg(long, hide = true, value_name = "FORMAT", value_parser = named::<Precision>)]
    pub first_step: Option<Precision>,
}

/// Parts of the benchmark, in the order in which they are measured.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum BenchPart {
    /// From the start of a process to its first training step, twice in every format.
    FirstStep,
    /// Class scores against those of the CPU.
    Scores,
    /// Images per second of training steps and predictions.
    Throughput,
    /// Where the time of a training step of the first batch size goes, kernel by kernel; GPUs only.
    Kernels,
    /// Whole fits, as a fold of a round makes them.
    Fits,
    /// Memory after 1, 50 and 200 fits.
    Memory,
}

fn named<T: Named>(text: &str) -> Result<T, String> {
    T::named(text).ok_or_else(|| format!("use one of {}", T::words().join(", ")))
}

fn batch(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rows) if (1..=LARGEST_BATCH).contains(&rows) => Ok(rows),
        _ => Err(format!("use a number of images from 1 to {LARGEST_BATCH}")),
    }
}

fn bounded_minutes(text: &str) -> Result<Duration, String> {
    let bounds = Duration::from_secs(6)..=Duration::from_secs(36_000);
    let time = minutes(text).ok().filter(|time| bounds.contains(time));
    time.ok_or_else(|| "use a number of minutes from 0.1 to 600".into())
}
