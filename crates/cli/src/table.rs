//! CSV files as this program writes them: complete or not at all, floats so that
//! they read back to the same number, what is no number as an empty field.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Result;
use relabel_experiment::store::write_derived_with;

/// Rows are handed on in blocks of about so many bytes.
const BLOCK: usize = 1 << 16;

/// Rows in the making.
pub struct Rows {
    bytes: Vec<u8>,
    /// True if the next field begins a row.
    at_start: bool,
    digits: zmij::Buffer,
}

impl Rows {
    fn new(header: &[&str]) -> Self {
        let mut rows = Self { bytes: Vec::new(), at_start: true, digits: zmij::Buffer::new() };
        header.iter().for_each(|name| {
            rows.text(name);
        });
        rows.end();
        rows
    }

    /// Adds text, quoted if it must be.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.bytes.push(b'"');
            self.bytes.extend(text.replace('"', "\"\"").bytes());
            self.bytes.push(b'"');
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self
    }

    /// Adds a number, or an empty field if it is none.
    pub fn number(&mut self, number: f64) -> &mut Self {
        self.separate();
        if !number.is_nan() {
            self.bytes.extend_from_slice(self.digits.format(number).as_bytes());
        }
        self
    }

    /// Adds a count.
    pub fn count(&mut self, mut count: usize) -> &mut Self {
        self.separate();
        let start = self.bytes.len();
        loop {
            self.bytes.push(b'0' + (count % 10) as u8);
            count /= 10;
            if count == 0 {
                break;
            }
        }
        self.bytes[start..].reverse();
        self
    }

    fn separate(&mut self) {
        if !self.at_start {
            self.bytes.push(b',');
        }
        self.at_start = false;
    }

    fn end(&mut self) {
        self.bytes.push(b'\n');
        self.at_start = true;
    }
}

/// Writes a header and one row per item.
///
/// # Errors
/// If the file cannot be written; the old one then stays.
pub fn write<T>(
    path: &Path,
    header: &[&str],
    items: impl Iterator<Item = T>,
    mut fill: impl FnMut(&mut Rows, T),
) -> Result<()> {
    let content = |out: &mut dyn Write| -> io::Result<()> {
        let mut rows = Rows::new(header);
        for item in items {
            fill(&mut rows, item);
            rows.end();
            if rows.bytes.len() >= BLOCK {
                out.write_all(&rows.bytes)?;
                rows.bytes.clear();
            }
        }
        out.write_all(&rows.bytes)
    };
    Ok(write_derived_with(path, content)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_and_numbers_read_back() {
        let numbers = [0.1 + 0.2, 1e-300, 5e-324, 1.0, -0.0, f64::MAX, f64::INFINITY];
        let mut rows = Rows::new(&["a,b", "c"]);
        rows.text("").text("say \"no\"").count(0).count(120_309).number(f64::NAN);
        rows.end();
        for number in numbers {
            rows.number(number);
        }
        let text = String::from_utf8(rows.bytes).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[..2], ["\"a,b\",c", ",\"say \"\"no\"\"\",0,120309,"]);
        let back = lines[2].split(',').map(|field| field.parse::<f64>().unwrap().to_bits());
        assert!(back.eq(numbers.map(f64::to_bits)), "{text}");
    }
}
