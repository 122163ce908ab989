//! Arithmetic on sixteen channels at once in the registers of the machine, and
//! the choice of those registers when a task is run. Sums are added in the same
//! order whatever the registers are.

use pulp::{Arch, Simd, WithSimd};

use super::lanes::Lanes;

/// Sixteen channels in `V` registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide<S: Simd, const V: usize>(pub(super) [S::f32s; V]);

/// Work that is written once for all kinds of registers.
pub(super) trait Task {
    /// Does it with `V` registers of `simd` for sixteen channels.
    fn with_registers<S: Simd, const V: usize>(self, simd: S);
}

/// Does `task` with the widest registers of `arch`.
pub(super) fn run(arch: Arch, task: impl Task) {
    arch.dispatch(Chosen(task));
}

struct Chosen<T>(T);

impl<T: Task> WithSimd for Chosen<T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.0.with_registers::<S, 1>(simd),
            8 => self.0.with_registers::<S, 2>(simd),
            4 => self.0.with_registers::<S, 4>(simd),
            _ => self.0.with_registers::<S, 16>(simd),
        }
    }
}

impl<S: Simd, const V: usize> Wide<S, V> {
    #[inline(always)]
    pub(super) fn splat(simd: S, value: f32) -> Self {
        Self([simd.splat_f32s(value); V])
    }

    #[inline(always)]
    pub(super) fn load(lanes: &Lanes) -> Self {
        let (vectors, _) = S::as_simd_f32s(&lanes.0);
        Self(*vectors.first_chunk().expect("V registers should hold the lanes"))
    }

    #[inline(always)]
    pub(super) fn store(self, lanes: &mut Lanes) {
        let (vectors, _) = S::as_mut_simd_f32s(&mut lanes.0);
        *vectors.first_chunk_mut().expect("V registers should hold the lanes") = self.0;
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(S::f32s, S::f32s) -> S::f32s) -> Self {
        Self(std::array::from_fn(|v| f(self.0[v], other.0[v])))
    }

    #[inline(always)]
    pub(super) fn plus(self, simd: S, other: Self) -> Self {
        self.zip(other, |a, b| simd.add_f32s(a, b))
    }

    #[inline(always)]
    pub(super) fn minus(self, simd: S, other: Self) -> Self {
        self.zip(other, |a, b| simd.sub_f32s(a, b))
    }

    #[inline(always)]
    pub(super) fn times(self, simd: S, other: Self) -> Self {
        self.zip(other, |a, b| simd.mul_f32s(a, b))
    }

    #[inline(always)]
    pub(super) fn larger(self, simd: S, other: Self) -> Self {
        self.zip(other, |a, b| simd.max_f32s(a, b))
    }

    /// `self * factor + term`, rounded once where the machine can.
    #[inline(always)]
    pub(super) fn times_plus(self, simd: S, factor: Self, term: Self) -> Self {
        Self(std::array::from_fn(|v| simd.mul_add_e_f32s(self.0[v], factor.0[v], term.0[v])))
    }

    /// `self` where `gate` is positive, else zero.
    #[inline(always)]
    pub(super) fn where_positive(self, simd: S, gate: Self) -> Self {
        let zero = simd.splat_f32s(0.0);
        self.zip(gate, |value, gate| simd.select_f32s(simd.less_than_f32s(zero, gate), value, zero))
    }
}
