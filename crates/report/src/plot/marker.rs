//! The markers on a curve: one shape per strategy, all of about the same area.

use super::scene::Point;

/// A shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Up,
    Down,
    Diamond,
    Plus,
    Cross,
    Hourglass,
}

impl Shape {
    /// The corners around a centre for a marker of this radius; none for a circle.
    pub fn corners(self, (x, y): Point, radius: f64) -> Vec<Point> {
        self.unit().iter().map(|&(dx, dy)| (x + radius * dx, y + radius * dy)).collect()
    }

    fn unit(self) -> &'static [Point] {
        match self {
            Self::Circle => &[],
            Self::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Self::Up => &[(0.0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
            Self::Down => &[(0.0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
            Self::Diamond => &[(0.0, -1.35), (1.2, 0.0), (0.0, 1.35), (-1.2, 0.0)],
            Self::Plus => &[
                (-0.4, -1.3),
                (0.4, -1.3),
                (0.4, -0.4),
                (1.3, -0.4),
                (1.3, 0.4),
                (0.4, 0.4),
                (0.4, 1.3),
                (-0.4, 1.3),
                (-0.4, 0.4),
                (-1.3, 0.4),
                (-1.3, -0.4),
                (-0.4, -0.4),
            ],
            Self::Cross => &[
                (0.0, -0.56),
                (0.8, -1.3),
                (1.3, -0.8),
                (0.56, 0.0),
                (1.3, 0.8),
                (0.8, 1.3),
                (0.0, 0.56),
                (-0.8, 1.3),
                (-1.3, 0.8),
                (-0.56, 0.0),
                (-1.3, -0.8),
                (-0.8, -1.3),
            ],
            Self::Hourglass => {
                &[(-1.1, -1.15), (1.1, -1.15), (0.25, 0.0), (1.1, 1.15), (-1.1, 1.15), (-0.25, 0.0)]
            }
        }
    }
}
