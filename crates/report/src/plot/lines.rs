//! A chart of curves: bands under lines, markers on them.

use super::{
    axis::Axis,
    frame::{Frame, Words},
    layout::Layout,
    legend::{Key, Legend},
    scene::{Mark, Scene},
    style::{BAND, Look, Pattern},
};
use crate::stats::Spread;

/// What a picture of curves shows.
pub(super) struct LineChart {
    pub words: Words,
    /// True when the horizontal axis counts rounds.
    pub by_round: bool,
    pub series: Vec<Series>,
}

/// One curve.
#[derive(Clone)]
pub(super) struct Series {
    pub strategy: String,
    /// The run, or the published results.
    pub source: String,
    pub look: Look,
    pub dash: Pattern,
    pub points: Vec<(f64, Spread)>,
}

impl LineChart {
    /// The picture.
    pub fn scene(&self, layout: &Layout) -> Scene {
        let mut frame = Frame::new(layout, &self.words, &self.legend());
        let (x, y) = self.axes(layout, frame.right);
        frame.draw_heights(&y);
        x.ticks()
            .into_iter()
            .for_each(|(value, label)| frame.draw_below(x.pixel(value), label, true));
        let mut scene = frame.scene;
        self.series.iter().for_each(|series| series.draw_band(&mut scene, &x, &y));
        // Published lines are thin and lie under ours.
        let (published, ours): (Vec<_>, Vec<_>) =
            self.series.iter().partition(|series| series.is_published());
        for series in published.into_iter().chain(ours) {
            series.draw_line(&mut scene, &x, &y, layout.marker);
        }
        scene
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        for series in self.series.iter().filter(|series| !series.is_published()) {
            let dash = Pattern::Run(series.look.arm);
            let key = Key::Line { dash, shape: Some(series.look.shape) };
            legend.strategy(&series.strategy, series.look.colour, key);
        }
        for series in &self.series {
            legend.source(&series.source, Key::Line { dash: series.dash, shape: None });
        }
        if self.series.iter().any(Series::has_band) {
            legend.source("band: \u{b1}1 std over seeds", Key::Band);
        }
        legend
    }

    fn axes(&self, layout: &Layout, right: f64) -> (Axis, Axis) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let xs = points().map(|&(x, _)| x);
        let heights =
            points().flat_map(|(_, spread)| [spread.mean - spread.std, spread.mean + spread.std]);
        let [rounds, labels, ticks] = layout.ticks;
        let across = if self.by_round { rounds } else { labels };
        (
            Axis::over(xs, across, true, (layout.left, right)),
            Axis::over(heights, ticks, false, (layout.bottom(), layout.top)),
        )
    }
}

impl Series {
    fn is_published(&self) -> bool {
        matches!(self.dash, Pattern::Published(_))
    }

    /// True when the seeds differ anywhere.
    fn has_band(&self) -> bool {
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
        let colour = self.look.colour;
        scene.marks.push(Mark::Area { outline, colour, opacity: BAND, name: None });
    }

    fn draw_line(&self, scene: &mut Scene, x: &Axis, y: &Axis, radius: f64) {
        let points: Vec<_> =
            self.points.iter().map(|(at, spread)| (x.pixel(*at), y.pixel(spread.mean))).collect();
        let Look { colour, shape, .. } = self.look;
        // A marker per round makes a curve of one round visible.
        let markers = (!self.is_published()).then(|| Mark::Markers {
            centres: points.clone(),
            shape,
            radius,
            colour,
        });
        let name = Some(format!("{}, {}", self.strategy, self.source));
        let (dash, width) = (self.dash, self.dash.width());
        scene.marks.push(Mark::Line { points, colour, width, dash, name });
        scene.marks.extend(markers);
    }
}
