//! What is measured: all of it, or what the user asked for.

use anyhow::{Result, ensure};
use relabel_models::{
    device::OpenDevice,
    image::{NetKind, Precision},
};

use super::clock::Clock;
use crate::args::{BenchPart, DeviceBenchArgs};

/// The networks, the most interesting one first.
const NETS: [NetKind; 3] = [NetKind::Resnet18, NetKind::Fast, NetKind::Resnet8];
/// Networks that are fitted.
const FITTED: [NetKind; 2] = [NetKind::Resnet8, NetKind::Fast];

/// The choice, as slices without a default left to fill in.
pub struct Chosen<'a> {
    parts: &'a [BenchPart],
    /// Networks whose scores and throughput are measured.
    pub nets: &'a [NetKind],
    /// Networks that are fitted.
    pub fitted: &'a [NetKind],
    /// Rows of a step.
    pub batches: &'a [usize],
    /// Number formats.
    pub formats: &'a [Precision],
}

impl<'a> Chosen<'a> {
    /// What `args` name, and what is usual on `device` where they are silent.
    ///
    /// # Errors
    /// If half precision is asked of a CPU.
    pub fn new(args: &'a DeviceBenchArgs, device: &OpenDevice) -> Result<Self> {
        let usual: &[Precision] = match device.kind {
            "gpu" => &[Precision::F32, Precision::F16],
            _ => &[Precision::F32],
        };
        let formats = given(&args.formats, usual);
        ensure!(
            formats.iter().all(|format| usual.contains(format)),
            "--formats names f16, and {} computes in f32 only; leave f16 out or choose a GPU",
            device.description
        );
        Ok(Self {
            parts: &args.parts,
            nets: given(&args.nets, &NETS),
            fitted: given(&args.nets, &FITTED),
            batches: &args.batches,
            formats,
        })
    }

    /// Half precision if it is among the formats.
    pub fn fastest(&self) -> Precision {
        let half = self.formats.contains(&Precision::F16);
        if half { Precision::F16 } else { Precision::F32 }
    }

    /// Whether `part` is measured.
    pub fn has(&self, part: BenchPart) -> bool {
        self.parts.contains(&part)
    }

    /// The part of `clock` for a part of the benchmark that is followed by `later`:
    /// `share`, or all of it if nothing follows.
    pub fn time(&self, clock: Clock, share: f64, later: &[BenchPart]) -> Clock {
        let last = !later.iter().any(|&part| self.has(part));
        clock.part(if last { 1.0 } else { share })
    }
}

fn given<'a, T>(given: &'a [T], usual: &'a [T]) -> &'a [T] {
    if given.is_empty() { usual } else { given }
}
