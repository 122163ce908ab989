//! Labels from CSV, one label per row or one column per annotator. Empty
//! fields, "nan", "NA" and "<NA>" are missing labels, as numpy, R and pandas write them.

use std::io::BufRead;
use std::path::Path;

use super::columns::{Columns, READ_AS_WIDE};
use super::gathered::{Gathered, Label};
use super::numbering::Name;
use super::places::Places;
use super::records::Records;
use crate::DataError;
use crate::csv_file::shown;

/// At least so many bytes have most rows.
const BYTES_PER_ROW: usize = 8;

type Table<'a> = Records<'a, Box<dyn BufRead>>;

pub(super) fn gather(path: &Path, bytes: Box<dyn BufRead>) -> Result<Gathered, DataError> {
    let mut table = Records::new(path, bytes)?;
    let mut header = Vec::new();
    if table.advance()? {
        let name = |at| String::from_utf8_lossy(table.field(at).bytes).into_owned();
        header.extend((0..table.n_fields()).map(name));
    }
    let n_columns = header.len();
    match Columns::of(path, header)? {
        Columns::Long(columns) => long(path, table, columns, n_columns),
        Columns::Wide(annotators) => wide(path, table, &annotators),
    }
}

/// Moves on to the next row, which must have as many fields as the header.
fn advance(path: &Path, table: &mut Table<'_>, n_columns: usize) -> Result<bool, DataError> {
    let more = table.advance()?;
    if more && table.n_fields() != n_columns {
        let found = match table.n_fields() {
            1 => "1 field".to_owned(),
            n => format!("{n} fields"),
        };
        let expected = format!("{n_columns} as in the header");
        return Err(DataError::row(path, table.row(), found, expected));
    }
    Ok(more)
}

fn long(
    path: &Path,
    mut table: Table<'_>,
    columns: [usize; 3],
    n_columns: usize,
) -> Result<Gathered, DataError> {
    let mut gathered = Gathered { unordered: true, ..Gathered::default() };
    // Room that is not used costs nothing, while growing copies what is there.
    let n_bytes = std::fs::metadata(path).map_or(0, |file| file.len() as usize);
    gathered.labels.try_reserve(n_bytes / BYTES_PER_ROW).ok();
    let mut n_missing = 0;
    while advance(path, &mut table, n_columns)? {
        let row = table.row();
        let [example, annotator, label] = columns.map(|column| table.field(column));
        for (field, what) in [(example, "example"), (annotator, "annotator")] {
            if field.bytes.is_empty() {
                let expected = "an example and an annotator";
                return Err(DataError::row(path, row, format!("no {what}"), expected));
            }
        }
        let added = if is_missing(label.bytes) {
            n_missing += 1;
            let number = gathered.examples.number(example);
            number.map(|number| gathered.rows.push((number, row)))
        } else {
            gathered.add(example, annotator, label, row)
        };
        added.map_err(|_| not_text(path, row, &[example, annotator, label]))?;
    }
    if n_missing > 0 {
        gathered.notes.push(format!("rows without a label that were skipped: {n_missing}"));
    }
    Ok(gathered)
}

fn wide(path: &Path, mut table: Table<'_>, annotators: &[String]) -> Result<Gathered, DataError> {
    let mut gathered = Gathered::default();
    for name in annotators {
        gathered.annotators.number_of_text(name);
    }
    let mut rows = Places::default();
    while advance(path, &mut table, annotators.len() + 1)? {
        let row = table.row();
        if table.field(0).bytes.is_empty() {
            return Err(DataError::row(path, row, "no example", "one in the first column"));
        }
        let number = |_| not_text(path, row, &[table.field(0)]);
        let example = gathered.examples.number(table.field(0)).map_err(number)?;
        if (example as usize) < rows.len() {
            let id = &gathered.examples.names()[example as usize];
            let found =
                format!("example {id}, which is also in row {}", rows.row(example as usize));
            let expected = format!("one row per example{READ_AS_WIDE}");
            return Err(DataError::row(path, row, found, expected));
        }
        rows.push(row);
        let n_before = gathered.labels.len();
        for annotator in 0..annotators.len() {
            let field = table.field(annotator + 1);
            if !is_missing(field.bytes) {
                let class = gathered.classes.number(field);
                let class = class.map_err(|_| not_text(path, row, &[field]))?;
                gathered.push(Label { example, annotator: annotator as u32, class }, row);
            }
        }
        if gathered.labels.len() == n_before {
            gathered.rows.push((example, row));
        }
    }
    Ok(gathered)
}

fn is_missing(label: &[u8]) -> bool {
    match label.len() {
        0 => true,
        2 => label == b"NA",
        3 => label.eq_ignore_ascii_case(b"nan"),
        4 => label == b"<NA>",
        _ => false,
    }
}

/// The first of the fields that is no text.
fn not_text(path: &Path, row: usize, fields: &[Name<'_>]) -> DataError {
    let wrong = fields.iter().find(|field| std::str::from_utf8(field.bytes).is_err());
    DataError::row(path, row, shown(wrong.unwrap_or(&fields[0]).bytes), "text in UTF-8")
}
