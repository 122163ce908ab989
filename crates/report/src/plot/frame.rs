//! What line and bar charts have in common: the title, the vertical axis with its
//! grid, both axis titles, and where the legend goes.

use super::{
    axis::Axis,
    layout::Layout,
    legend::Legend,
    letters::Letters,
    scene::{Anchor, Mark, Scene},
    style::Colour,
};

/// The words around a chart.
pub(super) struct Words {
    pub title: String,
    pub x_title: String,
    pub y_title: String,
}

/// A picture in the making, with the right end of its horizontal axis.
pub(super) struct Frame<'a> {
    pub layout: &'a Layout,
    pub scene: Scene,
    pub right: f64,
    letters: Letters,
}

impl<'a> Frame<'a> {
    /// Leaves room for the legend and draws it.
    pub fn new(layout: &'a Layout, words: &Words, legend: &Legend) -> Self {
        let letters = Letters::new();
        let mut scene = layout.scene(words.title.clone());
        let Layout { width, edge, left, title_size, .. } = *layout;
        let right = if layout.narrow {
            scene.height += legend.height_below(&letters, width - 2.0 * edge);
            legend.draw_below(&mut scene, &letters, (edge, layout.height), width - edge);
            width - edge
        } else {
            let right = width - 2.0 * edge - legend.width(&letters);
            legend.draw(&mut scene, &letters, (right + edge, layout.top));
            right
        };
        if layout.titled {
            let title = letters.fit(&words.title, title_size, width - left - edge);
            scene.write((left, 32.0), title, title_size, Anchor::Start);
        }
        let mut frame = Self { layout, scene, right, letters };
        frame.axis_titles(words);
        frame
    }

    fn axis_titles(&mut self, words: &Words) {
        let Layout { left, top, axis_size, width, .. } = *self.layout;
        let bottom = self.layout.bottom();
        let x_title = self.letters.fit(&words.x_title, axis_size, width - 8.0);
        let middle = (left + self.right) / 2.0;
        let below = if self.layout.narrow { 36.0 } else { 48.0 };
        self.scene.write((middle, bottom + below), x_title, axis_size, Anchor::Middle);
        if self.layout.narrow {
            let y_title = self.letters.fit(&words.y_title, axis_size, width - 8.0);
            self.scene.write((4.0, top - 14.0), y_title, axis_size, Anchor::Start);
        } else {
            let text = self.letters.fit(&words.y_title, axis_size, bottom - top);
            self.scene.marks.push(Mark::Text {
                at: (24.0, (top + bottom) / 2.0),
                text,
                size: axis_size,
                anchor: Anchor::Middle,
                turned: true,
            });
        }
    }

    /// Grid lines and numbers of the vertical axis, and both axis lines.
    pub fn draw_heights(&mut self, y: &Axis) {
        let Layout { left, top, tick_size, .. } = *self.layout;
        let (bottom, right) = (self.layout.bottom(), self.right);
        for (value, label) in y.ticks() {
            let at = y.pixel(value);
            self.scene.rule((left, at), (right, at), Colour::GRID);
            self.scene.write((left - 7.0, at + 4.0), label, tick_size, Anchor::End);
        }
        self.scene.rule((left, top), (left, bottom), Colour::INK);
        self.scene.rule((left, bottom), (right, bottom), Colour::INK);
    }

    /// A number below the horizontal axis, with a tick above it if there is to be one.
    pub fn draw_below(&mut self, at: f64, label: String, tick: bool) {
        let bottom = self.layout.bottom();
        if tick {
            self.scene.rule((at, bottom), (at, bottom + 5.0), Colour::INK);
        }
        self.scene.write((at, bottom + 19.0), label, self.layout.tick_size, Anchor::Middle);
    }
}
