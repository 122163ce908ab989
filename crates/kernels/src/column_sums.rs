//! Sums over rows, what a batch normalisation needs of a batch and of its slopes.

use cubecl::client::Client;
use cubecl::ir::ElemType;
use cubecl::prelude::*;
use cubecl::std::tensor::TensorHandle;

use crate::addition::added;
use crate::array::{SINGLE, address, empty, length, vectors as whole};
use crate::tile::WRITTEN;

/// Units of a cube: vectors beside each other, rows above each other.
const GRID: usize = 16;
/// Rows that a cube adds up, at least.
const STRIP: usize = 256;
/// Cubes that keep a large GPU busy.
const CUBES: usize = 1024;

/// x: strips of rows, y: columns, z: members.
#[cube(launch_unchecked, address_type = "dynamic")]
fn sum<E: Float, M: Size>(
    a: &[Vector<E, M>],
    b: &[Vector<E, M>],
    centre: &[Vector<f32, M>],
    parts: &mut [Vector<f32, M>],
    positions: usize,
    vectors: usize,
    members: usize,
    strip: usize,
    #[comptime] subtract: bool,
    #[define(E)] _type: ElemType,
) {
    let column = CUBE_POS_Y as usize * GRID + UNIT_POS as usize % GRID;
    let above = UNIT_POS as usize / GRID;
    let member = CUBE_POS_Z as usize;
    let mut plain = Vector::<f32, M>::new(0.0f32);
    let mut times = Vector::<f32, M>::new(0.0f32);
    if column < vectors {
        let middle = centre[member * vectors + column];
        let first = CUBE_POS_X as usize * strip;
        for at in 0..strip.div_ceil(GRID) {
            let row = above + at * GRID;
            if row < strip && first + row < positions {
                let place = (member * positions + first + row) * vectors + column;
                let mut x = Vector::<f32, M>::cast_from(a[place]);
                if comptime!(subtract) {
                    x -= middle;
                }
                plain += x;
                times += x * (Vector::<f32, M>::cast_from(b[place]) - middle);
            }
        }
    }
    let mut plains = Shared::<[Vector<f32, M>]>::new_slice(comptime!(GRID * GRID));
    let mut products = Shared::<[Vector<f32, M>]>::new_slice(comptime!(GRID * GRID));
    plains[UNIT_POS as usize] = plain;
    products[UNIT_POS as usize] = times;
    sync_cube();
    if above == 0 && column < vectors {
        #[unroll]
        for other in 1..GRID {
            plain += plains[other * GRID + UNIT_POS as usize];
            times += products[other * GRID + UNIT_POS as usize];
        }
        let start = (CUBE_POS_X as usize * members + member) * 2 * vectors;
        parts[start + column] = plain;
        parts[start + vectors + column] = times;
    }
}

/// `[members, 2, channels]` in single precision: per member and channel the sums of
/// a' and of a' (b - centre), where a' is a - centre if `subtract` and else a.
///
/// `a` and `b` are `[members * positions, channels]` of one type, `centre`
/// `[members, .., channels]` in single precision.
///
/// # Panics
/// If channels are not a multiple of [`crate::GRAIN`], or lengths do not fit.
pub fn column_sums(
    client: &Client,
    a: &TensorHandle,
    b: &TensorHandle,
    centre: &TensorHandle,
    subtract: bool,
) -> TensorHandle {
    let [rows, channels] = [0, 1].map(|at| length(a, at));
    assert!(channels.is_multiple_of(crate::GRAIN), "channels should be a multiple of the grain");
    assert_eq!(a.shape(), b.shape(), "both factors should have one shape");
    let members = length(centre, 0);
    let (positions, vectors) = (rows / members, channels / WRITTEN);
    let beside = vectors.div_ceil(GRID);
    let strips = CUBES.div_ceil(beside * members).min(positions.div_ceil(STRIP)).max(1);
    let strip = positions.div_ceil(strips);
    let strips = positions.div_ceil(strip);
    let parts = empty(client, &[strips, members, 2, channels], SINGLE);
    // SAFETY: rows end at `positions`, columns at `vectors`, and parts are as many as cubes.
    unsafe {
        sum::launch_unchecked(
            client,
            CubeCount::Static(strips as u32, beside as u32, members as u32),
            CubeDim::new_1d((GRID * GRID) as u32),
            address([a]),
            WRITTEN,
            whole(a, WRITTEN),
            whole(b, WRITTEN),
            whole(centre, WRITTEN),
            whole(&parts, WRITTEN),
            positions,
            vectors,
            members,
            strip,
            subtract,
            a.dtype,
        );
    }
    added(client, parts, &[members, 2, channels])
}
