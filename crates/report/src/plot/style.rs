//! What tells curves apart: a colour per strategy, from the palette of Okabe and Ito
//! ("Color Universal Design", 2008), which colour-blind readers can tell apart, a
//! marker per strategy, and a dash pattern per run.

use super::marker::Shape;
use crate::arrays::strategy_name;

/// A colour by its place in the palette; a dark page has its own shade of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour(usize);

/// Name, red, green and blue on white, the same on a dark page.
type Shade = (&'static str, [u8; 3], [u8; 3]);
const PALETTE: [Shade; 10] = [
    ("ink", [34, 34, 34], [222, 222, 222]),
    ("grid", [226, 226, 226], [62, 65, 70]),
    ("blue", [0, 114, 178], [62, 136, 224]),
    ("orange", [230, 159, 0], [240, 173, 40]),
    ("green", [0, 158, 115], [22, 178, 135]),
    ("vermilion", [213, 94, 0], [238, 118, 36]),
    ("purple", [204, 121, 167], [218, 140, 184]),
    ("sky", [86, 180, 233], [128, 208, 250]),
    ("black", [0, 0, 0], [250, 250, 250]),
    ("grey", [128, 128, 128], [152, 152, 152]),
];

impl Colour {
    pub const INK: Self = Self(0);
    pub const GRID: Self = Self(1);
    const BLUE: Self = Self(2);
    const ORANGE: Self = Self(3);
    const GREEN: Self = Self(4);
    const VERMILION: Self = Self(5);
    const PURPLE: Self = Self(6);
    const SKY: Self = Self(7);
    const BLACK: Self = Self(8);
    const GREY: Self = Self(9);

    /// Red, green, blue on white.
    pub fn rgb(self) -> [u8; 3] {
        PALETTE[self.0].1
    }

    /// Its name in the style sheet of a page.
    pub fn variable(self) -> String {
        format!("var(--{})", PALETTE[self.0].0)
    }
}

/// The palette as declarations of a style sheet.
pub(crate) fn declarations(dark: bool) -> String {
    let shade = |(name, light, night): &Shade| {
        format!("--{name}:{}", hex(if dark { *night } else { *light }))
    };
    PALETTE.iter().map(shade).collect::<Vec<_>>().join(";")
}

pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// How much of its colour a band has.
pub(super) const BAND: f32 = 0.15;

/// How a strategy is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    pub colour: Colour,
    pub shape: Shape,
    /// Which of the strategies of this colour it is, from 0.
    pub arm: usize,
}

/// The strategies of the benchmarks in the order of the tables.
const KNOWN: [(&str, Colour, Shape); 8] = [
    ("random", Colour::BLUE, Shape::Circle),
    ("good_random", Colour::ORANGE, Shape::Square),
    ("entropy", Colour::GREEN, Shape::Up),
    ("uncertainty", Colour::SKY, Shape::Down),
    ("active_label_cleaning", Colour::GREY, Shape::Plus),
    ("activelab", Colour::VERMILION, Shape::Diamond),
    ("disagreement", Colour::PURPLE, Shape::Cross),
    ("activelab_ensemble", Colour::BLACK, Shape::Hourglass),
];

/// Where a strategy stands in a table whose configuration gives no order.
pub(crate) fn rank(strategy: &str) -> usize {
    KNOWN.iter().position(|known| known.0 == strategy).unwrap_or(KNOWN.len())
}

/// The looks of all strategies of a report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks(Vec<(String, Look)>);

impl Looks {
    /// Known strategies look the same in every report. The others take what is left,
    /// in order; `single@0.6` has the colour of its level and the marker of its arm.
    pub fn of<'a>(strategies: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for name in strategies {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let known = |name: &str| {
            let place = rank(&strategy_name(name));
            KNOWN.get(place).map(|&(_, colour, shape)| Look { colour, shape, arm: 0 })
        };
        let taken: Vec<Colour> =
            names.iter().filter_map(|name| known(name)).map(|l| l.colour).collect();
        let free = (2..PALETTE.len()).map(Colour).filter(|colour| !taken.contains(colour));
        let free: Vec<Colour> = free.collect();
        let (mut groups, mut arms): (Vec<&str>, Vec<&str>) = Default::default();
        let looks = names.iter().map(|&name| {
            let look = known(name).unwrap_or_else(|| {
                let (arm, group) = name.split_once('@').unwrap_or(("", name));
                let (group, arm) = (place(&mut groups, group), place(&mut arms, arm));
                let colour = free.get(group % free.len().max(1)).copied().unwrap_or(Colour::GREY);
                let shape = KNOWN[(group / free.len().max(1) + arm) % KNOWN.len()].2;
                Look { colour, shape, arm }
            });
            (name.to_owned(), look)
        });
        Self(looks.collect())
    }

    /// The look of a strategy.
    pub fn look(&self, strategy: &str) -> Look {
        let found = self.0.iter().find(|(name, _)| name == strategy);
        let unknown = Look { colour: Colour::GREY, shape: Shape::Circle, arm: 0 };
        found.map_or(unknown, |&(_, look)| look)
    }

    /// How many strategies at most share a colour.
    pub fn arms(&self) -> usize {
        self.0.iter().map(|(_, look)| look.arm + 1).max().unwrap_or(1)
    }
}

/// The place of a name, put at the end if it is new.
fn place<'a>(names: &mut Vec<&'a str>, name: &'a str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

/// The stroke of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pattern {
    /// A run, by its place among the runs that are drawn.
    Run(usize),
    /// Published results of the strategy that is this arm of its colour.
    Published(usize),
}

impl Pattern {
    pub const SOLID: Self = Self::Run(0);

    /// Lengths drawn and left out in turn, in pixels; none for a full line.
    pub fn lengths(self) -> &'static [f32] {
        match self {
            Self::Run(0) => &[],
            Self::Run(1) => &[2.0, 3.0],
            Self::Run(2) => &[10.0, 3.0, 2.0, 3.0],
            Self::Run(3) => &[14.0, 3.0],
            Self::Run(_) => &[10.0, 3.0, 2.0, 3.0, 2.0, 3.0],
            Self::Published(0) => &[6.0, 4.0],
            Self::Published(_) => &[6.0, 3.0, 1.5, 3.0],
        }
    }

    /// Width in pixels.
    pub fn width(self) -> f32 {
        match self {
            Self::Run(_) => 2.0,
            Self::Published(_) => 1.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_strategies_look_the_same_in_every_report() {
        let alone = Looks::of(["activelab"]).look("activelab");
        let among = Looks::of(["mine", "random", "crowdlab", "activelab"]);
        assert_eq!((among.look("activelab"), among.look("crowdlab")), (alone, alone));
        assert_eq!(alone.colour.rgb(), [213, 94, 0]);
        assert!(among.look("mine").colour != among.look("random").colour);
    }

    #[test]
    fn unknown_strategies_take_free_colours_in_order_and_levels_share_theirs() {
        let looks = Looks::of(["random", "a", "b"]);
        let colours = ["random", "a", "b"].map(|name| looks.look(name).colour);
        assert!(colours[0] != colours[1] && colours[1] != colours[2] && colours[0] != colours[2]);
        let looks = Looks::of(["multi@0.6", "single@0.6", "multi@0.7", "single@0.7"]);
        let [a, b, c, d] =
            ["multi@0.6", "single@0.6", "multi@0.7", "single@0.7"].map(|name| looks.look(name));
        assert!(a.colour == b.colour && c.colour == d.colour && a.colour != c.colour);
        assert!(a.shape == c.shape && a.shape != b.shape && (a.arm, b.arm) == (0, 1));
        assert_eq!((looks.arms(), Looks::of(["random"]).arms()), (2, 1));
    }

    #[test]
    fn more_strategies_than_colours_still_differ() {
        let names: Vec<String> = (0..16).map(|index| format!("s{index}")).collect();
        let looks = Looks::of(names.iter().map(String::as_str));
        let mut seen: Vec<(Colour, Shape)> = Vec::new();
        for name in &names {
            let look = looks.look(name);
            assert!(!seen.contains(&(look.colour, look.shape)), "{name}");
            seen.push((look.colour, look.shape));
        }
    }
}
