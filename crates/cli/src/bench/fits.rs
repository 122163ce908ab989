//! Whole fits, as a fold of a round makes them, and memory in the course of many.

use std::time::Instant;

use anyhow::Result;
use relabel_models::{
    Classifier, FeatureStore, Features, Unwatched,
    image::{ImageClassifier, Named, NetKind, NetSpec, Recipe},
};
use relabel_scoring::Class;

use super::{
    clock::Clock,
    memory::{device_mib, resident_mib},
    nets::{N_CLASSES, images, stream},
    result::{BenchResult, FitRate, MemoryAfter},
};
use relabel_models::device::OpenDevice;

/// Training images of a fold in the first round of CIFAR-10H and in the last.
const SIZES: [usize; 2] = [800, 4000];
/// Fits after which memory is read.
const READINGS: [usize; 3] = [1, 50, 200];
/// Steps of the fits whose memory is read: enough to touch everything.
const FEW_STEPS: usize = 3;

struct Fitter {
    classifier: ImageClassifier,
    store: FeatureStore,
    rows: Vec<u32>,
    classes: Vec<Class>,
}

impl Fitter {
    fn new(device: &OpenDevice, kind: NetKind, n: usize, steps: usize) -> Self {
        let classifier = ImageClassifier {
            spec: NetSpec::small(kind),
            recipe: Recipe { steps, ..Recipe::default() },
            pretrained: None,
            side: None,
            engine: device.engine.clone(),
        };
        let classes = (0..n).map(|row| Class((row % N_CLASSES) as u16)).collect();
        let store = FeatureStore::Images(images(n));
        Self { classifier, store, rows: (0..n as u32).collect(), classes }
    }

    fn seconds(&self) -> Result<f64> {
        let start = Instant::now();
        let x = Features { store: &self.store, rows: &self.rows };
        self.classifier.fit(x, &self.classes, N_CLASSES, stream("benchmark fit"), &Unwatched)?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// Times fits of the usual recipe; shorter ones where the time does not suffice,
/// with the steps they had.
pub fn measure(device: &OpenDevice, kinds: &[NetKind], clock: Clock, result: &mut BenchResult) {
    let plan: Vec<_> =
        SIZES.iter().flat_map(|&n| kinds.iter().map(move |&kind| (kind, n))).collect();
    for (at, &(kind, n)) in plan.iter().enumerate() {
        let time = clock.left().as_secs_f64() / (plan.len() - at) as f64;
        if time == 0.0 {
            let name = kind.name();
            result.skipped.push(format!("fit of {name} on {n} images: the time was up"));
            continue;
        }
        match one(device, kind, n, time) {
            Ok(line) => result.fits.push(line),
            Err(error) => {
                result.skipped.push(format!("fit of {} on {n} images: {error:#}", kind.name()));
            }
        }
    }
}

fn one(device: &OpenDevice, kind: NetKind, n: usize, time: f64) -> Result<FitRate> {
    let recipe = Recipe::default();
    let trial = Fitter::new(device, kind, n, FEW_STEPS);
    trial.seconds()?;
    let each = trial.seconds()? / FEW_STEPS as f64;
    let steps = ((time / each) as usize).clamp(FEW_STEPS, recipe.steps);
    let seconds = Fitter::new(device, kind, n, steps).seconds()?;
    let (net, batch) = (kind.name(), recipe.batch);
    Ok(FitRate { net, images: n, steps, batch, seconds, fits_per_second: 1.0 / seconds })
}

/// Reads memory after 1, 50 and 200 short fits of the smallest network.
pub fn memory(device: &OpenDevice, clock: Clock, result: &mut BenchResult) {
    let fitter = Fitter::new(device, NetKind::Resnet8, SIZES[0], FEW_STEPS);
    for fits in 1..=READINGS[READINGS.len() - 1] {
        if clock.left().is_zero() {
            result
                .skipped
                .push(format!("memory after more than {} fits: the time was up", fits - 1));
            return;
        }
        if let Err(error) = fitter.seconds() {
            result.skipped.push(format!("memory in the course of fits: {error:#}"));
            return;
        }
        if READINGS.contains(&fits) {
            let (resident_mib, device_mib) = (resident_mib(), device_mib());
            result.memory.push(MemoryAfter { fits, resident_mib, device_mib });
        }
    }
}
