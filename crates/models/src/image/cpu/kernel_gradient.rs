//! Gradients of kernels over a batch. Small kernels are summed by groups of
//! images, large ones are divided by blocks of outputs, both by the shapes
//! alone, so that every number of threads adds in the same order.

use pulp::Arch;
use rayon::prelude::*;

use super::lanes::{Lanes, Pixel};
use super::model::Model;
use super::plan::ConvPlan;
use super::plane::Maps;
use super::weight_gradient::WeightGradient;
use super::wide::run;
use super::workspace::{BackwardSpace, Workspace, chunk, groups};

impl Model {
    /// The gradient of the kernel of a convolution.
    pub(super) fn kernel_gradient(
        &mut self,
        arch: Arch,
        conv: usize,
        space: &Workspace,
        back: &mut BackwardSpace,
    ) {
        let plan = &self.plan.convs[conv];
        if plan.fixed() {
            return;
        }
        let images = chunk(&self.plan.maps[plan.source]);
        let sums = &mut back.partial[..groups(plan) * plan.kernel_len()];
        if plan.source == 0 {
            sum_products(arch, plan, images, &space.input, &back.convs[conv], sums);
        } else {
            let source = &space.maps[plan.source];
            sum_products(arch, plan, images, source, &back.convs[conv], sums);
        }
        let kernel = &mut self.parameters[self.layers[conv].kernel].gradient;
        let (first, others) = sums.split_at(kernel.len());
        kernel.copy_from_slice(first);
        for other in others.chunks_exact(kernel.len()) {
            for (sum, other) in kernel.iter_mut().zip(other) {
                *sum = Lanes::from_fn(|lane| sum.0[lane] + other.0[lane]);
            }
        }
    }
}

/// `sums`: `[group of images][block of outputs][block of inputs][position][input]`.
fn sum_products<P: Pixel>(
    arch: Arch,
    plan: &ConvPlan,
    images: usize,
    source: &Maps<P>,
    gradient: &Maps<Lanes>,
    sums: &mut [Lanes],
) {
    let chunks = source.images().div_ceil(images);
    let per_group = chunks.div_ceil(groups(plan)) * images;
    let per_pair = 2 * plan.kernel_len() / plan.blocks();
    let groups = sums.par_chunks_mut(plan.kernel_len()).enumerate();
    groups.for_each(|(group, sums)| {
        sums.par_chunks_mut(per_pair).enumerate().for_each(|(pair, sums)| {
            sums.fill(Lanes::default());
            let last = ((group + 1) * per_group).min(source.images());
            for first in (group * per_group..last).step_by(images) {
                let images = images.min(last - first);
                let task = WeightGradient {
                    products: &plan.products,
                    source: source.some(first, images),
                    gradient: gradient.some(first, images),
                    first: 2 * pair,
                    sums,
                };
                run(arch, task);
            }
        });
    });
}
