//! Which positions of a map every position of the next one reads: index tables
//! of convolutions and max-pools, in both directions. A map is a list of rows,
//! one per position; a table is for one image and serves all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::architecture::{Conv, Pool};

/// What a table follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Geometry {
    /// Height and width of the map that is read.
    pub(super) side: [usize; 2],
    /// Height and width of the window.
    size: [usize; 2],
    stride: usize,
    pad: usize,
    /// Whether the taps are in the order of a kernel with this stride; else they are
    /// row by row, as ties of maxima ask.
    is_kernel: bool,
}

/// The taps of a kernel, down and right, in the order in which devices keep them: those
/// that can read the same position are together.
pub(super) fn taps([height, width]: [usize; 2], stride: usize) -> Vec<[usize; 2]> {
    let row = |down| (0..width).map(move |right| [down, right]);
    let mut taps: Vec<_> = (0..height).flat_map(row).collect();
    taps.sort_by_key(|tap| tap.map(|along| along % stride));
    taps
}

impl Geometry {
    pub(super) fn conv(conv: &Conv, side: [usize; 2]) -> Self {
        Self::kernel(conv.size, conv.stride, conv.pad, side)
    }

    /// Square windows of a kernel.
    pub(super) fn kernel(size: usize, stride: usize, pad: usize, side: [usize; 2]) -> Self {
        Self { is_kernel: true, ..Self::square(size, stride, pad, side) }
    }

    pub(super) fn pool(pool: Pool, side: [usize; 2]) -> Self {
        Self::square(pool.size, pool.stride, pool.pad, side)
    }

    /// Square windows.
    pub(super) fn square(size: usize, stride: usize, pad: usize, side: [usize; 2]) -> Self {
        Self { side, size: [size; 2], stride, pad, is_kernel: false }
    }

    /// One window over everything.
    pub(super) fn whole(side: [usize; 2]) -> Self {
        Self { side, size: side, stride: 1, pad: 0, is_kernel: false }
    }

    /// Height and width of the map that is written.
    pub(super) fn written(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let room = (self.side[axis] + 2 * self.pad).checked_sub(self.size[axis]);
            room.map_or(0, |room| room / self.stride + 1)
        })
    }

    /// Per written position and tap the position read, -1 in the padding.
    fn forward(&self) -> Vec<i32> {
        let [height, width] = self.side;
        let inside = |at: usize, tap: usize, n: usize| {
            (at * self.stride + tap).checked_sub(self.pad).filter(|&at| at < n)
        };
        let [rows, columns] = self.written();
        let taps = taps(self.size, if self.is_kernel { self.stride } else { 1 });
        let mut table = Vec::with_capacity(rows * columns * taps.len());
        for row in 0..rows {
            for column in 0..columns {
                table.extend(taps.iter().map(|&[down, right]| {
                    let read = inside(row, down, height).zip(inside(column, right, width));
                    read.map_or(-1, |(row, column)| (row * width + column) as i32)
                }));
            }
        }
        table
    }

    /// The way back by phases, if there are several: what `back` tells of all taps.
    fn phases(&self, back: &[i32]) -> Option<Phases> {
        if !self.is_kernel || self.stride == 1 {
            return None;
        }
        let order = taps(self.size, self.stride);
        let rest = |at: [usize; 2]| at.map(|along| along % self.stride);
        let mut first = 0;
        let phases = (0..self.stride * self.stride).map(|phase| {
            let phase = [phase / self.stride, phase % self.stride];
            let number = order.iter().filter(|&&tap| rest(tap) == phase).count();
            let own = first..first + number;
            first += number;
            let [height, width] = self.side;
            let places = (0..height * width)
                .filter(|at| rest([at / width + self.pad, at % width + self.pad]) == phase);
            (own, places.collect::<Vec<_>>())
        });
        let phases: Vec<_> = phases.collect();
        let outs = phases.iter().map(|(_, places)| places.len()).max()?;
        let most = phases.iter().map(|(own, _)| own.len()).max()?;
        let mut found = Phases { number: phases.len(), outs, ..Phases::default() };
        for (own, places) in phases {
            found.taps.extend([own.start as i32, own.len() as i32]);
            for at in 0..outs {
                let place = places.get(at);
                found.places.push(place.map_or(-1, |&place| place as i32));
                let reads =
                    place.map_or(&[][..], |place| &back[place * order.len()..][own.clone()]);
                let none = std::iter::repeat_n(-1, most - reads.len());
                found.table.extend(reads.iter().copied().chain(none));
            }
        }
        Some(found)
    }
}

/// A table on a device, in one direction: per written position and tap the position
/// read, or -1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    pub(super) values: &'a [i32],
    /// Positions of an image that is read.
    pub(super) ins: usize,
    /// Positions of an image that is written.
    pub(super) outs: usize,
    /// The same sorted by the taps that read anything, where most do not.
    pub(super) phases: Option<&'a Phases>,
}

/// The way back through a strided kernel: which of its taps a position was read through
/// depends on what its row and column leave when they are divided by the stride. Positions
/// of one phase have the same few taps, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Phases {
    pub(super) number: usize,
    /// Positions of a phase, the least number that is enough for each.
    pub(super) outs: usize,
    /// Per phase its first tap and how many there are.
    pub(super) taps: Vec<i32>,
    /// Per phase its positions, then -1.
    pub(super) places: Vec<i32>,
    /// Per phase, position and tap of the phase the position read, or -1.
    pub(super) table: Vec<i32>,
}

/// Both directions of a geometry on a device.
pub(super) struct Slide<W> {
    /// What a written position reads.
    pub(super) forward: W,
    /// Per position read and tap the position that reads it through that tap.
    pub(super) back: W,
    /// Height and width of the map that is written.
    pub(super) written: [usize; 2],
}

impl<W> Slide<W> {
    fn new(geometry: &Geometry, upload: impl Fn(Table<'_>) -> W) -> Self {
        let forward = geometry.forward();
        let [ins, outs] = [geometry.side, geometry.written()].map(|[height, width]| height * width);
        let taps = geometry.size[0] * geometry.size[1];
        let mut back = vec![-1; ins * taps];
        for (place, &read) in forward.iter().enumerate().filter(|(_, read)| **read >= 0) {
            back[read as usize * taps + place % taps] = (place / taps) as i32;
        }
        let phases = geometry.phases(&back);
        Self {
            forward: upload(Table { values: &forward, ins, outs, phases: None }),
            back: upload(Table { values: &back, ins: outs, outs: ins, phases: phases.as_ref() }),
            written: geometry.written(),
        }
    }
}

/// The tables that a network has needed so far.
pub(super) struct Slides<W> {
    upload: Box<dyn Fn(Table<'_>) -> W + Send + Sync>,
    known: Mutex<BTreeMap<Geometry, Arc<Slide<W>>>>,
}

impl<W> Slides<W> {
    /// `upload` puts a table on the device.
    pub(super) fn new(upload: impl Fn(Table<'_>) -> W + Send + Sync + 'static) -> Self {
        Self { upload: Box::new(upload), known: Mutex::default() }
    }

    pub(super) fn of(&self, geometry: Geometry) -> Arc<Slide<W>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let slide = known.entry(geometry);
        Arc::clone(slide.or_insert_with(|| Arc::new(Slide::new(&geometry, &self.upload))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_reads_its_neighbourhood_and_nothing_in_the_padding() {
        let geometry = Geometry { side: [3, 4], size: [3, 3], stride: 1, pad: 1, is_kernel: true };
        assert_eq!(geometry.written(), [3, 4]);
        let table = geometry.forward();
        assert_eq!(table[..9], [-1, -1, -1, -1, 0, 1, -1, 4, 5]);
        assert_eq!(table[9 * 6..9 * 7], [1, 2, 3, 5, 6, 7, 9, 10, 11]);
    }

    #[test]
    fn strides_skip_and_windows_that_do_not_fit_are_left_out() {
        let geometry = Geometry { side: [5, 5], size: [2, 2], stride: 2, pad: 0, is_kernel: false };
        assert_eq!(geometry.written(), [2, 2]);
        assert_eq!(geometry.forward()[12..], [12, 13, 17, 18]);
    }

    /// Position, tap and what is read, wherever anything is.
    fn reads(table: &[i32], taps: usize) -> Vec<(usize, usize, i32)> {
        let reads = table.iter().enumerate().map(|(at, &read)| (at / taps, at % taps, read));
        reads.filter(|&(_, _, read)| read >= 0).collect()
    }

    #[test]
    fn phases_hold_every_position_once_and_all_that_the_way_back_reads() {
        for (side, size, stride, pad) in [
            ([4, 4], 3, 2, 1),
            ([5, 6], 3, 2, 1),
            ([7, 7], 3, 3, 0),
            ([8, 5], 4, 2, 1),
            ([5, 4], 1, 2, 0),
        ] {
            let geometry = Geometry::kernel(size, stride, pad, side);
            let told = std::cell::RefCell::new((Vec::new(), None));
            let _ = Slide::new(&geometry, |table| {
                *told.borrow_mut() = (table.values.to_vec(), table.phases.cloned());
            });
            let (back, phases) = told.into_inner();
            let phases = phases.expect("a stride above 1");
            let (n, taps) = (side[0] * side[1], size * size);
            let most = phases.table.len() / phases.places.len();
            assert!(
                taps >= most
                    && taps == phases.taps.chunks(2).map(|own| own[1] as usize).sum::<usize>()
            );
            let places = |at: usize| phases.places[at] as usize;
            let mut seen: Vec<_> =
                (0..phases.places.len()).map(places).filter(|&at| at < n).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>());
            let whole = |(at, tap, read): (usize, usize, i32)| {
                (places(at), phases.taps[at / phases.outs * 2] as usize + tap, read)
            };
            let mut found: Vec<_> = reads(&phases.table, most).into_iter().map(whole).collect();
            found.sort_unstable();
            assert_eq!(found, reads(&back, taps), "{side:?} {size} {stride}");
        }
    }

    #[test]
    fn pools_and_kernels_that_take_every_position_have_no_phases() {
        let pool = Geometry::square(2, 2, 0, [4, 4]);
        for geometry in [pool, Geometry::kernel(3, 1, 1, [4, 4])] {
            let _ = Slide::new(&geometry, |table| assert_eq!(table.phases, None));
        }
    }
}
