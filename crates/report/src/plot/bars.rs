//! A chart of bars: a group per number of labels, in it a bar per strategy, with a
//! whisker of one standard deviation up and down.

use super::{
    axis::Axis,
    frame::{Frame, Words},
    layout::Layout,
    legend::{Key, Legend},
    scene::{Mark, Scene, rectangle},
    style::{Colour, Look, Pattern},
};
use crate::stats::Spread;

/// What a picture of bars shows.
pub(super) struct BarChart {
    pub words: Words,
    /// The groups.
    pub bins: Vec<String>,
    pub series: Vec<Bars>,
}

/// The bars of one strategy of one run.
pub(super) struct Bars {
    pub strategy: String,
    pub source: String,
    pub look: Look,
    /// Which of the series of its colour it is: the first is filled, the others paler.
    pub place: usize,
    /// One height per bin.
    pub heights: Vec<Spread>,
}

/// How much of its width a group leaves free.
const GAP: f64 = 0.2;

impl BarChart {
    /// The picture.
    pub fn scene(&self, layout: &Layout) -> Scene {
        let mut frame = Frame::new(layout, &self.words, &self.legend());
        let highest = self
            .series
            .iter()
            .flat_map(|bars| &bars.heights)
            .map(|spread| spread.mean + spread.std)
            .fold(1.0, f64::max);
        let y = Axis::from_zero(highest, layout.ticks[2], (layout.bottom(), layout.top));
        frame.draw_heights(&y);
        let group = (frame.right - layout.left) / self.bins.len() as f64;
        for (place, bin) in self.bins.iter().enumerate() {
            let left = layout.left + group * place as f64;
            frame.draw_below(left + group / 2.0, bin.clone(), false);
            let width = group * (1.0 - GAP) / self.series.len() as f64;
            for (index, bars) in self.series.iter().enumerate() {
                let from = left + group * GAP / 2.0 + width * index as f64;
                bars.draw(&mut frame.scene, &y, place, bin, (from, from + width));
            }
        }
        frame.scene
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        for bars in &self.series {
            let key = Key::Box(opacity(bars.look.arm));
            legend.strategy(&bars.strategy, bars.look.colour, key);
        }
        for bars in &self.series {
            legend.source(&bars.source, Key::Box(opacity(bars.place)));
        }
        if self.series.iter().any(|bars| bars.heights.iter().any(|height| height.std > 0.0)) {
            legend.source("whisker: \u{b1}1 std over seeds", Key::Whisker);
        }
        legend
    }
}

fn opacity(place: usize) -> f32 {
    match place {
        0 => 0.9,
        1 => 0.45,
        _ => 0.25,
    }
}

impl Bars {
    fn draw(&self, scene: &mut Scene, y: &Axis, bin: usize, label: &str, (from, to): (f64, f64)) {
        let Some(&Spread { mean, std, .. }) = self.heights.get(bin).filter(|h| h.mean > 0.0) else {
            return;
        };
        let Self { strategy, source, look, .. } = self;
        // A little white between neighbours.
        let room = ((to - from) * 0.08).min(1.0);
        let labels = if label == "1" { "label" } else { "labels" };
        let name = Some(format!("{strategy}, {source}: {mean:.1} examples with {label} {labels}"));
        let outline = rectangle((from + room, y.pixel(mean)), (to - room, y.pixel(0.0)));
        let (colour, opacity) = (look.colour, opacity(self.place));
        scene.marks.push(Mark::Area { outline, colour, opacity, name });
        if std > 0.0 {
            let middle = (from + to) / 2.0;
            let points =
                vec![(middle, y.pixel(mean + std)), (middle, y.pixel((mean - std).max(0.0)))];
            let (colour, dash) = (Colour::INK, Pattern::SOLID);
            scene.marks.push(Mark::Line { points, colour, width: 1.0, dash, name: None });
        }
    }
}
