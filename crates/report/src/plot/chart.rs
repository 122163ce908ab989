//! The layout of a picture: axes with titles and round ticks, bands under lines,
//! and the legend to the right of them.

use super::{
    axis::Axis,
    legend::Legend,
    letters::Letters,
    scene::{Anchor, HEIGHT, Mark, Scene, WIDTH},
    style::{BAND, Colour, GRID, INK, Pattern},
};
use crate::stats::Spread;

const LEFT: f64 = 84.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = HEIGHT - 64.0;
const EDGE: f64 = 18.0;

const TITLE_SIZE: f64 = 16.0;
const AXIS_SIZE: f64 = 14.0;
const TICK_SIZE: f64 = 12.0;

/// What a picture shows.
pub(super) struct Chart {
    pub title: String,
    pub x_title: &'static str,
    pub y_title: &'static str,
    /// True when the horizontal axis counts rounds.
    pub by_round: bool,
    pub series: Vec<Series>,
}

/// One curve.
pub(super) struct Series {
    pub strategy: String,
    /// The run, or the published results.
    pub source: String,
    pub colour: Colour,
    pub dash: Pattern,
    pub points: Vec<(f64, Spread)>,
}

impl Chart {
    /// The picture.
    pub fn scene(&self) -> Scene {
        let letters = Letters::new();
        let mut scene = Scene { title: self.title.clone(), marks: Vec::new() };
        let legend = Legend::of(&self.series);
        let right = WIDTH - EDGE - legend.width(&letters) - EDGE;
        let (x, y) = self.axes(right);
        self.frame(&mut scene, &x, &y, right);
        self.series.iter().for_each(|series| series.draw_band(&mut scene, &x, &y));
        self.series.iter().for_each(|series| series.draw_line(&mut scene, &x, &y));
        let title = letters.fit(&self.title, TITLE_SIZE, WIDTH - LEFT - EDGE);
        scene.write((LEFT, 32.0), title, TITLE_SIZE, Anchor::Start);
        legend.draw(&mut scene, &letters, (right + EDGE, TOP));
        scene
    }

    fn axes(&self, right: f64) -> (Axis, Axis) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let xs = points().map(|&(x, _)| x);
        let heights =
            points().flat_map(|(_, spread)| [spread.mean - spread.std, spread.mean + spread.std]);
        let ticks = if self.by_round { 24 } else { 6 };
        (Axis::over(xs, ticks, true, (LEFT, right)), Axis::over(heights, 7, false, (BOTTOM, TOP)))
    }

    fn frame(&self, scene: &mut Scene, x: &Axis, y: &Axis, right: f64) {
        for (value, label) in y.ticks() {
            let at = y.pixel(value);
            scene.rule((LEFT, at), (right, at), GRID);
            scene.write((LEFT - 8.0, at + 4.0), label, TICK_SIZE, Anchor::End);
        }
        for (value, label) in x.ticks() {
            let at = x.pixel(value);
            scene.rule((at, BOTTOM), (at, BOTTOM + 5.0), INK);
            scene.write((at, BOTTOM + 20.0), label, TICK_SIZE, Anchor::Middle);
        }
        scene.rule((LEFT, TOP), (LEFT, BOTTOM), INK);
        scene.rule((LEFT, BOTTOM), (right, BOTTOM), INK);
        scene.write(((LEFT + right) / 2.0, HEIGHT - 16.0), self.x_title, AXIS_SIZE, Anchor::Middle);
        scene.marks.push(Mark::Text {
            at: (24.0, (TOP + BOTTOM) / 2.0),
            text: self.y_title.to_owned(),
            size: AXIS_SIZE,
            anchor: Anchor::Middle,
            turned: true,
        });
    }
}

impl Series {
    /// True when the seeds differ anywhere.
    pub fn has_band(&self) -> bool {
        self.points.iter().any(|(_, spread)| spread.std > 0.0)
    }

    fn draw_band(&self, scene: &mut Scene, x: &Axis, y: &Axis) {
        if !self.has_band() {
            return;
        }
        let side = |sign: f64| {
            self.points
                .iter()
                .map(move |(at, spread)| (x.pixel(*at), y.pixel(spread.mean + sign * spread.std)))
        };
        let outline = side(1.0).chain(side(-1.0).rev()).collect();
        scene.marks.push(Mark::Area { outline, colour: self.colour, opacity: BAND });
    }

    fn draw_line(&self, scene: &mut Scene, x: &Axis, y: &Axis) {
        let points: Vec<_> =
            self.points.iter().map(|(at, spread)| (x.pixel(*at), y.pixel(spread.mean))).collect();
        // A dot per round makes a curve of one round visible.
        if self.dash != Pattern::Published {
            let dot = |&centre| Mark::Dot { centre, radius: 2.6, colour: self.colour };
            scene.marks.extend(points.iter().map(dot));
        }
        let name = Some(format!("{}, {}", self.strategy, self.source));
        let (colour, dash) = (self.colour, self.dash);
        scene.marks.push(Mark::Line { points, colour, width: 2.0, dash, name });
    }
}
