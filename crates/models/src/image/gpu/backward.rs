//! The backward pass: from the slopes of a loss in the class scores to those in
//! every trained tensor, by the chain rule over the trace of a forward pass. The
//! slopes of a tensor are left in its place of the pass's array.

use relabel_kernels as kernels;
use relabel_kernels::{Activation, Array, LineSlopes, Lines};

use super::forward::{HeadTrace, LayerTrace, Pass, PoolTrace, Trace, UnitTrace, activation};
use crate::image::architecture::{Architecture, Head, KernelStart, Layer, Unit};

/// Slopes in the trained tensors of `net` from those in its scores, `[images, classes]`
/// before the head's scale; left in `found`.
pub(super) fn gradients(
    pass: &Pass<'_>,
    net: &Architecture,
    trace: Trace,
    scores: &Array,
    found: &Array,
) {
    let back = Backward { pass, found };
    let mut slopes = back.head(&net.head, &trace.head, scores);
    if let Some(gate) = trace.layers.last().and_then(LayerTrace::gate) {
        slopes = kernels::gated(pass.client, &slopes, gate);
    }
    let mut layers = net.layers.iter().zip(trace.layers).rev().peekable();
    while let Some((layer, trace)) = layers.next() {
        let before = layers.peek().map(|(_, trace)| trace);
        let Some(found) = back.layer(layer, &trace, slopes, before) else { break };
        slopes = found;
    }
}

struct Backward<'a> {
    pass: &'a Pass<'a>,
    found: &'a Array,
}

impl Backward<'_> {
    /// Slopes in the rows that the head was given.
    fn head(&self, head: &Head, trace: &HeadTrace, scores: &Array) -> Array {
        let Pass { client, store, .. } = *self.pass;
        if head.bias {
            let (bias, shift) = (store.single("fc", "bias"), &self.slot("fc", "bias"));
            let found = LineSlopes { scale: None, shift };
            let lines = Lines::Shift(&bias);
            kernels::line_gradient(client, &trace.product, lines, Activation::None, scores, found);
        }
        let weights = store.single("fc", "weight");
        let slot = self.slot("fc", "weight");
        let by = self.pass.head_multiplier();
        kernels::gram(client, by, &trace.features, &trace.slide.forward, scores, &slot);
        let format = store.weights("fc", "weight").dtype;
        let slopes = kernels::rows_of_scores(client, scores, &weights, trace.positions, format);
        match &trace.pool {
            Some(pool) => self.pool(pool, &slopes),
            None => slopes,
        }
    }

    /// Slopes in the rows that the layer was given, behind the gate of the layer `before`;
    /// of the first layer nobody wants them.
    fn layer(
        &self,
        layer: &Layer,
        trace: &LayerTrace,
        slopes: Array,
        before: Option<&LayerTrace>,
    ) -> Option<Array> {
        let (client, gate) = (self.pass.client, before.and_then(LayerTrace::gate));
        let found = match (layer, trace) {
            (Layer::Unit(unit), LayerTrace::Unit(trace)) => {
                self.unit(unit, trace, &slopes, before.is_some())?
            }
            (Layer::Pool(_), LayerTrace::Pool(trace)) => self.pool(trace, &slopes),
            (
                Layer::Residual { branch, shortcut },
                LayerTrace::Residual { branch: traces, shortcut: passed, .. },
            ) => {
                let passed = match shortcut.as_ref().zip(passed.as_ref()) {
                    Some((unit, trace)) => self.unit(unit, trace, &slopes, true)?,
                    None => slopes.clone(),
                };
                let mut own = slopes;
                for (unit, trace) in branch.iter().zip(traces).rev() {
                    own = self.unit(unit, trace, &own, true)?;
                }
                return Some(kernels::sum(client, &own, &passed, gate));
            }
            _ => unreachable!("a trace should follow its layers"),
        };
        Some(match gate {
            Some(gate) => kernels::gated(client, &found, gate),
            None => found,
        })
    }

    fn unit(&self, unit: &Unit, trace: &UnitTrace, slopes: &Array, wanted: bool) -> Option<Array> {
        let Pass { client, multiplier, store, .. } = *self.pass;
        let (name, norm) = (&unit.conv.name, unit.norm.as_ref());
        let scale = norm.filter(|norm| norm.scaled).map(|norm| self.slot(&norm.name, "weight"));
        let shift = &self.slot(norm.map_or(name, |norm| &norm.name), "bias");
        let found = LineSlopes { scale: scale.as_ref(), shift };
        let lines = trace.lines(unit);
        let by = activation(unit);
        let mut slopes = kernels::line_gradient(client, &trace.rows, lines, by, slopes, found);
        if let Some(pool) = &trace.pool {
            slopes = self.pool(pool, &slopes);
        }
        if unit.conv.start != KernelStart::Whitening {
            let slot = self.slot(name, "weight");
            kernels::gram(client, multiplier, &trace.input, &trace.slide.forward, &slopes, &slot);
        }
        wanted.then(|| {
            let turned = store.turned(name, "weight");
            kernels::product(client, multiplier, &slopes, &trace.slide.back, &turned)
        })
    }

    fn pool(&self, trace: &PoolTrace, slopes: &Array) -> Array {
        kernels::maxima_gradient(self.pass.client, slopes, &trace.winner, &trace.slide.back)
    }

    fn slot(&self, name: &str, word: &str) -> Array {
        self.pass.store.slot(self.found, name, word)
    }
}
