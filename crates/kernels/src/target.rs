//! Where in the result a cube writes: the rows of a matrix one after the other, or those
//! that a phase of the windows has.

use cubecl::prelude::*;

/// Where a cube's sums go: to rows `first_row` and following, columns `first_column` and
/// following of a matrix of `end_row` x `end_column` that begins `start` rows down the result.
#[derive(CubeType, Clone, Copy)]
pub(crate) struct Target {
    pub start: usize,
    pub first_row: usize,
    pub first_column: usize,
    pub end_row: usize,
    pub end_column: usize,
    /// Rows of an image that a phase writes, and all that it has.
    pub outs: usize,
    pub image: usize,
    /// Where the places of the phase begin.
    pub phase: usize,
}

#[cube]
impl Target {
    /// The row of the result for a row of the matrix, and whether there is one.
    pub(crate) fn row(
        &self,
        places: &[i32],
        row: usize,
        #[comptime] phased: bool,
    ) -> (usize, bool) {
        let to = self.start + row;
        let there = row < self.end_row;
        if comptime!(phased) {
            let place = places[self.phase + to % self.outs];
            (to / self.outs * self.image + usize::cast_from(place), there && place >= 0)
        } else {
            (to, there)
        }
    }
}
