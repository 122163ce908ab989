//! What is multiplied, for whoever watches launches: CubeCL tells them the name of a
//! kernel, which is the same for every product.

use std::cell::Cell;
use std::fmt;

thread_local! {
    static LAUNCHED: Cell<Option<Multiplied>> = const { Cell::new(None) };
}

/// Lengths of a product or of a gram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplied {
    /// Whether rows are multiplied with rows, as the gradient of weights asks.
    pub gram: bool,
    /// Rows of all images of all members.
    pub rows: usize,
    /// Positions that a window reads, in all phases together.
    pub taps: usize,
    /// Channels of gathered rows.
    pub inputs: usize,
    /// Columns of the other side.
    pub outputs: usize,
    /// Parts of the rows with taps of their own.
    pub phases: usize,
}

impl Multiplied {
    /// What this thread has launched since the last call, if it was a product or a gram.
    pub fn take() -> Option<Self> {
        LAUNCHED.take()
    }

    /// To be called right before the launch.
    pub(crate) fn announce(self) {
        LAUNCHED.set(Some(self));
    }

    /// Floating-point operations, two per multiplication that is added; phases are taken for
    /// equally large.
    pub fn flop(&self) -> f64 {
        let factors = [self.rows, self.taps, self.inputs, self.outputs].map(|n| n as f64);
        2.0 * factors.iter().product::<f64>() / self.phases as f64
    }
}

impl fmt::Display for Multiplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gram, rows, taps, inputs, outputs, phases } = *self;
        let word = if gram { "gram" } else { "product" };
        write!(f, "{word} of {rows} rows, {taps} x {inputs} to {outputs}")?;
        if phases > 1 {
            write!(f, " in {phases} phases")?;
        }
        Ok(())
    }
}
