//! Max-pooling and the way of its gradient back: to the first of the largest,
//! in the order of rows, as PyTorch does.

use super::lanes::{LANES, Lanes};
use super::plane::{Plane, Shape};
use crate::image::architecture::Pool;

/// The largest value of every window of a chunk of images.
pub(super) fn pool(pool: Pool, from: (&[Lanes], Shape), to: (&mut [Lanes], Shape)) {
    let (source, shape) = from;
    let planes = source.chunks_exact(shape.plane.len());
    for (source, dest) in planes.zip(to.0.chunks_exact_mut(to.1.plane.len())) {
        for (row, dest) in to.1.plane.rows_mut(dest).enumerate() {
            for (column, dest) in dest.iter_mut().enumerate() {
                let window = window(pool, [row, column], shape.plane);
                let values = window.map(|[row, column]| &source[shape.plane.at(row, column)]);
                *dest = values.fold(Lanes::splat(f32::NEG_INFINITY), larger);
            }
        }
    }
}

#[inline(always)]
fn larger(largest: Lanes, value: &Lanes) -> Lanes {
    let mut result = largest;
    for lane in 0..LANES {
        if value.0[lane] > largest.0[lane] || value.0[lane].is_nan() {
            result.0[lane] = value.0[lane];
        }
    }
    result
}

/// The pixels of window `at` that lie inside the plane.
fn window(pool: Pool, at: [usize; 2], plane: Plane) -> impl Iterator<Item = [isize; 2]> {
    let range = |at: usize, n: usize| {
        let first = (at * pool.stride) as isize - pool.pad as isize;
        first.max(0)..(first + pool.size as isize).min(n as isize)
    };
    let columns = range(at[1], plane.width);
    range(at[0], plane.height).flat_map(move |row| columns.clone().map(move |column| [row, column]))
}

/// Adds the gradient of a pooled map, `[image][block][pixel]`, to the gradient
/// of the map it came from, of shape `to.1`.
pub(super) fn unpool(
    pool: Pool,
    from: (&[Lanes], Shape),
    gradient: (&[Lanes], Plane),
    to: (&mut [Lanes], Shape),
) {
    let (source, shape) = from;
    let planes = source.chunks_exact(shape.plane.len());
    let gradients = gradient.0.chunks_exact(gradient.1.len());
    let dests = to.0.chunks_exact_mut(to.1.plane.len());
    for ((source, gradient_plane), dest) in planes.zip(gradients).zip(dests) {
        for (row, gradients) in gradient.1.rows(gradient_plane).enumerate() {
            for (column, gradient) in gradients.iter().enumerate() {
                for lane in 0..LANES {
                    let window = window(pool, [row, column], shape.plane);
                    let value = |at: [isize; 2]| source[shape.plane.at(at[0], at[1])].0[lane];
                    let first =
                        window.reduce(|best, at| if value(at) > value(best) { at } else { best });
                    let [row, column] = first.expect("a window should overlap the map");
                    dest[to.1.plane.at(row, column)].0[lane] += gradient.0[lane];
                }
            }
        }
    }
}
