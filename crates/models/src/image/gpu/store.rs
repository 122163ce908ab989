//! The tensors of a stack of networks on a GPU: all of them in one array, so that a
//! step changes them in one go, and copies for convolutions, in the format of the fit
//! and turned for the way back.

use std::collections::BTreeMap;
use std::sync::Arc;

use relabel_kernels as kernels;
use relabel_kernels::{Array, BLOCK, Client, ElemType, Fate, GRAIN, SINGLE, Segment};

use crate::image::architecture::Architecture;
use crate::image::layout::Layout;
use crate::image::weights::{Role, TensorSpec, Weights};

/// What is known of a tensor.
struct Stored {
    spec: TensorSpec,
    layout: Layout,
    segment: Segment,
}

/// Where the tensors are.
struct Plan {
    tensors: Vec<Stored>,
    places: BTreeMap<String, usize>,
    members: usize,
    /// Values with the gaps between tensors.
    length: usize,
}

impl Plan {
    fn new(net: &Architecture, members: usize) -> Self {
        let mut length = 0;
        let tensors = net.tensors().into_iter().map(|spec| {
            let layout = Layout::new(&spec, GRAIN);
            let [matrices, rows, columns] = layout.matrices();
            let segment = Segment {
                start: length,
                length: members * matrices * rows * columns,
                fate: fate(spec.role),
                matrix: [rows, columns],
            };
            length = segment.end();
            Stored { spec, layout, segment }
        });
        let tensors: Vec<_> = tensors.collect();
        let names = tensors.iter().map(|stored| stored.spec.name.clone());
        let places = names.zip(0..).collect();
        Self { tensors, places, members, length }
    }

    fn table(&self) -> Vec<i32> {
        let segments: Vec<_> = self.tensors.iter().map(|stored| stored.segment).collect();
        Segment::table(&segments)
    }
}

fn fate(role: Role) -> Fate {
    match role {
        Role::RunningMean | Role::RunningVariance => Fate::Running,
        role if role.decayed() => Fate::Decayed,
        role if role.trained() => Fate::Trained,
        _ => Fate::Fixed,
    }
}

/// The tensors of every member.
pub(super) struct Store {
    client: Client,
    plan: Arc<Plan>,
    pub(super) table: Array,
    pub(super) values: Array,
    /// The values in the format of the fit, where that is another.
    straight: Option<Array>,
    turned: Array,
}

impl Store {
    /// The tensors of each member's weights, for activations in `format`.
    pub(super) fn new<'a>(
        client: &Client,
        net: &Architecture,
        members: impl ExactSizeIterator<Item = &'a Weights> + Clone,
        format: ElemType,
    ) -> Self {
        let plan = Plan::new(net, members.len());
        let mut values = vec![0.0; plan.length];
        for Stored { spec, layout, segment } in &plan.tensors {
            let place = &mut values[segment.start..][..segment.length];
            let one = segment.length / plan.members;
            for (place, weights) in place.chunks_exact_mut(one).zip(members.clone()) {
                let tensor = weights.get(&spec.name);
                let tensor = tensor.expect("weights should have been checked against the net");
                place.copy_from_slice(&layout.pack(tensor));
            }
        }
        let values = kernels::singles(client, &values, &[plan.length]);
        Self::of(client, plan, values, format)
    }

    fn of(client: &Client, plan: Plan, values: Array, format: ElemType) -> Self {
        let table = plan.table();
        let table = kernels::integers(client, &table, &[table.len()]);
        let empty = || kernels::empty(client, &[plan.length], format);
        let (turned, straight) = (empty(), (format != SINGLE).then(empty));
        let (client, plan) = (client.clone(), Arc::new(plan));
        let store = Self { client, plan, table, values, straight, turned };
        store.spread_out();
        store
    }

    /// Brings the copies in line with the values.
    pub(super) fn spread_out(&self) {
        let straight = self.straight.as_ref();
        kernels::spread_out(&self.client, &self.values, &self.table, straight, &self.turned);
    }

    /// A copy of one member alone.
    pub(super) fn member(&self, net: &Architecture, member: usize) -> Self {
        let plan = Plan::new(net, 1);
        let both = plan.tensors.iter().zip(&self.plan.tensors);
        let sources = both.flat_map(|(own, of_all)| {
            let first = of_all.segment.start + member * own.segment.length;
            let blocks = own.segment.length.div_ceil(BLOCK);
            (0..blocks).map(move |block| (first + block * BLOCK) as i32)
        });
        let sources: Vec<_> = sources.collect();
        let sources = kernels::integers(&self.client, &sources, &[sources.len()]);
        let values = kernels::picked(&self.client, &self.values, &sources);
        Self::of(&self.client, plan, values, self.turned.dtype)
    }

    /// An array of zeros with a place for every value.
    pub(super) fn zeros(&self) -> Array {
        kernels::zeros(&self.client, &[self.plan.length])
    }

    /// A tensor in single precision, `[members, rows, columns]`.
    pub(super) fn single(&self, name: &str, word: &str) -> Array {
        self.slot(&self.values, name, word)
    }

    /// A tensor in the format of the fit, `[members, rows, columns]`.
    pub(super) fn weights(&self, name: &str, word: &str) -> Array {
        self.slot(self.straight.as_ref().unwrap_or(&self.values), name, word)
    }

    /// The matrices of a kernel turned, `[members, taps * outputs, inputs]`.
    pub(super) fn turned(&self, name: &str, word: &str) -> Array {
        let Stored { layout, segment, .. } = self.stored(name, word);
        let [matrices, rows, columns] = layout.matrices();
        let shape = [self.plan.members, matrices * columns, rows];
        kernels::part(&self.turned, segment.start, &shape)
    }

    /// The place of a tensor in `of`, an array like that of the values.
    pub(super) fn slot(&self, of: &Array, name: &str, word: &str) -> Array {
        let Stored { layout, segment, .. } = self.stored(name, word);
        let [rows, columns] = layout.rows_and_columns();
        kernels::part(of, segment.start, &[self.plan.members, rows, columns])
    }

    fn stored(&self, name: &str, word: &str) -> &Stored {
        let place = self.plan.places.get(&format!("{name}.{word}"));
        &self.plan.tensors[*place.expect("a layer should name a tensor of its net")]
    }

    /// A member's tensors; waits for the device.
    pub(super) fn read(&self, member: usize) -> Result<Weights, String> {
        let values = kernels::read(&self.client, &self.values)?;
        let tensors = self.plan.tensors.iter().map(|Stored { spec, layout, segment }| {
            let one = segment.length / self.plan.members;
            let own = &values[segment.start + member * one..][..one];
            (spec.name.clone(), layout.unpack(own))
        });
        Ok(Weights(tensors.collect()))
    }
}
