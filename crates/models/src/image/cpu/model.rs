//! The tensors of a network and which layer they belong to.

use std::collections::BTreeMap;

use super::norm::Trained;
use super::parameter::Parameter;
use super::plan::{ConvPlan, Plan};
use crate::image::architecture::{Architecture, Head};
use crate::image::weights::Weights;

/// Plan and tensors.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) plan: Plan,
    pub(super) head: Head,
    pub(super) n_classes: usize,
    pub(super) parameters: Vec<Parameter>,
    /// Per convolution of the plan.
    pub(super) layers: Vec<LayerTensors>,
    pub(super) weight: usize,
    pub(super) bias: Option<usize>,
}

/// Where in the list of parameters the tensors of a convolution are.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerTensors {
    pub(super) kernel: usize,
    pub(super) bias: Option<usize>,
    pub(super) norm: Option<NormTensors>,
}

/// The same of its normalisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormTensors {
    pub(super) scale: usize,
    pub(super) shift: usize,
    pub(super) mean: usize,
    pub(super) variance: usize,
}

impl Model {
    /// For images of `height` x `width`, with weights that fit the architecture.
    pub(super) fn new(
        architecture: &Architecture,
        weights: &Weights,
        [height, width]: [usize; 2],
    ) -> Self {
        let plan = Plan::new(architecture, height, width);
        let names = plan.convs.iter().map(|conv| format!("{}.weight", conv.unit.conv.name));
        let per_block: BTreeMap<_, _> =
            names.zip(plan.convs.iter().map(ConvPlan::per_block)).collect();
        let specs = architecture.tensors().into_iter();
        let parameters = specs.map(|spec| {
            let per_block = per_block.get(&spec.name).copied().unwrap_or(1);
            let tensor = weights.get(&spec.name).expect("weights should have been checked");
            Parameter::new(spec, per_block, tensor)
        });
        let parameters: Vec<_> = parameters.collect();
        let find = |name: String| parameters.iter().position(|tensor| tensor.spec.name == name);
        let at = |name: String| find(name).expect("an architecture should list its tensors");
        let layers = plan.convs.iter().map(|conv| LayerTensors {
            kernel: at(format!("{}.weight", conv.unit.conv.name)),
            bias: find(format!("{}.bias", conv.unit.conv.name)),
            norm: conv.unit.norm.as_ref().map(|norm| NormTensors {
                scale: at(format!("{}.weight", norm.name)),
                shift: at(format!("{}.bias", norm.name)),
                mean: at(format!("{}.running_mean", norm.name)),
                variance: at(format!("{}.running_var", norm.name)),
            }),
        });
        Self {
            layers: layers.collect(),
            weight: at("fc.weight".into()),
            bias: find("fc.bias".into()),
            head: architecture.head.clone(),
            n_classes: architecture.n_classes,
            parameters,
            plan,
        }
    }

    /// All tensors by name.
    pub(super) fn weights(&self) -> Weights {
        let tensors = self.parameters.iter();
        Weights(tensors.map(|tensor| (tensor.spec.name.clone(), tensor.tensor())).collect())
    }

    /// Scale and shift of a normalisation.
    pub(super) fn trained(&self, norm: NormTensors) -> Trained<'_> {
        let value = |at: usize| &self.parameters[at].value[..];
        Trained { scale: value(norm.scale), shift: value(norm.shift) }
    }
}
