//! The legend: what the colours mean, then what the strokes and bands mean. It has
//! its own column to the right of the plot, where it covers nothing.

use super::{
    chart::Series,
    letters::Letters,
    scene::{Anchor, Mark, Scene},
    style::{BAND, Colour, INK, Pattern},
};

const SIZE: f64 = 12.0;
const STEP: f64 = 21.0;
/// Between colours and strokes.
const GAP: f64 = 10.0;
/// Length of the line beside a name, and the room that the longest name may take.
const KEY: f64 = 28.0;
const NAME_ROOM: f64 = 170.0;

/// What is explained.
pub(super) struct Legend {
    strategies: Vec<Entry>,
    strokes: Vec<Entry>,
}

#[derive(PartialEq)]
struct Entry {
    name: String,
    colour: Colour,
    /// None for a band.
    dash: Option<Pattern>,
}

impl Legend {
    /// Every strategy once in its colour, every source once in its stroke.
    pub fn of(series: &[Series]) -> Self {
        let mut legend = Self { strategies: Vec::new(), strokes: Vec::new() };
        let add = |entries: &mut Vec<Entry>, name: &str, colour, dash| {
            let entry = Entry { name: name.to_owned(), colour, dash };
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        };
        for series in series {
            let solid = Some(Pattern::Solid);
            add(&mut legend.strategies, &series.strategy, series.colour, solid);
            add(&mut legend.strokes, &series.source, INK, Some(series.dash));
        }
        if series.iter().any(Series::has_band) {
            add(&mut legend.strokes, "band: \u{b1} 1 std", INK, None);
        }
        legend
    }

    /// Width in pixels.
    pub fn width(&self, letters: &Letters) -> f64 {
        let names = self.strategies.iter().chain(&self.strokes);
        let widths = names.map(|entry| letters.width(&entry.name, SIZE));
        KEY + 8.0 + widths.fold(0.0, f64::max).min(NAME_ROOM)
    }

    /// Draws the legend with its upper left corner at this point.
    pub fn draw(&self, scene: &mut Scene, letters: &Letters, (left, top): (f64, f64)) {
        let mut middle = top + 12.0;
        for entry in &self.strategies {
            entry.draw(scene, letters, left, middle);
            middle += STEP;
        }
        middle += GAP;
        for entry in &self.strokes {
            entry.draw(scene, letters, left, middle);
            middle += STEP;
        }
    }
}

impl Entry {
    fn draw(&self, scene: &mut Scene, letters: &Letters, left: f64, middle: f64) {
        let colour = self.colour;
        let edge = |height: f64| [(left, middle + height), (left + KEY, middle + height)];
        scene.marks.push(match self.dash {
            Some(dash) => {
                let points = edge(0.0).to_vec();
                Mark::Line { points, colour, width: 2.0, dash, name: None }
            }
            None => {
                let outline = edge(-5.0).into_iter().chain(edge(5.0).into_iter().rev()).collect();
                Mark::Area { outline, colour, opacity: BAND }
            }
        });
        let name = letters.fit(&self.name, SIZE, NAME_ROOM);
        scene.write((left + KEY + 8.0, middle + 4.0), name, SIZE, Anchor::Start);
    }
}
