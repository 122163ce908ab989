//! A picture as a list of marks in pixels, from back to front: what the SVG and the
//! PNG have in common, so that both show the same.

use super::style::{Colour, Pattern};

/// Width of a picture in pixels.
pub(super) const WIDTH: f64 = 900.0;
/// Height of a picture in pixels.
pub(super) const HEIGHT: f64 = 560.0;

/// Right and down from the upper left corner.
pub(super) type Point = (f64, f64);

/// A picture.
pub(super) struct Scene {
    pub title: String,
    pub marks: Vec<Mark>,
}

/// One thing to draw.
pub(super) enum Mark {
    /// A filled outline.
    Area { outline: Vec<Point>, colour: Colour, opacity: f32 },
    /// An open line; one that belongs to a curve carries its name.
    Line { points: Vec<Point>, colour: Colour, width: f32, dash: Pattern, name: Option<String> },
    /// A filled circle.
    Dot { centre: Point, radius: f64, colour: Colour },
    /// A line of text; `at` lies on its baseline.
    Text { at: Point, text: String, size: f64, anchor: Anchor, turned: bool },
}

/// Which part of a text lies at its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Scene {
    /// Adds a text that reads from left to right.
    pub fn write(&mut self, at: Point, text: impl Into<String>, size: f64, anchor: Anchor) {
        self.marks.push(Mark::Text { at, text: text.into(), size, anchor, turned: false });
    }

    /// Adds a thin full line.
    pub fn rule(&mut self, from: Point, to: Point, colour: Colour) {
        let points = vec![from, to];
        self.marks.push(Mark::Line {
            points,
            colour,
            width: 1.0,
            dash: Pattern::Solid,
            name: None,
        });
    }
}
