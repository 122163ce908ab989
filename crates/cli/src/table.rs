//! CSV files as this program writes them: complete or not at all, floats so that
//! they read back to the same number, what is no number as an empty field.

use std::{fmt::Write as _, io, path::Path};

use anyhow::Result;
use relabel_experiment::store::write_atomic_with;

/// One row in the making.
#[derive(Default)]
pub struct Row(String);

impl Row {
    /// Adds text, quoted if it must be.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        if text.contains([',', '"', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(text);
        }
        self
    }

    /// Adds a number, or an empty field if it is none.
    pub fn number(&mut self, number: f64) -> &mut Self {
        self.separate();
        if !number.is_nan() {
            let _ = write!(self.0, "{number}");
        }
        self
    }

    /// Adds a count.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.separate();
        let _ = write!(self.0, "{count}");
        self
    }

    fn separate(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
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
    mut fill: impl FnMut(&mut Row, T),
) -> Result<()> {
    write_atomic_with(path, |out| {
        writeln(out, &header.join(","))?;
        let mut row = Row::default();
        for item in items {
            row.0.clear();
            fill(&mut row, item);
            writeln(out, &row.0)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn writeln(out: &mut dyn io::Write, line: &str) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}
