//! A picture as a list of marks in pixels, from back to front: what the SVG and the
//! PNG have in common, so that both show the same.

use super::{
    marker::Shape,
    style::{Colour, Pattern},
};

/// Right and down from the upper left corner.
pub(super) type Point = (f64, f64);

/// A picture.
pub(super) struct Scene {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
}

/// One thing to draw.
pub(super) enum Mark {
    /// A filled outline; one that belongs to a value carries its name.
    Area { outline: Vec<Point>, colour: Colour, opacity: f32, name: Option<String> },
    /// An open line; one that belongs to a curve carries its name.
    Line { points: Vec<Point>, colour: Colour, width: f32, dash: Pattern, name: Option<String> },
    /// The same filled shape at several places.
    Markers { centres: Vec<Point>, shape: Shape, radius: f64, colour: Colour },
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
        let (points, dash) = (vec![from, to], Pattern::SOLID);
        self.marks.push(Mark::Line { points, colour, width: 1.0, dash, name: None });
    }
}

/// The corners of an upright rectangle.
pub(super) fn rectangle((left, top): Point, (right, bottom): Point) -> Vec<Point> {
    vec![(left, top), (right, top), (right, bottom), (left, bottom)]
}
