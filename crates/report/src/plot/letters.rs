//! Letters as outlines. The typeface (DejaVu Sans) is part of the program, so a
//! picture has its text, and a legend its width, on machines without fonts.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The typeface.
pub(super) struct Letters {
    face: Face<'static>,
}

impl Letters {
    pub fn new() -> Self {
        let face = Face::parse(dejavu::sans::regular(), 0);
        Self { face: face.expect("the typeface of the program should be readable") }
    }

    /// Width of a text in pixels at this size of the em square.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|letter| self.advance(self.glyph(letter), size)).sum()
    }

    /// The text, cut and ended by three dots where it is wider than `room`.
    pub fn fit(&self, text: &str, size: f64, room: f64) -> String {
        if self.width(text, size) <= room {
            return text.to_owned();
        }
        let mut kept: String = text.to_owned();
        while !kept.is_empty() && self.width(&kept, size) + self.width("...", size) > room {
            kept.pop();
        }
        kept + "..."
    }

    /// The outline of a text whose baseline starts at the origin; none if it is blank.
    pub fn outline(&self, text: &str, size: f64) -> Option<Path> {
        let mut pen = Pen { path: PathBuilder::new(), x: 0.0, scale: self.scale(size) as f32 };
        let mut x = 0.0;
        for letter in text.chars() {
            let glyph = self.glyph(letter);
            pen.x = x as f32;
            self.face.outline_glyph(glyph, &mut pen);
            x += self.advance(glyph, size);
        }
        pen.path.finish()
    }

    fn glyph(&self, letter: char) -> GlyphId {
        self.face.glyph_index(letter).unwrap_or_default()
    }

    fn advance(&self, glyph: GlyphId, size: f64) -> f64 {
        f64::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) * self.scale(size)
    }

    fn scale(&self, size: f64) -> f64 {
        size / f64::from(self.face.units_per_em())
    }
}

/// Draws in pixels, downwards, what the typeface describes in its own units, upwards.
struct Pen {
    path: PathBuilder,
    x: f32,
    scale: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, -y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) =
            (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
