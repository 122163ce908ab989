//! A training step kernel by kernel, as it is saved and as it is printed.

use std::fmt::{self, Display};

use serde::Serialize;

/// Kernels with a smaller share of a step are printed as one.
const SHOWN: f64 = 0.01;

/// A training step and the kernels that it launches.
#[derive(Debug, Serialize)]
pub struct StepKernels {
    /// Network.
    pub net: &'static str,
    /// Images of the step.
    pub batch: usize,
    /// Number format.
    pub precision: &'static str,
    /// One of many steps that nobody looks into.
    pub step_milliseconds: f64,
    /// All kernels of one step together.
    pub kernel_milliseconds: f64,
    /// Launches of which the device did not tell how long they took.
    pub unmeasured: usize,
    /// Whether the host timed some kernels, with what a launch costs there.
    pub by_host: bool,
    /// Kernels of the same name and lengths together, the longest first.
    pub kernels: Vec<KernelLine>,
}

/// A kind of kernel of a step.
#[derive(Debug, Serialize)]
pub struct KernelLine {
    /// The kernel, and for products the lengths.
    pub name: String,
    /// How often a step launches it.
    pub launches: usize,
    /// How long these take together.
    pub milliseconds: f64,
    /// Their share of the time of all kernels.
    pub share: f64,
    /// Of products.
    pub tflops: Option<f64>,
}

impl Display for StepKernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { net, batch, precision, step_milliseconds, kernel_milliseconds, .. } = self;
        let launches: usize = self.kernels.iter().map(|kernel| kernel.launches).sum();
        writeln!(
            f,
            "a step of {net}, batch {batch}, {precision}: {step_milliseconds:.3} ms; its {launches} kernels \
             {kernel_milliseconds:.3} ms{}",
            if self.by_host { ", some timed by the host" } else { "" }
        )?;
        if self.unmeasured > 0 {
            writeln!(f, "  {} more were not timed", self.unmeasured)?;
        }
        let shown = |kernel: &&KernelLine| kernel.share >= SHOWN;
        for KernelLine { name, launches, milliseconds, share, tflops } in
            self.kernels.iter().filter(shown)
        {
            let tflops = tflops.map_or(String::new(), |rate| format!("{rate:.2} TFLOP/s"));
            let percent = 100.0 * share;
            writeln!(
                f,
                "{milliseconds:>9.3} ms {percent:>5.1}% {launches:>4} {tflops:>15}  {name}"
            )?;
        }
        let rest: f64 = self
            .kernels
            .iter()
            .filter(|kernel| !shown(kernel))
            .map(|kernel| kernel.milliseconds)
            .sum();
        writeln!(f, "{rest:>9.3} ms the rest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_of_a_step_are_printed_and_the_short_ones_added_up() {
        let kernel = |name: &str, milliseconds: f64, tflops| KernelLine {
            name: name.into(),
            launches: 2,
            milliseconds,
            share: milliseconds / 100.0,
            tflops,
        };
        let step = StepKernels {
            net: "fast",
            batch: 64,
            precision: "f16",
            step_milliseconds: 120.0,
            kernel_milliseconds: 100.0,
            unmeasured: 1,
            by_host: false,
            kernels: vec![
                kernel("product", 98.5, Some(12.0)),
                kernel("line", 0.9, None),
                kernel("sum", 0.6, None),
            ],
        };
        let text = step.to_string();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        let first = "a step of fast, batch 64, f16: 120.000 ms; its 6 kernels 100.000 ms";
        assert_eq!(lines[..2], [first, "1 more were not timed"]);
        assert_eq!(lines[2], "98.500 ms  98.5%    2   12.00 TFLOP/s  product");
        assert_eq!(lines[3..], ["1.500 ms the rest"]);
    }
}
