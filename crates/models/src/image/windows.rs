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
}

impl Geometry {
    pub(super) fn conv(conv: &Conv, side: [usize; 2]) -> Self {
        Self::square(conv.size, conv.stride, conv.pad, side)
    }

    pub(super) fn pool(pool: Pool, side: [usize; 2]) -> Self {
        Self::square(pool.size, pool.stride, pool.pad, side)
    }

    /// Square windows.
    pub(super) fn square(size: usize, stride: usize, pad: usize, side: [usize; 2]) -> Self {
        Self { side, size: [size; 2], stride, pad }
    }

    /// One window over everything.
    pub(super) fn whole(side: [usize; 2]) -> Self {
        Self { side, size: side, stride: 1, pad: 0 }
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
        let mut table = Vec::with_capacity(rows * columns * self.size[0] * self.size[1]);
        for row in 0..rows {
            for column in 0..columns {
                for down in 0..self.size[0] {
                    for right in 0..self.size[1] {
                        let read = inside(row, down, height).zip(inside(column, right, width));
                        table.push(read.map_or(-1, |(row, column)| (row * width + column) as i32));
                    }
                }
            }
        }
        table
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
        Self {
            forward: upload(Table { values: &forward, ins, outs }),
            back: upload(Table { values: &back, ins: outs, outs: ins }),
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
        let geometry = Geometry { side: [3, 4], size: [3, 3], stride: 1, pad: 1 };
        assert_eq!(geometry.written(), [3, 4]);
        let table = geometry.forward();
        assert_eq!(table[..9], [-1, -1, -1, -1, 0, 1, -1, 4, 5]);
        assert_eq!(table[9 * 6..9 * 7], [1, 2, 3, 5, 6, 7, 9, 10, 11]);
    }

    #[test]
    fn strides_skip_and_windows_that_do_not_fit_are_left_out() {
        let geometry = Geometry { side: [5, 5], size: [2, 2], stride: 2, pad: 0 };
        assert_eq!(geometry.written(), [2, 2]);
        assert_eq!(geometry.forward()[12..], [12, 13, 17, 18]);
    }
}
