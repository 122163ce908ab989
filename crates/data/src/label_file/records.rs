//! The records of a CSV file, one after another and without copies. Fields are
//! separated by commas and may be quoted; a record ends with its line. Empty lines
//! do not count, and text behind a closing quote belongs to the field.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::numbering::{Name, ShortName};
use crate::DataError;
use crate::csv_file::{BYTE_ORDER_MARK, unreadable};

const BLOCK: usize = 1 << 17;

/// A file that is being read.
pub(super) struct Records<'a, R> {
    path: &'a Path,
    source: R,
    buffer: Vec<u8>,
    /// What of the buffer has not been looked at.
    rest: Range<usize>,
    /// True if the source holds no more than the rest.
    at_end: bool,
    /// The line in which the record begins, and that in which the rest does.
    row: usize,
    next_row: usize,
    fields: Vec<Field>,
    /// Quoted fields without their quotes.
    unquoted: Vec<u8>,
}

/// Where the bytes of a field are.
struct Field {
    start: usize,
    end: usize,
    /// True if they lie in `unquoted`, not in the buffer.
    is_quoted: bool,
    /// The whole field if it is short.
    short: Option<ShortName>,
}

impl<'a, R: Read> Records<'a, R> {
    pub(super) fn new(path: &'a Path, source: R) -> Result<Self, DataError> {
        let mut records = Self {
            path,
            source,
            buffer: vec![0; BLOCK],
            rest: 0..0,
            at_end: false,
            row: 1,
            next_row: 1,
            fields: Vec::new(),
            unquoted: Vec::new(),
        };
        while records.rest.len() < BYTE_ORDER_MARK.len() && !records.at_end {
            records.refill()?;
        }
        if records.buffer[records.rest.clone()].starts_with(BYTE_ORDER_MARK) {
            records.rest.start += BYTE_ORDER_MARK.len();
        }
        Ok(records)
    }

    /// Moves on to the next record; false if there is none.
    pub(super) fn advance(&mut self) -> Result<bool, DataError> {
        loop {
            match self.empty_line() {
                Some(0) => return Ok(false),
                Some(n_bytes) => {
                    self.rest.start += n_bytes;
                    self.next_row += 1;
                }
                None if self.split()? => return Ok(true),
                None => self.refill()?,
            }
        }
    }

    /// The length of the empty line that follows; 0 at the end of the file.
    fn empty_line(&self) -> Option<usize> {
        match self.buffer[self.rest.clone()] {
            [] if self.at_end => Some(0),
            [b'\r'] if self.at_end => Some(1),
            [b'\n', ..] => Some(1),
            [b'\r', b'\n', ..] => Some(2),
            [b'\r', _, ..] => Some(1),
            _ => None,
        }
    }

    /// A field of the record, without spaces around it.
    #[inline(always)]
    pub(super) fn field(&self, at: usize) -> Name<'_> {
        let Field { start, end, is_quoted, short } = self.fields[at];
        let bytes = if is_quoted { &self.unquoted[start..end] } else { &self.buffer[start..end] };
        if short.is_some() { Name { bytes, short } } else { Name::new(bytes.trim_ascii()) }
    }

    /// Number of fields of the record.
    pub(super) fn n_fields(&self) -> usize {
        self.fields.len()
    }

    /// The row of the file in which the record begins, from 1.
    pub(super) fn row(&self) -> usize {
        self.row
    }

    /// Splits the record at the start of the rest; false if it may go on behind the rest.
    fn split(&mut self) -> Result<bool, DataError> {
        self.fields.clear();
        self.unquoted.clear();
        let mut at = self.rest.start;
        loop {
            let Some(end) = self.field_end(at)? else { return Ok(false) };
            at = end + 1;
            match self.buffer[end..self.rest.end] {
                [b',', ..] => {}
                [b'\r'] if !self.at_end => return Ok(false),
                [b'\r', b'\n', ..] => return Ok(self.end_record(end + 2)),
                [] => return Ok(self.end_record(end)),
                _ => return Ok(self.end_record(end + 1)),
            }
        }
    }

    fn end_record(&mut self, end: usize) -> bool {
        self.row = self.next_row;
        let n_lines = if self.fields.iter().any(|field| field.is_quoted) {
            // A line break that ends the record is the last one in it.
            let record = &self.buffer[self.rest.start..end];
            record.iter().filter(|byte| **byte == b'\n').count().max(1)
        } else {
            1
        };
        self.next_row += n_lines;
        self.rest.start = end;
        true
    }

    /// Notes the field that begins at `at`, and finds its end.
    fn field_end(&mut self, at: usize) -> Result<Option<usize>, DataError> {
        if let Some(short) = self.short_field(at) {
            let end = at + short.len();
            self.fields.push(Field { start: at, end, is_quoted: false, short: Some(short) });
            return Ok(Some(end));
        }
        let start = self.unquoted.len();
        let mut end = at;
        let is_quoted = self.buffer[at..self.rest.end].first() == Some(&b'"');
        if is_quoted {
            match self.closing_quote(at + 1)? {
                Some(quote) => end = quote + 1,
                None => return Ok(None),
            }
        }
        let plain = &self.buffer[end..self.rest.end];
        let ends_field = |byte: &u8| matches!(byte, b',' | b'\n' | b'\r');
        let length = match plain.iter().position(ends_field) {
            None if !self.at_end => return Ok(None),
            found => found.unwrap_or(plain.len()),
        };
        let (start, stop) = if is_quoted {
            self.unquoted.extend_from_slice(&plain[..length]);
            (start, self.unquoted.len())
        } else {
            (at, end + length)
        };
        self.fields.push(Field { start, end: stop, is_quoted, short: None });
        Ok(Some(end + length))
    }

    /// The field at `at` if it ends within eight bytes and needs no closer look.
    #[inline]
    fn short_field(&self, at: usize) -> Option<ShortName> {
        let bytes = self.buffer[at..self.rest.end].first_chunk::<8>()?;
        let text = u64::from_le_bytes(*bytes);
        let ends = zero_bytes(text ^ every(b','))
            | zero_bytes(text ^ every(b'\n'))
            | zero_bytes(text ^ every(b'\r'));
        let length = ends.trailing_zeros() as usize / 8;
        let is_plain = |byte: u8| byte > b' ' && byte != b'"';
        (ends != 0 && length > 0 && is_plain(bytes[0]) && is_plain(bytes[length - 1]))
            .then(|| ShortName::of(text, length))
    }

    /// Copies what stands in quotes from `at` on, and finds the closing one.
    fn closing_quote(&mut self, mut at: usize) -> Result<Option<usize>, DataError> {
        loop {
            let text = &self.buffer[at..self.rest.end];
            let Some(quote) = text.iter().position(|byte| *byte == b'"') else {
                if !self.at_end {
                    return Ok(None);
                }
                let expected = "a closing quote before the end of the file";
                return Err(DataError::row(self.path, self.next_row, "an open quote", expected));
            };
            self.unquoted.extend_from_slice(&text[..quote]);
            match text[quote..] {
                [_] if !self.at_end => return Ok(None),
                [_, b'"', ..] => self.unquoted.push(b'"'),
                _ => return Ok(Some(at + quote)),
            }
            at += quote + 2;
        }
    }

    /// Moves the rest to the start of the buffer, which grows if it is full, and reads on.
    fn refill(&mut self) -> Result<(), DataError> {
        self.buffer.copy_within(self.rest.clone(), 0);
        self.rest = 0..self.rest.len();
        if self.rest.end == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        let n_read = loop {
            match self.source.read(&mut self.buffer[self.rest.end..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| unreadable(self.path, error))?,
            }
        };
        self.rest.end += n_read;
        self.at_end = n_read == 0;
        Ok(())
    }
}

/// A word that holds the same byte eight times.
const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the highest bit of the lowest byte that is zero; higher ones may be wrong.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(every(1)) & !word & every(0x80)
}

#[cfg(test)]
mod tests;
