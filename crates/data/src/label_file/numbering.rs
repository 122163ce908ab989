//! Different names, numbered in the order in which they are first seen. Short
//! names, which ids mostly are, are compared as one machine word.

use std::collections::HashMap;
use std::str::Utf8Error;

use foldhash::fast::FixedState;

use crate::Names;

/// The bytes of a name, and all of them in one word if they are few.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) short: Option<ShortName>,
}

/// At most seven bytes from the lowest on, and their number in the highest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ShortName(u64);

impl<'a> Name<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut text = [0; 8];
        let short = bytes.len() < text.len();
        if short {
            text[..bytes.len()].copy_from_slice(bytes);
        }
        let short = short.then(|| ShortName::of(u64::from_le_bytes(text), bytes.len()));
        Self { bytes, short }
    }
}

impl ShortName {
    /// Longer than any.
    const NONE: Self = Self(u64::MAX);

    /// The first `length` bytes of `text`, at most seven.
    #[inline]
    pub(super) fn of(text: u64, length: usize) -> Self {
        Self(text & !(u64::MAX << (8 * length)) | (length as u64) << 56)
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        (self.0 >> 56) as usize
    }

    /// Where to look for the name first.
    fn hash(self) -> usize {
        ((self.0 ^ self.0 >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }

    /// The value of a name that is a whole number as numbers are written.
    #[inline]
    fn value(self) -> Option<usize> {
        const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
        const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
        const BELOW_128: u64 = u64::from_le_bytes([0x80 - 10; 8]);
        const PAIRS: u64 = 0x0000_00ff_0000_00ff;
        let length = self.len().max(1);
        let leading_zero = length > 1 && self.0 as u8 == b'0';
        // The last digit in the highest byte, zeros in front of the first.
        let digits = (self.0 << (64 - 8 * length) | ZEROS >> (8 * length)) ^ ZEROS;
        if leading_zero || (digits | digits.wrapping_add(BELOW_128)) & HIGH_BITS != 0 {
            return None;
        }
        // Two digits in every second byte, then four, then eight: all at once by multiplication.
        let pairs = digits.wrapping_mul(10) + (digits >> 8);
        let low = (pairs & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
        let high = (pairs >> 16 & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
        Some((low.wrapping_add(high) >> 32) as usize)
    }
}

/// Names and their numbers.
pub(super) struct Numbering {
    names: Names,
    /// For names that are small numbers: the number of each + 1, 0 for those not seen.
    dense: Vec<u32>,
    n_dense: usize,
    /// For other short names, a table by open addressing: the short name in each place, and its number + 1,
    /// 0 in places that are free.
    short: Vec<u64>,
    numbers: Vec<u32>,
    n_short: usize,
    long: HashMap<Box<str>, u32, FixedState>,
    /// The short name that was asked for last, and its number: files mostly keep an
    /// example's labels together.
    last: (ShortName, u32),
}

impl Default for Numbering {
    fn default() -> Self {
        const SIZE: usize = 64;
        Self {
            names: Names::default(),
            dense: Vec::new(),
            n_dense: 0,
            short: vec![0; SIZE],
            numbers: vec![0; SIZE],
            n_short: 0,
            long: HashMap::default(),
            last: (ShortName::NONE, 0),
        }
    }
}

impl Numbering {
    /// The number of a name, which must be text.
    #[inline(always)]
    pub(super) fn number(&mut self, name: Name<'_>) -> Result<u32, Utf8Error> {
        let Some(short) = name.short else {
            return Ok(self.number_of_long(std::str::from_utf8(name.bytes)?));
        };
        if self.last.0 != short {
            self.last = (short, self.number_of_short(short, name.bytes)?);
        }
        Ok(self.last.1)
    }

    /// [`Numbering::number`] of what is text already.
    pub(super) fn number_of_text(&mut self, name: &str) -> u32 {
        self.number(Name::new(name.as_bytes())).expect("a text should be text")
    }

    /// All names by number.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    fn number_of_long(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.long.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.long.insert(name.into(), number);
        self.names.push(name);
        number
    }

    fn number_of_short(&mut self, short: ShortName, bytes: &[u8]) -> Result<u32, Utf8Error> {
        let value = short.value();
        let seen = value.and_then(|value| self.dense.get(value)).and_then(|n| n.checked_sub(1));
        if let Some(number) = seen {
            return Ok(number);
        }
        let place = self.place(short);
        if let Some(number) = self.numbers[place].checked_sub(1) {
            return Ok(number);
        }
        self.names.push(std::str::from_utf8(bytes)?);
        let number = self.names.len() as u32;
        match value.filter(|value| *value < 8 * self.n_dense + 1024) {
            Some(value) => self.add_dense(value, number),
            None => self.add_sparse(place, short, number),
        }
        Ok(number - 1)
    }

    fn add_dense(&mut self, value: usize, number: u32) {
        if value >= self.dense.len() {
            self.dense.resize(value + 1, 0);
        }
        self.dense[value] = number;
        self.n_dense += 1;
    }

    fn add_sparse(&mut self, place: usize, short: ShortName, number: u32) {
        (self.short[place], self.numbers[place]) = (short.0, number);
        self.n_short += 1;
        if 2 * self.n_short > self.short.len() {
            self.grow();
        }
    }

    /// Where a short name stands or could stand.
    #[inline]
    fn place(&self, name: ShortName) -> usize {
        let mask = self.short.len() - 1;
        let mut place = name.hash() & mask;
        while self.numbers[place] != 0 && self.short[place] != name.0 {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let size = 4 * self.short.len();
        let short = std::mem::replace(&mut self.short, vec![0; size]);
        let numbers = std::mem::replace(&mut self.numbers, vec![0; size]);
        for (name, number) in short.into_iter().zip(numbers).filter(|(_, number)| *number != 0) {
            let place = self.place(ShortName(name));
            (self.short[place], self.numbers[place]) = (name, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_digits_have_a_value() {
        let value = |name: &str| Name::new(name.as_bytes()).short.and_then(ShortName::value);
        for (name, expected) in [("0", 0), ("7", 7), ("42", 42), ("10", 10), ("9999999", 9_999_999)]
        {
            assert_eq!(value(name), Some(expected), "{name}");
        }
        for name in ["12a", "042", "00", "-1", "1.5", "/", ":", "a", "é1"] {
            assert_eq!(value(name), None, "{name}");
        }
    }

    #[test]
    fn every_name_keeps_the_number_it_got_first() {
        let name = |i: u32| match i % 5 {
            0 => format!("{i}"),
            4 => format!("{}", i.wrapping_mul(7919) % 10_000_000),
            1 => format!("\0{}", i / 4 % 200),
            2 => format!("annotator-{}", i / 8),
            _ => "\0".repeat((i / 4 % 9) as usize),
        };
        let mut numbering = Numbering::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for i in 0..5_000 {
            let next = known.len() as u32;
            let expected = *known.entry(name(i)).or_insert(next);
            assert_eq!(numbering.number_of_text(&name(i)), expected);
            assert_eq!(&numbering.names()[expected as usize], name(i));
        }
        assert!(numbering.number(Name::new(b"\xff")).is_err());
        assert_eq!(numbering.names().len(), known.len());
    }
}
