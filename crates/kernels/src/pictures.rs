//! From 8-bit pixels to the rows that a network is given: gathered, distorted,
//! standardised, mixed and resized in one go.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::array::{address, elements, empty, length, units, vectors as whole};
use crate::tile::WRITTEN;

/// Numbers that say how an image is seen, see [`pictures`].
pub const SEEN: usize = 8;

/// Images as they are kept: four 8-bit pixels to a word, the first in the lowest byte,
/// since not every device computes with bytes.
#[derive(Clone, Debug)]
pub struct Album {
    /// i32 `[images, words per image]`, pixels in the order channel, row, column.
    pub words: TensorHandle,
    /// Channels, height and width.
    pub shape: [usize; 3],
}

/// What pixels become, in single precision.
#[derive(Clone, Debug)]
pub struct Glass {
    /// Per member and channel what is subtracted and what the rest is multiplied with,
    /// `[members, 2, depth]`; channels beyond those of the images become zero.
    pub standard: TensorHandle,
    /// Height and width of what is seen (bilinear, corners not aligned), if not the images'.
    pub side: Option<[usize; 2]>,
}

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Frame {
    words: usize,
    channels: usize,
    height: usize,
    width: usize,
}

/// Where `at` + `shift` is read on an axis of `n` places that is mirrored at its ends.
#[cube]
fn reflected(at: i32, shift: i32, n: usize) -> usize {
    let last = i32::cast_from(n) - 1;
    let moved = at + shift;
    let place = select(moved < 0, -moved, moved);
    let place = select(place > last, 2 * last - place, place);
    let place = select(place < 0, 0i32, place);
    usize::cast_from(place)
}

/// Channels of one place of a distorted image, standardised.
#[cube]
fn place<M: Size>(
    words: &[i32],
    seen: &[i32],
    standard: &[Vector<f32, M>],
    frame: &Frame,
    image: usize,
    row: usize,
    column: usize,
    vector: usize,
    line: usize,
    vectors: usize,
) -> Vector<f32, M> {
    let how = image * SEEN;
    let (r, c) = (i32::cast_from(row), i32::cast_from(column));
    let (top, left, side) = (seen[how + 4], seen[how + 5], seen[how + 6]);
    let covered = r >= top && r < top + side && c >= left && c < left + side;
    let mut found = Vector::<f32, M>::new(0.0f32);
    if !covered {
        let source_row = reflected(r, seen[how + 1], frame.height);
        let mirrored = select(seen[how + 3] != 0, i32::cast_from(frame.width) - 1 - c, c);
        let source_column = reflected(mirrored, seen[how + 2], frame.width);
        let first = usize::cast_from(seen[how]) * frame.words;
        // channels that the images lack stay the mean, which becomes zero
        found = standard[line + vector];
        #[unroll]
        for lane in 0..M::value() {
            let channel = vector * M::value() + lane;
            if channel < frame.channels {
                let at = (channel * frame.height + source_row) * frame.width + source_column;
                let word = words[first + at / 4];
                let pixel = (word >> i32::cast_from(at % 4 * 8)) & 255;
                found.insert(lane, f32::cast_from(pixel));
            }
        }
        found = (found - standard[line + vector]) * standard[line + vectors + vector];
    }
    found
}

/// As `place`, or between the places around it.
#[cube]
fn look<M: Size>(
    words: &[i32],
    seen: &[i32],
    standard: &[Vector<f32, M>],
    frame: &Frame,
    image: usize,
    row: usize,
    column: usize,
    height: usize,
    width: usize,
    vector: usize,
    line: usize,
    vectors: usize,
    #[comptime] resized: bool,
) -> Vector<f32, M> {
    if comptime!(resized) {
        let (top, bottom, down) = between(row, frame.height, height);
        let (left, right, across) = between(column, frame.width, width);
        let mut sum = Vector::<f32, M>::new(0.0f32);
        #[unroll]
        for corner in 0..4usize {
            let low = comptime!(corner / 2 == 1);
            let far = comptime!(corner % 2 == 1);
            let (row, share_down) = if low { (bottom, down) } else { (top, 1.0f32 - down) };
            let (column, share_across) =
                if far { (right, across) } else { (left, 1.0f32 - across) };
            let value =
                place::<M>(words, seen, standard, frame, image, row, column, vector, line, vectors);
            sum += value * Vector::new(share_down * share_across);
        }
        sum
    } else {
        place::<M>(words, seen, standard, frame, image, row, column, vector, line, vectors)
    }
}

/// The two places of an axis of `from` that place `at` of `to` is between, and how far
/// it is from the first.
#[cube]
fn between(at: usize, from: usize, to: usize) -> (usize, usize, f32) {
    let scale = f32::cast_from(from) / f32::cast_from(to);
    let centre = (f32::cast_from(at) + 0.5f32) * scale - 0.5f32;
    let centre = select(centre < 0.0f32, 0.0f32, centre);
    let first = usize::cast_from(centre);
    let first = select(first < from - 1, first, from - 1);
    let second = select(first + 1 < from, first + 1, first);
    (first, second, centre - f32::cast_from(first))
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn see<E: Float, M: Size>(
    words: &[i32],
    seen: &[i32],
    shares: &[f32],
    standard: &[Vector<f32, M>],
    out: &mut [Vector<E, M>],
    frame: Frame,
    height: usize,
    width: usize,
    vectors: usize,
    images_of_member: usize,
    end: usize,
    #[comptime] mixing: bool,
    #[comptime] resized: bool,
    #[define(E)] _type: ElemType,
) {
    if ABSOLUTE_POS >= end {
        terminate!();
    }
    let vector = ABSOLUTE_POS % vectors;
    let position = ABSOLUTE_POS / vectors;
    let column = position % width;
    let row = position / width % height;
    let image = position / width / height;
    let member = image / images_of_member;
    let line = member * 2 * vectors;
    let mut x = look::<M>(
        words, seen, standard, &frame, image, row, column, height, width, vector, line, vectors,
        resized,
    );
    if comptime!(mixing) {
        let share = shares[member];
        let partner = usize::cast_from(seen[image * SEEN + 7]);
        let other = look::<M>(
            words, seen, standard, &frame, partner, row, column, height, width, vector, line,
            vectors, resized,
        );
        x = x * Vector::new(share) + other * Vector::new(1.0f32 - share);
    }
    out[ABSOLUTE_POS] = Vector::cast_from(x);
}

/// The rows of a batch, `[n * height * width, depth]` in the format `elem`.
///
/// `seen`, i32 `[n, 8]`, says for every image: its place in the album; how far down and
/// to the right of a place it is read, mirrored at the edges; whether it is mirrored
/// left to right before that; the top, the left and the side of a square that is wiped
/// out; and the image of the batch that is mixed in. `shares`, if given, has per member
/// what an image of its keeps of itself. Every member of `glass` has equally many images.
///
/// # Panics
/// If shapes do not fit.
pub fn pictures(
    client: &Client,
    album: &Album,
    seen: &TensorHandle,
    shares: Option<&TensorHandle>,
    glass: &Glass,
    elem: ElemType,
) -> TensorHandle {
    let [channels, height, width] = album.shape;
    let frame = FrameLaunch::new(length(&album.words, 1), channels, height, width);
    let side = glass.side.unwrap_or([height, width]);
    let [members, depth] = [0, 2].map(|at| length(&glass.standard, at));
    let n = length(seen, 0);
    assert_eq!(length(seen, 1), SEEN, "so many numbers say how an image is seen");
    assert!(n.is_multiple_of(members), "members should have equally many images");
    let share_each = shares.is_none_or(|shares| elements(shares) == members);
    assert!(share_each, "every member should have a share");
    let out = empty(client, &[n * side[0] * side[1], depth], elem);
    let end = elements(&out) / WRITTEN;
    let (count, dim) = units(client, end);
    // SAFETY: units beyond the rows stop; places are clamped to the images, and images
    // to the album by whoever says what is seen.
    unsafe {
        see::launch_unchecked(
            client,
            count,
            dim,
            address([&album.words, &out]),
            WRITTEN,
            whole(&album.words, 1),
            whole(seen, 1),
            whole(shares.unwrap_or(&glass.standard), 1),
            whole(&glass.standard, WRITTEN),
            whole(&out, WRITTEN),
            frame,
            side[0],
            side[1],
            depth / WRITTEN,
            n / members,
            end,
            shares.is_some(),
            side != [height, width],
            elem,
        );
    }
    out
}
