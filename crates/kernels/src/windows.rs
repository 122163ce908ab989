//! Which rows of an image every position of the result reads.

use cubecl::std::tensor::TensorHandle;

use crate::array::length;

/// A table for one image that serves all of them.
#[derive(Clone, Debug)]
pub struct Windows {
    /// i32 `[outs, taps]`: the row of the image, or -1 where there is none (a row of zeros).
    pub table: TensorHandle,
    /// Rows of an image that is read.
    pub ins: usize,
    /// Rows of an image that is written.
    pub outs: usize,
    /// Rows that one written row reads.
    pub taps: usize,
    /// The same sorted by which taps are of use, which spares products the others.
    pub phases: Option<Phases>,
}

/// Windows of which a row uses few taps: rows that use the same ones are a phase. Taps of a
/// phase follow each other.
#[derive(Clone, Debug)]
pub struct Phases {
    /// i32 `[phases, rows of a phase, most taps of a phase]`: as in [`Windows::table`].
    pub table: TensorHandle,
    /// i32 `[phases, rows of a phase]`: the row of the image that is written, or -1 for none.
    pub places: TensorHandle,
    /// i32 `[phases, 2]`: the first tap, and how many there are.
    pub taps: TensorHandle,
}

/// Windows as the kernel asks for them: phase by phase, or all in one that is none.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub table: &'a TensorHandle,
    pub places: &'a TensorHandle,
    pub taps: &'a TensorHandle,
    /// Whether `places` and `taps` are asked.
    pub phased: bool,
    pub phases: usize,
    /// Rows of a phase, and most taps of a row.
    pub outs: usize,
    pub most_taps: usize,
    /// All taps, and the rows of an image that is read and that is written.
    pub all_taps: usize,
    pub ins: usize,
    pub image: usize,
}

impl Windows {
    /// Without phases.
    pub(crate) fn whole(&self) -> Tables<'_> {
        let Self { table, ins, outs, taps, .. } = self;
        Tables {
            table,
            places: table,
            taps: table,
            phased: false,
            phases: 1,
            outs: *outs,
            most_taps: *taps,
            all_taps: *taps,
            ins: *ins,
            image: *outs,
        }
    }

    /// By phases, if there are any.
    pub(crate) fn by_phases(&self) -> Tables<'_> {
        let Some(Phases { table, places, taps }) = &self.phases else { return self.whole() };
        let [phases, outs, most_taps] = [0, 1, 2].map(|axis| length(table, axis));
        Tables { table, places, taps, phased: true, phases, outs, most_taps, ..self.whole() }
    }
}
