//! What a network costs: multiply-adds of its convolutions and its linear layer.
//! Everything else (normalisation, activation, pooling) is left out, as is usual.

use super::architecture::{Architecture, Layer, Unit};

impl Architecture {
    /// Multiply-adds of the forward pass for one image of `side` x `side` pixels.
    /// A training step costs about three times as many: the gradients of inputs
    /// and of weights are as large as the forward pass.
    pub fn multiply_adds(&self, side: usize) -> u64 {
        let mut side = side;
        let mut total = 0;
        for layer in &self.layers {
            side = match layer {
                Layer::Unit(unit) => chain([unit], side, &mut total),
                Layer::Pool(pool) => pool.side(side),
                Layer::Residual { branch, shortcut } => {
                    chain(shortcut, side, &mut total);
                    chain(branch, side, &mut total)
                }
            };
        }
        total + (self.head.from * self.n_classes) as u64
    }
}

/// Adds what the units cost one after the other; the side of the last one's output.
fn chain<'a>(units: impl IntoIterator<Item = &'a Unit>, side: usize, total: &mut u64) -> usize {
    units.into_iter().fold(side, |side, unit| {
        let conv = &unit.conv;
        let kernel = conv.from * conv.to * conv.size * conv.size;
        *total += (kernel * conv.side(side).pow(2)) as u64;
        unit.side(side)
    })
}

#[cfg(test)]
mod tests {
    use super::super::net_kind::{NetKind, NetSpec};
    use super::*;

    /// Figures that the field quotes: 1.82 G for torchvision's ResNet-18 at 224
    /// pixels, 4.09 G for ResNet-50, 0.56 G for the ResNet-18 of small images.
    #[test]
    fn multiply_adds_are_the_known_ones() {
        let giga = |spec: &NetSpec, n_classes, side| {
            Architecture::new(spec, 3, n_classes).multiply_adds(side) as f64 / 1e9
        };
        let imagenet = |kind| giga(&NetSpec::imagenet(kind), 1000, 224);
        assert!((imagenet(NetKind::Resnet18) - 1.814).abs() < 0.005);
        assert!((imagenet(NetKind::Resnet50) - 4.089).abs() < 0.005);
        assert!((giga(&NetSpec::small(NetKind::Resnet18), 10, 32) - 0.5555).abs() < 0.002);
    }
}
