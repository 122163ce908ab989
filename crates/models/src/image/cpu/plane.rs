//! Where the pixels of a feature map lie: `[image][block][row][column]`, each
//! pixel sixteen channels, each plane of a block with a border of zeros that is
//! written once, so that convolutions read over the edge without asking.

use super::lanes::Pixel;

/// One block of channels of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Zeros on every side.
    pub(super) border: usize,
}

impl Plane {
    /// Distance between rows.
    pub(super) fn pitch(self) -> usize {
        self.width + 2 * self.border
    }

    /// Pixels with the border.
    pub(super) fn len(self) -> usize {
        self.pitch() * (self.height + 2 * self.border)
    }

    /// Pixels without the border.
    pub(super) fn area(self) -> usize {
        self.height * self.width
    }

    /// Where `row`, `column` lies; both count from -border.
    pub(super) fn at(self, row: isize, column: isize) -> usize {
        let inside = |place: isize| {
            usize::try_from(place + self.border as isize).expect("the border should be wide enough")
        };
        inside(row) * self.pitch() + inside(column)
    }

    /// The pixels of every row in turn.
    pub(super) fn rows<P>(self, plane: &[P]) -> impl Iterator<Item = &[P]> {
        let inner = &plane[self.border * self.pitch()..];
        let rows = inner.chunks(self.pitch()).take(self.height);
        rows.map(move |row| &row[self.border..][..self.width])
    }

    /// The same, to be written.
    pub(super) fn rows_mut<P>(self, plane: &mut [P]) -> impl Iterator<Item = &mut [P]> {
        let inner = &mut plane[self.border * self.pitch()..];
        let rows = inner.chunks_mut(self.pitch()).take(self.height);
        rows.map(move |row| &mut row[self.border..][..self.width])
    }
}

/// The shape of a feature map of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Groups of channels.
    pub(super) blocks: usize,
    pub(super) plane: Plane,
}

impl Shape {
    /// Pixels of one image.
    pub(super) fn len(self) -> usize {
        self.blocks * self.plane.len()
    }
}

/// Feature maps of several images.
#[derive(Clone, Debug)]
pub(super) struct Maps<P> {
    pub(super) shape: Shape,
    pub(super) pixels: Vec<P>,
}

impl<P: Pixel> Maps<P> {
    /// All zero.
    pub(super) fn new(shape: Shape, images: usize) -> Self {
        Self { shape, pixels: vec![P::default(); images * shape.len()] }
    }
    /// Number of images.
    pub(super) fn images(&self) -> usize {
        self.pixels.len() / self.shape.len()
    }

    /// `images` images from `first` on.
    pub(super) fn some(&self, first: usize, images: usize) -> &[P] {
        &self.pixels[first * self.shape.len()..][..images * self.shape.len()]
    }

    /// `images` images at a time.
    pub(super) fn chunks_mut(&mut self, images: usize) -> std::slice::ChunksMut<'_, P> {
        self.pixels.chunks_mut(images * self.shape.len())
    }
}
