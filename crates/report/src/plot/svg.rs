//! A picture as SVG: text stays text, every curve carries its name as a tooltip.

use std::fmt::Write;

use super::{
    scene::{Anchor, HEIGHT, Mark, Point, Scene, WIDTH},
    style::Colour,
};

/// The SVG document.
pub(super) fn svg(scene: &Scene) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"DejaVu Sans, Verdana, sans-serif\" fill=\"#222222\">\n\
         <title>{}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n",
        escape(&scene.title)
    );
    for mark in &scene.marks {
        text.push_str(&element(mark));
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

fn element(mark: &Mark) -> String {
    match mark {
        Mark::Area { outline, colour, opacity } => format!(
            "<path d=\"{}Z\" fill=\"{}\" fill-opacity=\"{opacity}\"/>",
            path(outline),
            hex(*colour)
        ),
        Mark::Line { points, colour, width, dash, name } => {
            let lengths: Vec<String> = dash.lengths().iter().map(ToString::to_string).collect();
            let dashes = match lengths.is_empty() {
                true => String::new(),
                false => format!(" stroke-dasharray=\"{}\"", lengths.join(" ")),
            };
            let name = name.as_ref().map(|name| format!("<title>{}</title>", escape(name)));
            format!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
                 stroke-linejoin=\"round\"{dashes}>{}</path>",
                path(points),
                hex(*colour),
                name.unwrap_or_default()
            )
        }
        Mark::Dot { centre: (x, y), radius, colour } => {
            format!(
                "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"{}\"/>",
                hex(*colour)
            )
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

fn path(points: &[Point]) -> String {
    let mut text = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        write!(text, "{command}{x:.2} {y:.2}").expect("a string should take text");
    }
    text
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
