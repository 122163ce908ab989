//! The kernels of `relabel-kernels` as operations on burn's tensors, lazy where
//! burn fuses. They exist for burn's GPU backends only.

use burn::backend::cubecl::dtype_to_elem_type;
#[cfg(feature = "fusion")]
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
#[cfg(feature = "fusion")]
use burn::tensor::Shape;
use burn::tensor::{DType, Int, Tensor};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeBackend, cubecl::std::tensor::TensorHandle};
use relabel_kernels as kernels;

use super::windows::Windows;

/// See [`relabel_kernels::product`].
pub(super) fn product(rows: Tensor<2>, windows: &Windows, weights: Tensor<3>) -> Tensor<2> {
    let [table, rows] = [windows.table.clone().into_dispatch(), rows.into_dispatch()];
    let weights = weights.into_dispatch();
    Tensor::from_dispatch(Dispatch::rows_product(rows, table, weights, windows.ins))
}

/// See [`relabel_kernels::gram`].
pub(super) fn gram(
    rows: Tensor<2>,
    windows: &Windows,
    slopes: Tensor<2>,
    members: usize,
) -> Tensor<3> {
    let table = windows.table.clone().into_dispatch();
    let [rows, slopes] = [rows, slopes].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::rows_gram(rows, table, slopes, windows.ins, members))
}

/// See [`relabel_kernels::column_sums`]: `[members, 2, channels]`.
pub(super) fn sums(a: Tensor<2>, b: Tensor<2>, centre: Tensor<3>, subtract: bool) -> Tensor<3> {
    let [a, b] = [a, b].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::rows_sums(a, b, centre.into_dispatch(), subtract))
}

/// See [`relabel_kernels::maxima`].
pub(super) fn maxima(rows: Tensor<2>, windows: &Windows) -> (Tensor<2>, Tensor<2, Int>) {
    let table = windows.table.clone().into_dispatch();
    let (most, tap) = Dispatch::rows_maxima(rows.into_dispatch(), table, windows.ins);
    (Tensor::from_dispatch(most), Tensor::from_dispatch(tap))
}

/// See [`relabel_kernels::maxima_gradient`].
pub(super) fn maxima_gradient(
    slopes: Tensor<2>,
    chosen: Tensor<2, Int>,
    back: &Windows,
) -> Tensor<2> {
    let [table, chosen] = [back.table.clone(), chosen].map(Tensor::into_dispatch);
    let slopes = slopes.into_dispatch();
    Tensor::from_dispatch(Dispatch::rows_maxima_gradient(slopes, chosen, table, back.ins))
}

/// Shape of the rows that a table of `[outs, taps]` writes from rows of `[images * ins, channels]`.
#[cfg(feature = "fusion")]
fn written(rows: &Shape, table: &Shape, ins: usize, channels: usize) -> Shape {
    Shape::new([rows[0] / ins * table[0], channels])
}

/// Weight gradients of every member.
#[cfg(feature = "fusion")]
fn weights(rows: &Shape, table: &Shape, slopes: &Shape, members: usize) -> Shape {
    Shape::new([members, table[1] * rows[1], slopes[1]])
}

#[backend_extension(Cube, Fusion: cfg(feature = "fusion"))]
trait RowKernels: Backend {
    #[fusion(dtype = rows, shape = written(rows, table, *ins, weights[2]))]
    fn rows_product(
        rows: FloatTensor<Self>,
        table: IntTensor<Self>,
        weights: FloatTensor<Self>,
        ins: usize,
    ) -> FloatTensor<Self>;

    #[fusion(dtype = DType::F32, shape = weights(rows, table, slopes, *members))]
    fn rows_gram(
        rows: FloatTensor<Self>,
        table: IntTensor<Self>,
        slopes: FloatTensor<Self>,
        ins: usize,
        members: usize,
    ) -> FloatTensor<Self>;

    #[fusion(dtype = DType::F32, shape = Shape::new([centre[0], 2, a[1]]))]
    fn rows_sums(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        centre: FloatTensor<Self>,
        subtract: bool,
    ) -> FloatTensor<Self>;

    #[fusion(meta = |rows, table, ins| {
        let shape = written(&rows.shape, &table.shape, *ins, rows.shape[1]);
        (TensorSpec::new(shape.clone(), rows.dtype), TensorSpec::new(shape, DType::I32))
    })]
    fn rows_maxima(
        rows: FloatTensor<Self>,
        table: IntTensor<Self>,
        ins: usize,
    ) -> (FloatTensor<Self>, IntTensor<Self>);

    #[fusion(dtype = slopes, shape = written(slopes, table, *ins, slopes[1]))]
    fn rows_maxima_gradient(
        slopes: FloatTensor<Self>,
        chosen: IntTensor<Self>,
        table: IntTensor<Self>,
        ins: usize,
    ) -> FloatTensor<Self>;
}

impl RowKernels for CubeBackend {
    fn rows_product(
        rows: CubeTensor,
        table: CubeTensor,
        weights: CubeTensor,
        ins: usize,
    ) -> CubeTensor {
        let like = rows.clone();
        let [rows, weights] = [rows, weights].map(handle);
        tensor(kernels::product(&like.client, &rows, &windows(table, ins), &weights), &like)
    }

    fn rows_gram(
        rows: CubeTensor,
        table: CubeTensor,
        slopes: CubeTensor,
        ins: usize,
        members: usize,
    ) -> CubeTensor {
        let like = rows.clone();
        let [rows, slopes] = [rows, slopes].map(handle);
        let windows = windows(table, ins);
        tensor(kernels::gram(&like.client, &rows, &windows, &slopes, members), &like)
    }

    fn rows_sums(a: CubeTensor, b: CubeTensor, centre: CubeTensor, subtract: bool) -> CubeTensor {
        let like = a.clone();
        let [a, b, centre] = [a, b, centre].map(handle);
        tensor(kernels::column_sums(&like.client, &a, &b, &centre, subtract), &like)
    }

    fn rows_maxima(rows: CubeTensor, table: CubeTensor, ins: usize) -> (CubeTensor, CubeTensor) {
        let like = rows.clone();
        let (most, tap) = kernels::maxima(&like.client, &handle(rows), &windows(table, ins));
        (tensor(most, &like), tensor(tap, &like))
    }

    fn rows_maxima_gradient(
        slopes: CubeTensor,
        chosen: CubeTensor,
        table: CubeTensor,
        ins: usize,
    ) -> CubeTensor {
        let like = slopes.clone();
        let [slopes, chosen] = [slopes, chosen].map(handle);
        let back = windows(table, ins);
        tensor(kernels::maxima_gradient(&like.client, &slopes, &chosen, &back), &like)
    }
}

fn handle(tensor: CubeTensor) -> TensorHandle {
    into_contiguous(tensor).into()
}

fn windows(table: CubeTensor, ins: usize) -> kernels::Windows {
    let [outs, taps] = [0, 1].map(|axis| table.meta.shape()[axis]);
    kernels::Windows { table: handle(table), ins, outs, taps }
}

/// What a kernel wrote, on the device of `like`.
fn tensor(handle: TensorHandle, like: &CubeTensor) -> CubeTensor {
    let dtype = match handle.dtype {
        elem if elem == dtype_to_elem_type(DType::F16) => DType::F16,
        elem if elem == dtype_to_elem_type(DType::I32) => DType::I32,
        _ => DType::F32,
    };
    let (client, device) = (like.client.clone(), like.device.clone());
    CubeTensor::new(client, handle.handle, *handle.metadata, device, dtype)
}
