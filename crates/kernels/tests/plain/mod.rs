//! What the tests on a device share: arrays to it and back, noise, and how close is close.

use half::f16;
use relabel_kernels::{Array, Client, ElemType, HALF, SINGLE};

use cubecl::prelude::CubeElement;

pub fn client() -> Client {
    cubecl::Device::default().client()
}

/// The formats the device computes in.
pub fn formats(client: &Client) -> Vec<ElemType> {
    if client.features().matmul.cmma.is_empty() {
        println!("skipped: this device has no matrix units");
    }
    if client.properties().supports_type(HALF) {
        return vec![SINGLE, HALF];
    }
    println!("skipped: this device has no half precision");
    vec![SINGLE]
}

pub struct Noise(pub u32);

impl Noise {
    /// Multiples of 1/64 between -1 and 1: exact in half precision.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 25) as f32 / 64.0 - 1.0
    }

    pub fn take(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.next()).collect()
    }
}

pub fn upload(client: &Client, values: &[f32], shape: &[usize], elem: ElemType) -> Array {
    assert_eq!(values.len(), shape.iter().product::<usize>());
    let handle = if elem == HALF {
        let half: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
        client.create_from_slice(f16::as_bytes(&half))
    } else {
        client.create_from_slice(f32::as_bytes(values))
    };
    Array::new_contiguous(shape.to_vec(), handle, elem)
}

pub fn download(client: &Client, array: &Array) -> Vec<f32> {
    let bytes = client.read_one_unchecked(array.handle.clone());
    let n = array.shape().iter().product();
    let mut values: Vec<f32> = match array.dtype {
        HALF => f16::from_bytes(&bytes).iter().map(|value| value.to_f32()).collect(),
        ElemType::Int(_) => i32::from_bytes(&bytes).iter().map(|&value| value as f32).collect(),
        _ => f32::from_bytes(&bytes).to_vec(),
    };
    values.truncate(n);
    values
}

/// How far a value of the format may be from the truth: its rounding.
pub fn reach(elem: ElemType) -> f64 {
    if elem == HALF { 1e-3 } else { 1e-5 }
}

pub fn close(found: &[f32], expected: &[f64], reach: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let apart = (f64::from(found) - expected).abs();
        assert!(apart < reach * expected.abs().max(1.0), "{what} {at}: {found}, not {expected}");
    }
}
