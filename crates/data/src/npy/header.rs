//! The head of an NPY file: magic bytes, version, and a Python dictionary with
//! the type of number, the order and the shape.

use std::io::Read;
use std::path::Path;

use crate::DataError;

const MAGIC: &[u8] = b"\x93NUMPY";
/// The data of a file start at a multiple of this.
const ALIGNMENT: usize = 64;
const AN_ARRAY: &str = "one array as numpy.save writes it";

/// What a file says about its data.
pub(super) struct Header {
    pub(super) descr: String,
    pub(super) number: Number,
    pub(super) big_endian: bool,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
    /// Bytes before the data.
    pub(super) length: u64,
}

/// The types of number that can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    F8,
    F4,
    F2,
    I8,
    I4,
    I2,
    I1,
    U8,
    U4,
    U2,
    U1,
}

impl Header {
    /// Reads the head of a file of `file_length` bytes.
    pub(super) fn read(
        path: &Path,
        source: &mut impl Read,
        file_length: u64,
    ) -> Result<Self, DataError> {
        let (dict, length) = dictionary(path, source, file_length)?;
        let field = |key: &str| {
            value(&dict, key).ok_or_else(|| {
                DataError::file(path, format!("a header without '{key}' in {dict:?}"), AN_ARRAY)
            })
        };
        let descr = field("descr")?.trim_matches(['\'', '"']).to_owned();
        let Some(number) = Number::named(descr.trim_start_matches(['<', '>', '|', '='])) else {
            let found = format!("values of type {descr}");
            return Err(DataError::file(path, found, "real numbers, such as <f8 or <i8"));
        };
        let fortran_order = field("fortran_order")? == "True";
        let text = field("shape")?;
        let Some(shape) = shape(text) else {
            return Err(DataError::file(path, format!("the shape {text}"), AN_ARRAY));
        };
        let big_endian = descr.starts_with('>');
        Ok(Self { descr, number, big_endian, fortran_order, shape, length })
    }
}

/// The dictionary as text and where it ends.
fn dictionary(
    path: &Path,
    source: &mut impl Read,
    file_length: u64,
) -> Result<(String, u64), DataError> {
    let wrong = |found: String| DataError::file(path, found, AN_ARRAY);
    let mut read = |length: u64| {
        let mut bytes = Vec::new();
        let read = source.by_ref().take(length).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|error| DataError::io(path, error))
    };
    let short = || wrong(format!("a header that ends after {file_length} bytes"));
    let start = read(8)?;
    if start.starts_with(b"PK\x03\x04") {
        return Err(wrong("a zip archive, such as .npz".into()));
    }
    if !start.starts_with(MAGIC) {
        return Err(wrong("no NPY file".into()));
    }
    let width = match start.get(MAGIC.len()) {
        Some(1) => 2,
        Some(2 | 3) => 4,
        Some(version) => return Err(wrong(format!("NPY version {version}"))),
        None => return Err(short()),
    };
    let digits = read(width)?;
    let length = digits.iter().rev().fold(0, |length, &byte| length << 8 | u64::from(byte));
    let end = 8 + width + length;
    if digits.len() as u64 != width || end > file_length {
        return Err(short());
    }
    let dict = String::from_utf8(read(length)?);
    let dict = dict.map_err(|_| wrong("a header that is not text".into()))?;
    Ok((dict.trim_end().to_owned(), end))
}

/// The text of the value that belongs to `key`.
fn value<'a>(dict: &'a str, key: &str) -> Option<&'a str> {
    let after = dict.split_once(&format!("'{key}'"))?.1.trim_start().strip_prefix(':')?;
    let after = after.trim_start();
    let end = match after.as_bytes().first()? {
        b'(' => after.find(')')? + 1,
        b'[' => after.find(']')? + 1,
        _ => after.find([',', '}'])?,
    };
    Some(after[..end].trim())
}

fn shape(text: &str) -> Option<Vec<usize>> {
    let sides = text.strip_prefix('(')?.strip_suffix(')')?.split(',').map(str::trim);
    sides.filter(|side| !side.is_empty()).map(|side| side.parse().ok()).collect()
}

impl Number {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "f8" => Self::F8,
            "f4" => Self::F4,
            "f2" => Self::F2,
            "i8" => Self::I8,
            "i4" => Self::I4,
            "i2" => Self::I2,
            "i1" => Self::I1,
            "u8" => Self::U8,
            "u4" => Self::U4,
            "u2" => Self::U2,
            "u1" | "b1" => Self::U1,
            _ => return None,
        })
    }

    /// Bytes per value.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F8 | Self::I8 | Self::U8 => 8,
            Self::F4 | Self::I4 | Self::U4 => 4,
            Self::F2 | Self::I2 | Self::U2 => 2,
            Self::I1 | Self::U1 => 1,
        }
    }

    pub(super) fn is_integer(self) -> bool {
        !matches!(self, Self::F8 | Self::F4 | Self::F2)
    }

    /// Adds the numbers in `data` to `out`.
    pub(super) fn decode(self, data: &[u8], big_endian: bool, out: &mut Vec<f64>) {
        match self {
            Self::F8 => add(out, data, big_endian, f64::from_le_bytes),
            Self::F4 => add(out, data, big_endian, |b| f64::from(f32::from_le_bytes(b))),
            Self::F2 => add(out, data, big_endian, |b| half(u16::from_le_bytes(b))),
            Self::I8 => add(out, data, big_endian, |b| i64::from_le_bytes(b) as f64),
            Self::I4 => add(out, data, big_endian, |b| f64::from(i32::from_le_bytes(b))),
            Self::I2 => add(out, data, big_endian, |b| f64::from(i16::from_le_bytes(b))),
            Self::I1 => add(out, data, big_endian, |b| f64::from(i8::from_le_bytes(b))),
            Self::U8 => add(out, data, big_endian, |b| u64::from_le_bytes(b) as f64),
            Self::U4 => add(out, data, big_endian, |b| f64::from(u32::from_le_bytes(b))),
            Self::U2 => add(out, data, big_endian, |b| f64::from(u16::from_le_bytes(b))),
            Self::U1 => add(out, data, big_endian, |b| f64::from(u8::from_le_bytes(b))),
        }
    }
}

/// The value of a number of half precision: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f64::from(bits & 0x3ff));
    let value = match exponent {
        0 => fraction * 2_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -value } else { value }
}

fn add<const N: usize>(
    out: &mut Vec<f64>,
    data: &[u8],
    big_endian: bool,
    from: impl Fn([u8; N]) -> f64,
) {
    let (values, _) = data.as_chunks::<N>();
    if big_endian {
        out.extend(values.iter().map(|bytes| {
            let mut bytes = *bytes;
            bytes.reverse();
            from(bytes)
        }));
    } else {
        out.extend(values.iter().map(|bytes| from(*bytes)));
    }
}

/// The head of a file with `f64` values of this shape, as numpy writes it.
pub(super) fn bytes_f64(shape: &[usize]) -> Vec<u8> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut dict = format!(
        "{{'descr': '<f8', 'fortran_order': False, 'shape': ({}{comma}), }}",
        sides.join(", ")
    );
    let unpadded = MAGIC.len() + 4 + dict.len() + 1;
    dict.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(ALIGNMENT) - unpadded));
    dict.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.into_bytes());
    bytes
}
