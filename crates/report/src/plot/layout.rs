//! How large a picture is and where its parts go: a file of its own, a wide page, or
//! a phone.

use super::scene::Scene;

/// Sizes in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub width: f64,
    /// Height without a legend below.
    pub height: f64,
    /// Left end of the horizontal axis.
    pub left: f64,
    /// Upper end of the vertical axis.
    pub top: f64,
    /// Room below the horizontal axis.
    pub below: f64,
    /// Free at the right end.
    pub edge: f64,
    /// Sizes of letters.
    pub title_size: f64,
    pub axis_size: f64,
    pub tick_size: f64,
    /// Ticks along rounds, along labels, along heights.
    pub ticks: [usize; 3],
    /// True for a narrow picture: the legend is below, and the title of the vertical axis above.
    pub narrow: bool,
    /// Whether the title is written above.
    pub titled: bool,
    pub marker: f64,
}

const FILE: Layout = Layout {
    width: 900.0,
    height: 560.0,
    left: 84.0,
    top: 52.0,
    below: 64.0,
    edge: 18.0,
    title_size: 16.0,
    axis_size: 14.0,
    tick_size: 12.0,
    ticks: [24, 8, 7],
    narrow: false,
    titled: true,
    marker: 3.0,
};

impl Layout {
    /// A picture that stands alone.
    pub const FILE: Self = FILE;
    /// On a page, under a heading.
    pub const PAGE: Self = Self { width: 960.0, height: 500.0, top: 14.0, titled: false, ..FILE };
    /// On a page as wide as a phone.
    pub const PHONE: Self = Self {
        width: 360.0,
        height: 300.0,
        left: 46.0,
        top: 30.0,
        below: 44.0,
        edge: 10.0,
        axis_size: 12.0,
        tick_size: 11.0,
        ticks: [10, 4, 6],
        narrow: true,
        titled: false,
        marker: 2.4,
        ..FILE
    };

    /// Lower end of the vertical axis.
    pub fn bottom(&self) -> f64 {
        self.height - self.below
    }

    /// An empty picture of this size.
    pub fn scene(&self, title: String) -> Scene {
        Scene { title, width: self.width, height: self.height, marks: Vec::new() }
    }
}
