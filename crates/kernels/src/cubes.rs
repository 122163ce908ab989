//! The cubes of a launch by one number, since no API allows many of them along one axis.

use cubecl::prelude::*;

/// Cubes along one axis, at most: what every API allows.
const MOST: usize = 32_768;

/// `number` cubes, or a few more, in x and y, and `deep` such layers in z.
pub(crate) fn cubes(number: usize, deep: usize) -> CubeCount {
    let across = number.clamp(1, MOST);
    let [x, y, z] = [across, number.div_ceil(across), deep].map(|n| n as u32);
    CubeCount::Static(x, y, z)
}

/// The number of this cube in its layer.
#[cube]
pub(crate) fn cube_number() -> usize {
    CUBE_POS_X as usize + (CUBE_POS_Y * CUBE_COUNT_X) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_cubes_is_launched_within_the_limits_of_an_axis() {
        for number in [1, 31, MOST, MOST + 1, 100_000, 1 << 27] {
            let CubeCount::Static(x, y, z) = cubes(number, 3) else { panic!("not static") };
            assert!(x.max(y).max(z) < 1 << 16, "{number}: {x} {y} {z}");
            let all = x as usize * y as usize;
            assert!((number..number + x as usize).contains(&all), "{number}: {x} {y}");
        }
    }
}
