//! One picture of the demo: a disc, square or triangle of random place, size,
//! direction and colour on a grey background, striped or plain, under noise.
//! The hue hints at the shape and the contrast of the stripes varies down to
//! almost none, so that a small network finds some pictures easy and some hard.

use std::f64::consts::{PI, TAU};

use relabel_scoring::stream::uniform;
use relabel_scoring::{Class, Stream};

/// Height and width in pixels.
pub(super) const SIDE: usize = 16;

const N_SHAPES: f64 = 3.0;
/// Standard deviation of the hue around that of the shape, in turns.
const HUE_SPREAD: f64 = 0.09;

/// How one picture looks.
struct Scene {
    shape: usize,
    /// Centre, in pixels.
    centre: [f64; 2],
    /// Distance from the centre to the corners or the rim, in pixels.
    radius: f64,
    /// Direction of the shape and of the stripes, in radians.
    angles: [f64; 2],
    /// Length of a stripe pair, in pixels.
    period: f64,
    /// Brightness of stripes relative to the colour; 0 is plain.
    contrast: f64,
    colour: [f64; 3],
    background: f64,
    /// Brightness from one side of the background to the other.
    slope: [f64; 2],
    /// Standard deviation of the noise.
    noise: f64,
}

/// The picture as bytes in the order channel, row, column.
pub(super) fn picture(class: Class, stream: Stream) -> Vec<u8> {
    let scene = Scene::draw(class, stream.child(0));
    let mut rng = stream.child(1).rng();
    let mut pixels = Vec::with_capacity(3 * SIDE * SIDE);
    for channel in 0..3 {
        for at in 0..SIDE * SIDE {
            let [y, x] = [at / SIDE, at % SIDE].map(|pixel| pixel as f64 + 0.5);
            let noise = scene.noise * normal(uniform(&mut rng), uniform(&mut rng));
            let value = scene.value(channel, x, y) + noise;
            pixels.push((255.0 * value).round().clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

impl Scene {
    fn draw(class: Class, stream: Stream) -> Self {
        let mut rng = stream.rng();
        let mut between = |low: f64, high: f64| low + (high - low) * uniform(&mut rng);
        let (shape, striped) = (class.at() / 2, class.at().is_multiple_of(2));
        let middle = SIDE as f64 / 2.0;
        let spread = HUE_SPREAD * normal(between(0.0, 1.0), between(0.0, 1.0));
        let hue = shape as f64 / N_SHAPES + spread;
        Self {
            shape,
            centre: [0; 2].map(|_| middle + between(-1.5, 1.5)),
            radius: between(5.5, 8.0),
            angles: [between(0.0, TAU), between(0.0, PI)],
            period: between(2.6, 4.0),
            contrast: if striped { between(0.2, 0.9) } else { between(0.0, 0.1) },
            colour: colour(hue, between(0.5, 0.9), between(0.6, 0.95)),
            background: between(0.3, 0.5),
            slope: [0; 2].map(|_| between(-0.02, 0.02)),
            noise: between(0.02, 0.08),
        }
    }

    fn value(&self, channel: usize, x: f64, y: f64) -> f64 {
        let [dx, dy] = [x - self.centre[0], y - self.centre[1]];
        let background = self.background + self.slope[0] * dx + self.slope[1] * dy;
        let (sin, cos) = self.angles[1].sin_cos();
        let wave = (TAU * (dx * cos + dy * sin) / self.period).sin();
        let surface = self.colour[channel] * (1.0 + self.contrast * wave);
        let inside = (0.5 - self.outside(dx, dy)).clamp(0.0, 1.0);
        inside * surface + (1.0 - inside) * background
    }

    /// Distance from the edge of the shape in pixels, negative inside.
    fn outside(&self, dx: f64, dy: f64) -> f64 {
        let distance = dx.hypot(dy);
        let n_sides = match self.shape {
            0 => return distance - 0.85 * self.radius,
            1 => 4.0,
            _ => 3.0,
        };
        let sector = TAU / n_sides;
        let from_middle = (dy.atan2(dx) - self.angles[0]).rem_euclid(sector) - sector / 2.0;
        distance * from_middle.cos() - self.radius * (sector / 2.0).cos()
    }
}

/// Red, green and blue of a hue (in turns), saturation and brightness.
fn colour(hue: f64, saturation: f64, brightness: f64) -> [f64; 3] {
    [0.0, 1.0, 2.0].map(|channel| {
        let turn = (hue - channel / 3.0).rem_euclid(1.0);
        let distance = turn.min(1.0 - turn);
        let share = (2.0 - 6.0 * distance).clamp(0.0, 1.0);
        brightness * (1.0 - saturation * (1.0 - share))
    })
}

/// A standard normal number from two uniform ones (Box and Muller, 1958).
fn normal(u: f64, v: f64) -> f64 {
    (-2.0 * (1.0 - u).ln()).sqrt() * (TAU * v).cos()
}
