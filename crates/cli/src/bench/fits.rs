//! Whole fits, as a fold of a round makes them, and memory in the course of many.

use std::time::Instant;

use anyhow::Result;
use relabel_models::{
    Classifier, FeatureStore, Fit, Unwatched,
    image::{ImageClassifier, Named, NetKind, NetSpec, Precision, Recipe},
};
use relabel_scoring::Class;

use super::{
    chosen::Chosen,
    clock::Clock,
    memory::{device_mib, resident_mib},
    nets::{N_CLASSES, images, stream},
    result::{BenchResult, FitRate, MemoryAfter},
};
use relabel_models::device::OpenDevice;

/// Training images of a fold in the first round of CIFAR-10H and in the last.
const SIZES: [usize; 2] = [800, 4000];
/// Folds of a round, which a GPU may fit together.
const FOLDS: usize = 5;
/// Fits after which memory is read.
const READINGS: [usize; 3] = [1, 50, 200];
/// Steps of the fits whose memory is read: enough to touch everything.
const FEW_STEPS: usize = 3;
/// Further steps that tell what one costs, apart from a fit's beginning and end.
const MORE_STEPS: usize = 20;

struct Fitter {
    classifier: ImageClassifier,
    store: FeatureStore,
    rows: Vec<u32>,
    classes: Vec<Class>,
}

impl Fitter {
    fn new(device: &OpenDevice, of: Fitted, steps: usize) -> Self {
        let Fitted { kind, n, precision, .. } = of;
        let classifier = ImageClassifier {
            spec: NetSpec::small(kind),
            recipe: Recipe { steps, precision, ..Recipe::default() },
            pretrained: None,
            side: None,
            engine: device.engine.clone(),
        };
        let classes = (0..n).map(|row| Class((row % N_CLASSES) as u16)).collect();
        let store = FeatureStore::Images(images(n));
        Self { classifier, store, rows: (0..n as u32).collect(), classes }
    }

    /// What so many fits take together.
    fn seconds(&self, together: usize) -> Result<f64> {
        let start = Instant::now();
        let fit = |at| {
            let stream = stream("benchmark fit").child(at as u64);
            Fit { rows: &self.rows, y: &self.classes, stream }
        };
        let fits: Vec<_> = (0..together).map(fit).collect();
        self.classifier.fit_together(&self.store, &fits, N_CLASSES, &Unwatched)?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// A line of the plan.
#[derive(Clone, Copy)]
struct Fitted {
    kind: NetKind,
    /// Training images.
    n: usize,
    precision: Precision,
    together: usize,
}

impl Fitted {
    fn name(self) -> String {
        let Self { kind, n, precision, together } = self;
        let fits = if together == 1 { "fit".into() } else { format!("{together} fits at once") };
        format!("{fits} of {} on {n} images, {}", kind.name(), precision.name())
    }
}

/// Times fits of the usual recipe, and as many at once as the device takes of a
/// round's folds; shorter ones where the time does not suffice, with the steps they
/// had. Calls `save` after every line.
///
/// # Errors
/// If `save` fails.
pub fn measure(
    device: &OpenDevice,
    chosen: &Chosen,
    clock: Clock,
    result: &mut BenchResult,
    save: &dyn Fn(&mut BenchResult) -> Result<()>,
) -> Result<()> {
    let mut plan = Vec::new();
    for n in SIZES {
        for &kind in chosen.fitted {
            for &precision in chosen.formats {
                plan.push(Fitted { kind, n, precision, together: 1 });
                let together = device.engine.at_once(Recipe::default().batch).min(FOLDS);
                if together > 1 {
                    plan.push(Fitted { kind, n, precision, together });
                }
            }
        }
    }
    for (at, &of) in plan.iter().enumerate() {
        let time = clock.left().as_secs_f64() / (plan.len() - at) as f64;
        if time == 0.0 {
            result.skipped.push(format!("{}: the time was up", of.name()));
            continue;
        }
        match one(device, of, time) {
            Ok(line) => result.fits.push(line),
            Err(error) => result.skipped.push(format!("{}: {error:#}", of.name())),
        }
        save(result)?;
    }
    Ok(())
}

fn one(device: &OpenDevice, of: Fitted, time: f64) -> Result<FitRate> {
    let recipe = Recipe::default();
    let Fitted { kind, n, precision, together } = of;
    let few = Fitter::new(device, of, FEW_STEPS);
    few.seconds(together)?;
    let short = few.seconds(together)?;
    let each = if short > time / MORE_STEPS as f64 {
        short / FEW_STEPS as f64
    } else {
        let more = Fitter::new(device, of, FEW_STEPS + MORE_STEPS);
        (more.seconds(together)? - short) / MORE_STEPS as f64
    };
    let fitting = (time - short) / each.max(f64::EPSILON);
    let steps = (fitting as usize).clamp(FEW_STEPS, recipe.steps);
    let seconds = Fitter::new(device, of, steps).seconds(together)?;
    Ok(FitRate {
        net: kind.name(),
        images: n,
        steps,
        batch: recipe.batch,
        precision: precision.name(),
        together,
        seconds,
        fits_per_second: together as f64 / seconds,
    })
}

/// Reads memory after 1, 50 and 200 short fits of the smallest network in `precision`.
pub fn memory(device: &OpenDevice, precision: Precision, clock: Clock, result: &mut BenchResult) {
    let (kind, n) = (NetKind::Resnet8, SIZES[0]);
    let fitter = Fitter::new(device, Fitted { kind, n, precision, together: 1 }, FEW_STEPS);
    for fits in 1..=READINGS[READINGS.len() - 1] {
        if clock.left().is_zero() {
            let done = fits - 1;
            result.skipped.push(format!("memory beyond {done} fits: the time was up"));
            return;
        }
        if let Err(error) = fitter.seconds(1) {
            result.skipped.push(format!("memory in the course of fits: {error:#}"));
            return;
        }
        if READINGS.contains(&fits) {
            let (resident_mib, device_mib) = (resident_mib(), device_mib());
            result.memory.push(MemoryAfter { fits, resident_mib, device_mib });
        }
    }
}
