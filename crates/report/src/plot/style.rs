//! What tells curves apart: a fixed colour per strategy, from the palette of Okabe
//! and Ito ("Color Universal Design", 2008), which colour-blind readers can tell
//! apart, and a fixed dash pattern per source.

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

pub(super) const BLACK: Colour = [0, 0, 0];
pub(super) const INK: Colour = [34, 34, 34];
/// How much of its colour a band has.
pub(super) const BAND: f32 = 0.15;
pub(super) const GRID: Colour = [226, 226, 226];

const BLUE: Colour = [0, 114, 178];
const ORANGE: Colour = [230, 159, 0];
const GREEN: Colour = [0, 158, 115];
const VERMILION: Colour = [213, 94, 0];
const PURPLE: Colour = [204, 121, 167];
const SKY: Colour = [86, 180, 233];
const GREY: Colour = [128, 128, 128];

/// The colour of a strategy, the same in every plot.
pub(super) fn colour(strategy: &str) -> Colour {
    match strategy {
        "random" | "single" => BLUE,
        "good_random" => ORANGE,
        "entropy" => GREEN,
        "uncertainty" => SKY,
        "activelab" | "crowdlab" | "multiannotator" => VERMILION,
        "activelab_ensemble" | "crowdlab_ensemble" => BLACK,
        "disagreement" => PURPLE,
        _ => GREY,
    }
}

/// The stroke of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pattern {
    /// The first run.
    Solid,
    /// The second run.
    Dotted,
    /// The third run.
    LongDot,
    /// The fourth run and all others.
    LongTwoDots,
    /// Published results.
    Published,
}

impl Pattern {
    /// The stroke of the run at this place of the command line.
    pub fn of_run(index: usize) -> Self {
        match index {
            0 => Self::Solid,
            1 => Self::Dotted,
            2 => Self::LongDot,
            _ => Self::LongTwoDots,
        }
    }

    /// Lengths drawn and left out in turn, in pixels; none for a full line.
    pub fn lengths(self) -> &'static [f32] {
        match self {
            Self::Solid => &[],
            Self::Dotted => &[2.0, 3.0],
            Self::LongDot => &[10.0, 3.0, 2.0, 3.0],
            Self::LongTwoDots => &[10.0, 3.0, 2.0, 3.0, 2.0, 3.0],
            Self::Published => &[7.0, 4.0],
        }
    }
}
