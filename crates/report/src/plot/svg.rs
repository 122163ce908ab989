//! A picture as SVG: text stays text, every curve carries its name as a tooltip. On a
//! page the colours are variables of its style sheet, so that they follow the theme.

use std::fmt::Write;

use super::{
    marker::Shape,
    scene::{Anchor, Mark, Point, Scene},
    style::{Colour, hex},
};

/// Where a picture will be looked at.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// On white, in a file of its own.
    File,
    /// On a page that declares the colours.
    Page,
}

/// The SVG element.
pub(super) fn svg(scene: &Scene, place: Place) -> String {
    let Scene { title, width, height, marks } = scene;
    let (width, height) = (width.round(), height.round());
    let ink = place.colour(Colour::INK);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"DejaVu Sans, Verdana, sans-serif\" fill=\"{ink}\">\n<title>{}</title>\n",
        escape(title)
    );
    if place == Place::File {
        writeln!(text, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>")
            .expect("a string should take text");
    }
    for mark in marks {
        text.push_str(&place.element(mark));
        text.push('\n');
    }
    text + "</svg>\n"
}

/// Text that may stand between tags or in an attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(letter),
            // XML has no way to write these.
            _ if letter.is_control() => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

impl Place {
    fn colour(self, colour: Colour) -> String {
        match self {
            Self::File => hex(colour.rgb()),
            Self::Page => colour.variable(),
        }
    }

    fn element(self, mark: &Mark) -> String {
        match mark {
            Mark::Area { outline, colour, opacity, name } => format!(
                "<path d=\"{}Z\" fill=\"{}\" fill-opacity=\"{opacity}\"{}",
                path(outline),
                self.colour(*colour),
                end("path", name.as_deref())
            ),
            Mark::Line { points, colour, width, dash, name } => {
                let lengths: Vec<String> = dash.lengths().iter().map(ToString::to_string).collect();
                let dashes = match lengths.is_empty() {
                    true => String::new(),
                    false => format!(" stroke-dasharray=\"{}\"", lengths.join(" ")),
                };
                format!(
                    "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
                     stroke-linejoin=\"round\"{dashes}{}",
                    path(points),
                    self.colour(*colour),
                    end("path", name.as_deref())
                )
            }
            Mark::Markers { centres, shape, radius, colour } => {
                let markers: String =
                    centres.iter().map(|&centre| marker(centre, *shape, *radius)).collect();
                format!("<path d=\"{markers}\" fill=\"{}\"/>", self.colour(*colour))
            }
            Mark::Text { at: (x, y), text, size, anchor, turned } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let turn = match turned {
                    true => format!(" transform=\"rotate(-90 {x:.2} {y:.2})\""),
                    false => String::new(),
                };
                format!(
                    "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{turn}>{}</text>",
                    escape(text)
                )
            }
        }
    }
}

/// The end of a tag, with the name inside if there is one.
fn end(tag: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("><title>{}</title></{tag}>", escape(name)),
        None => "/>".into(),
    }
}

fn marker((x, y): Point, shape: Shape, radius: f64) -> String {
    match shape {
        Shape::Circle => format!(
            "M{:.2} {y:.2}a{radius} {radius} 0 1 0 {width} 0a{radius} {radius} 0 1 0 -{width} 0Z",
            x - radius,
            width = 2.0 * radius
        ),
        _ => path(&shape.corners((x, y), radius)) + "Z",
    }
}

fn path(points: &[Point]) -> String {
    let mut text = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        write!(text, "{command}{x:.2} {y:.2}").expect("a string should take text");
    }
    text
}
