//! Arrays in numpy's NPY format, versions 1 to 3: read as `f64` from any type of
//! number, in C or Fortran order, and written as little-endian `f64` in C order.
//! Format: numpy, `numpy.lib.format`.

mod header;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ndarray::{ArrayD, ArrayViewD, IxDyn, ShapeBuilder};

use self::header::Header;
use crate::{DataError, write_derived_with};

/// Bytes that are read at a time, a multiple of the size of every number.
const BLOCK: usize = 1 << 16;

/// An array as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Npy {
    /// The numbers; whole numbers are exact up to 2^53.
    pub values: ArrayD<f64>,
    /// True if the file holds integers, which cannot be NaN.
    pub is_integer: bool,
    /// The type of number as the file states it, such as `<f8`.
    pub descr: String,
}

/// Reads an array of numbers. The length of the file is compared with its header
/// before there is room made for the numbers.
///
/// # Errors
/// If the file is missing, damaged or holds something else than numbers.
pub fn read(path: &Path) -> Result<Npy, DataError> {
    let io = |error| DataError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_file() {
        return read_from(path, &mut file, metadata.len());
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    read_from(path, &mut bytes.as_slice(), bytes.len() as u64)
}

/// Reads an array from a source of `length` bytes.
fn read_from(path: &Path, source: &mut impl Read, length: u64) -> Result<Npy, DataError> {
    let header = Header::read(path, source, length)?;
    let data = length - header.length;
    let n_values = header.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
    let n_bytes = n_values.and_then(|n| n.checked_mul(header.number.size()));
    let Some(n_values) = n_values.filter(|_| n_bytes.is_some_and(|n| n as u64 == data)) else {
        let found = format!("{data} bytes of data");
        let bytes = n_bytes.map_or_else(|| "more".into(), |n| n.to_string());
        let expected = format!("{bytes} for shape {:?} of {}", header.shape, header.descr);
        return Err(DataError::file(path, found, expected));
    };
    let values = numbers(path, source, &header, n_values)?;
    let shape = IxDyn(&header.shape).set_f(header.fortran_order);
    let values = ArrayD::from_shape_vec(shape, values)
        .map_err(|error| DataError::file(path, error.to_string(), "an array that fits memory"))?;
    Ok(Npy { values, is_integer: header.number.is_integer(), descr: header.descr })
}

fn numbers(
    path: &Path,
    source: &mut impl Read,
    header: &Header,
    n_values: usize,
) -> Result<Vec<f64>, DataError> {
    let mut values = Vec::with_capacity(n_values);
    let mut block = vec![0; BLOCK.min(n_values * header.number.size())];
    while values.len() < n_values {
        let n_bytes = block.len().min((n_values - values.len()) * header.number.size());
        source.read_exact(&mut block[..n_bytes]).map_err(|error| DataError::io(path, error))?;
        header.number.decode(&block[..n_bytes], header.big_endian, &mut values);
    }
    Ok(values)
}

/// Reads an array of numbers of any type as `f64`.
///
/// # Errors
/// As [`read`].
pub fn read_f64(path: &Path) -> Result<ArrayD<f64>, DataError> {
    read(path).map(|array| array.values)
}

/// The bytes of a file that holds `array`.
pub fn bytes_f64(array: ArrayViewD<'_, f64>) -> Vec<u8> {
    let mut bytes = header::bytes_f64(array.shape());
    bytes.reserve(8 * array.len());
    array.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// Writes `array` to `path` as [`write_derived_with`] does.
///
/// # Errors
/// If the operating system refuses.
pub fn write_f64(path: &Path, array: ArrayViewD<'_, f64>) -> Result<(), DataError> {
    let written = write_derived_with(path, |out| {
        let mut bytes = header::bytes_f64(array.shape());
        for value in &array {
            bytes.extend(value.to_le_bytes());
            if bytes.len() >= BLOCK {
                out.write_all(&bytes)?;
                bytes.clear();
            }
        }
        out.write_all(&bytes)
    });
    written.map_err(|error| DataError::io(path, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use ndarray::{Array, array};

    use super::*;

    /// A file as numpy writes it.
    fn file(version: u8, dict: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        let length = dict.len() as u32;
        let width = if version == 1 { 2 } else { 4 };
        bytes.extend(&length.to_le_bytes()[..width]);
        bytes.extend(dict.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn read_bytes(bytes: &[u8]) -> Result<Npy, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        fs::write(&path, bytes).unwrap();
        read(&path)
    }

    fn dict(descr: &str, fortran: &str, shape: &str) -> String {
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
    }

    #[test]
    fn what_is_written_reads_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let one = array![0.1, f64::NAN, -0.0].into_dyn();
        let three = Array::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 100 + j * 10 + k) as f64);
        for array in [one, three.into_dyn()] {
            write_f64(&path, array.view()).unwrap();
            let back = read_f64(&path).unwrap();
            assert_eq!(back.shape(), array.shape());
            assert!(back.iter().zip(&array).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn a_written_file_starts_as_numpy_writes_it() {
        let bytes = bytes_f64(array![[1.0, 2.0]].into_dyn().view());
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }";
        assert_eq!(&bytes[10..10 + text.len()], text.as_bytes());
        assert_eq!((bytes.len(), bytes[127]), (144, b'\n'));
    }

    #[test]
    fn every_type_of_number_is_read_in_either_byte_order() {
        let cases: [(&str, Vec<u8>); 14] = [
            ("<f2", vec![0x00, 0xc1]),
            (">f2", vec![0x35, 0x55]),
            ("<f2", vec![0x01, 0x80]),
            ("<f2", vec![0x00, 0x7c]),
            ("<f4", (-2.5_f32).to_le_bytes().into()),
            (">f8", (-2.5_f64).to_be_bytes().into()),
            ("<i8", (-2_i64).to_le_bytes().into()),
            (">i4", (-2_i32).to_be_bytes().into()),
            ("<i2", (-2_i16).to_le_bytes().into()),
            ("|i1", vec![254]),
            ("|u1", vec![254]),
            ("<u2", 254_u16.to_le_bytes().into()),
            ("<u8", 254_u64.to_le_bytes().into()),
            ("|b1", vec![1]),
        ];
        let halves = [-2.5, 0.333_251_953_125, -5.960_464_477_539_063e-8, f64::INFINITY];
        let expected = [-2.5, -2.5, -2.0, -2.0, -2.0, -2.0, 254.0, 254.0, 254.0, 1.0];
        for ((descr, data), expected) in cases.into_iter().zip(halves.into_iter().chain(expected)) {
            for version in [1, 2] {
                let array =
                    read_bytes(&file(version, &dict(descr, "False", "(1,)"), &data)).unwrap();
                assert_eq!(array.values, array![expected].into_dyn(), "{descr}");
                assert_eq!(array.is_integer, !descr.contains('f'), "{descr}");
            }
        }
    }

    #[test]
    fn columns_come_first_in_fortran_order() {
        let bytes = file(1, &dict("|u1", "True", "(2, 3)"), &[1, 4, 2, 5, 3, 6]);
        let expected = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].into_dyn();
        assert_eq!(read_bytes(&bytes).unwrap().values, expected);
    }

    #[test]
    fn a_wrong_file_is_named_with_what_was_expected() {
        let good = dict("<f8", "False", "(2,)");
        let cases = [
            (b"example,label\n".to_vec(), "found no NPY file"),
            (b"PK\x03\x04rest".to_vec(), "found a zip archive, such as .npz, expected one array"),
            (file(1, &good, &[0; 15]), "found 15 bytes of data, expected 16 for shape [2] of <f8"),
            (file(9, &good, &[0; 16]), "version 9"),
            (file(1, &good, &[])[..20].to_vec(), "a header that ends after"),
            (file(1, &dict("|O", "False", "(2,)"), &[]), "found values of type |O"),
            (file(1, &dict("<c16", "False", "(1,)"), &[0; 16]), "found values of type <c16"),
            (file(1, "{'descr': '<f8'}", &[]), "a header without 'fortran_order'"),
        ];
        for (bytes, expected) in cases {
            let message = read_bytes(&bytes).unwrap_err().to_string();
            assert!(message.contains("a.npy: found") && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_published_counts_have_about_fifty_labels_per_image() {
        let Some(data) = std::env::var_os("RELABEL_DATA") else {
            std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("skipped: RELABEL_DATA is not set\n"),
            )
            .unwrap();
            return;
        };
        let counts = read(&Path::new(&data).join("cifar-10h/cifar10h-counts.npy")).unwrap();
        assert_eq!(counts.values.shape(), [10_000, 10]);
        assert!((511_000.0..=514_200.0).contains(&counts.values.sum()));
    }
}
