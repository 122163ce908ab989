//! A picture as PNG, two pixels for each of its own, with its letters filled as outlines.

use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};

use super::{
    letters::Letters,
    marker::Shape,
    scene::{Anchor, Mark, Point, Scene},
    style::Colour,
};

/// Screens of today show two or more pixels where a picture counts one.
const SCALE: f64 = 2.0;

/// The PNG file.
pub(super) fn png(scene: &Scene) -> Vec<u8> {
    let side = |length: f64| (length * SCALE).round() as u32;
    let pixmap = Pixmap::new(side(scene.width), side(scene.height));
    let mut pixmap = pixmap.expect("the size of a picture should not be zero");
    pixmap.fill(tiny_skia::Color::WHITE);
    let letters = Letters::new();
    for mark in &scene.marks {
        draw(&mut pixmap, &letters, mark);
    }
    pixmap.encode_png().expect("memory should take a picture")
}

fn draw(pixmap: &mut Pixmap, letters: &Letters, mark: &Mark) {
    let scaled = Transform::from_scale(SCALE as f32, SCALE as f32);
    match mark {
        Mark::Area { outline, colour, opacity, .. } => {
            fill(pixmap, path(outline, true), paint(*colour, *opacity), scaled);
        }
        Mark::Line { points, colour, width, dash, .. } => {
            let Some(path) = path(points, false) else { return };
            let stroke = Stroke {
                width: *width,
                line_join: LineJoin::Round,
                line_cap: LineCap::Butt,
                dash: StrokeDash::new(dash.lengths().to_vec(), 0.0),
                ..Stroke::default()
            };
            pixmap.stroke_path(&path, &paint(*colour, 1.0), &stroke, scaled, None);
        }
        Mark::Markers { centres, shape, radius, colour } => {
            for &(x, y) in centres {
                let marker = match shape {
                    Shape::Circle => PathBuilder::from_circle(x as f32, y as f32, *radius as f32),
                    _ => path(&shape.corners((x, y), *radius), true),
                };
                fill(pixmap, marker, paint(*colour, 1.0), scaled);
            }
        }
        Mark::Text { at: (x, y), text, size, anchor, turned } => {
            let back = letters.width(text, *size)
                * match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                };
            let turn = if *turned { Transform::from_rotate(-90.0) } else { Transform::identity() };
            let place = turn.pre_translate(-back as f32, 0.0).post_translate(*x as f32, *y as f32);
            let place = place.post_concat(scaled);
            fill(pixmap, letters.outline(text, *size), paint(Colour::INK, 1.0), place);
        }
    }
}

fn fill(pixmap: &mut Pixmap, path: Option<Path>, paint: Paint<'_>, place: Transform) {
    if let Some(path) = path {
        pixmap.fill_path(&path, &paint, FillRule::Winding, place, None);
    }
}

fn paint(colour: Colour, opacity: f32) -> Paint<'static> {
    let [red, green, blue] = colour.rgb();
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (opacity * 255.0).round() as u8);
    paint.anti_alias = true;
    paint
}

/// None where there is no line to draw, as for a single point.
fn path(points: &[Point], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (place, &(x, y)) in points.iter().enumerate() {
        match place {
            0 => path.move_to(x as f32, y as f32),
            _ => path.line_to(x as f32, y as f32),
        }
    }
    if closed {
        path.close();
    }
    path.finish()
}
