//! The legend: what the colours mean, then what the strokes and bands mean. It lies
//! to the right of the plot or below it, where it covers nothing.

use super::{
    letters::Letters,
    marker::Shape,
    scene::{Anchor, Mark, Point, Scene, rectangle},
    style::{BAND, Colour, Pattern},
};

const SIZE: f64 = 12.0;
const STEP: f64 = 21.0;
/// Between colours and strokes.
const GAP: f64 = 10.0;
/// Length of the line beside a name, and the room that the longest name may take.
const KEY: f64 = 28.0;
const NAME_ROOM: f64 = 215.0;
/// Between entries of one line.
const BETWEEN: f64 = 14.0;

/// What is explained.
#[derive(Default)]
pub(super) struct Legend {
    strategies: Vec<Entry>,
    sources: Vec<Entry>,
}

struct Entry {
    name: String,
    colour: Colour,
    key: Key,
}

/// The sign beside a name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Key {
    Line { dash: Pattern, shape: Option<Shape> },
    Band,
    Box(f32),
    Whisker,
}

impl Legend {
    /// Adds a strategy unless it is there.
    pub fn strategy(&mut self, name: &str, colour: Colour, key: Key) {
        add(&mut self.strategies, Entry { name: name.to_owned(), colour, key });
    }

    /// Adds a run or the like unless it is there.
    pub fn source(&mut self, name: &str, key: Key) {
        add(&mut self.sources, Entry { name: name.to_owned(), colour: Colour::INK, key });
    }

    /// Width in pixels when it is a column.
    pub fn width(&self, letters: &Letters) -> f64 {
        self.entries().map(|entry| entry.width(letters)).fold(0.0, f64::max)
    }

    /// Draws a column with its upper left corner at this point.
    pub fn draw(&self, scene: &mut Scene, letters: &Letters, (left, top): Point) {
        let mut middle = top + 12.0;
        for entries in [&self.strategies, &self.sources] {
            for entry in entries {
                entry.draw(scene, letters, (left, middle));
                middle += STEP;
            }
            middle += GAP;
        }
    }

    /// Height in pixels when it fills lines of this width.
    pub fn height_below(&self, letters: &Letters, room: f64) -> f64 {
        let last = self.places(letters, room).last().map_or(0.0, |&(_, y)| y + STEP);
        if last > 0.0 { last + GAP } else { 0.0 }
    }

    /// Draws lines of entries from this point on, up to this right end.
    pub fn draw_below(&self, scene: &mut Scene, letters: &Letters, (left, top): Point, right: f64) {
        let places = self.places(letters, right - left);
        for (entry, (x, y)) in self.entries().zip(places) {
            entry.draw(scene, letters, (left + x, top + y + 12.0));
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.strategies.iter().chain(&self.sources)
    }

    /// Where the entries go when they fill lines of this width; sources begin a new line.
    fn places(&self, letters: &Letters, room: f64) -> Vec<Point> {
        let (mut x, mut y) = (0.0, 0.0);
        let mut places = Vec::new();
        for (index, entry) in self.entries().enumerate() {
            let width = entry.width(letters);
            let fresh = index == self.strategies.len();
            if x > 0.0 && (fresh || x + width > room) {
                (x, y) = (0.0, y + STEP);
            }
            places.push((x, y));
            x += width + BETWEEN;
        }
        places
    }
}

fn add(entries: &mut Vec<Entry>, entry: Entry) {
    if !entries.iter().any(|known| known.name == entry.name && known.key == entry.key) {
        entries.push(entry);
    }
}

impl Entry {
    fn width(&self, letters: &Letters) -> f64 {
        KEY + 8.0 + letters.width(&self.name, SIZE).min(NAME_ROOM)
    }

    fn draw(&self, scene: &mut Scene, letters: &Letters, (left, middle): Point) {
        self.draw_key(scene, left, middle);
        let name = letters.fit(&self.name, SIZE, NAME_ROOM);
        scene.write((left + KEY + 8.0, middle + 4.0), name, SIZE, Anchor::Start);
    }

    fn draw_key(&self, scene: &mut Scene, left: f64, middle: f64) {
        let colour = self.colour;
        let centre = (left + KEY / 2.0, middle);
        let mut line = |points: Vec<Point>, dash: Pattern, width: f32| {
            scene.marks.push(Mark::Line { points, colour, width, dash, name: None });
        };
        match self.key {
            Key::Line { dash, shape } => {
                line(vec![(left, middle), (left + KEY, middle)], dash, dash.width());
                scene.marks.extend(shape.map(|shape| Mark::Markers {
                    centres: vec![centre],
                    shape,
                    radius: 3.0,
                    colour,
                }));
            }
            Key::Whisker => {
                line(vec![(centre.0, middle - 7.0), (centre.0, middle + 7.0)], Pattern::SOLID, 1.0);
            }
            Key::Band | Key::Box(_) => {
                let opacity = if let Key::Box(opacity) = self.key { opacity } else { BAND };
                let outline = rectangle((left, middle - 5.0), (left + KEY, middle + 5.0));
                scene.marks.push(Mark::Area { outline, colour, opacity, name: None });
            }
        }
    }
}
