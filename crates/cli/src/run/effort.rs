//! What a session achieved: fits, images and rounds as they are told, and the
//! memory that took. It listens in front of the display.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use relabel_experiment::{Cell, CellEvent, Observer};

/// Counts what passes by.
pub struct Effort<'a> {
    display: &'a dyn Observer,
    fits: AtomicU64,
    images: AtomicU64,
    memory: AtomicU64,
}

/// The counts at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Fold models trained.
    pub fits: u64,
    /// Images that steps were taken on, each as often as it was seen.
    pub images: u64,
    /// Most bytes of one process; 0 if unknown.
    pub memory: u64,
}

impl<'a> Effort<'a> {
    /// Passes everything on to `display`.
    pub fn new(display: &'a dyn Observer) -> Self {
        Self { display, fits: 0.into(), images: 0.into(), memory: 0.into() }
    }

    /// The counts so far.
    pub fn figures(&self) -> Figures {
        let [fits, images, memory] =
            [&self.fits, &self.images, &self.memory].map(|count| count.load(Ordering::Relaxed));
        Figures { fits, images, memory }
    }
}

impl Observer for Effort<'_> {
    fn cell(&self, cell: &Cell, event: &CellEvent) {
        match event {
            CellEvent::Fold { .. } => {
                self.fits.fetch_add(1, Ordering::Relaxed);
            }
            CellEvent::Trained { rows } => {
                self.images.fetch_add(*rows, Ordering::Relaxed);
            }
            CellEvent::Round { peak_memory: Some(bytes), .. } => {
                self.memory.fetch_max(*bytes, Ordering::Relaxed);
            }
            _ => {}
        }
        self.display.cell(cell, event);
    }
}

impl Figures {
    /// "180 fits (2.31/s), 2310 images/s, peak memory 120 MiB"; what is unknown is left out.
    pub fn sentence(&self, took: Duration) -> String {
        let per_second = |n: u64| n as f64 / took.as_secs_f64().max(1e-9);
        let mut parts = vec![format!("{} fits ({:.2}/s)", self.fits, per_second(self.fits))];
        if self.images > 0 {
            parts.push(format!("{:.0} images/s in training", per_second(self.images)));
        }
        if self.memory > 0 {
            parts.push(format!("peak memory {} MiB", self.memory >> 20));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use relabel_experiment::Silent;

    use super::*;

    #[test]
    fn fits_images_and_the_greatest_memory_are_counted() {
        let effort = Effort::new(&Silent);
        let cell = Cell { strategy: "random".into(), seed: 0 };
        let round = |bytes| CellEvent::Round {
            round: 0,
            rounds: 1,
            n_labels: 1,
            model_accuracy: 0.5,
            consensus_accuracy: 0.5,
            took: Duration::from_secs(1),
            peak_memory: Some(bytes),
        };
        for event in [
            CellEvent::Trained { rows: 300 },
            CellEvent::Fold { round: 0, done: 1, total: 2 },
            CellEvent::Trained { rows: 300 },
            CellEvent::Fold { round: 0, done: 2, total: 2 },
            round(5 << 20),
            round(4 << 20),
        ] {
            effort.cell(&cell, &event);
        }
        let figures = effort.figures();
        assert_eq!(figures, Figures { fits: 2, images: 600, memory: 5 << 20 });
        let text = figures.sentence(Duration::from_secs(4));
        assert_eq!(text, "2 fits (0.50/s), 150 images/s in training, peak memory 5 MiB");
    }
}
