//! Labels from CSV, one label per row or one column per annotator. Empty
//! fields and "nan" are missing labels.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use csv::{ByteRecord, Reader};

use super::columns::Columns;
use super::gathered::{Gathered, Label};
use crate::DataError;
use crate::csv_file::{csv_error, reader, row_of, shown, unreadable};

type Table = Reader<Box<dyn BufRead>>;

pub(super) fn gather(path: &Path, bytes: Box<dyn BufRead>) -> Result<Gathered, DataError> {
    let mut table = reader(bytes).map_err(|error| unreadable(path, error))?;
    let header = table.byte_headers().map_err(|error| csv_error(path, error))?;
    match Columns::of(path, header)? {
        Columns::Long(columns) => long(path, table, columns),
        Columns::Wide(annotators) => wide(path, table, &annotators),
    }
}

fn long(path: &Path, mut table: Table, columns: [usize; 3]) -> Result<Gathered, DataError> {
    let mut gathered = Gathered { unordered: true, ..Gathered::default() };
    let mut record = ByteRecord::new();
    let mut n_missing = 0;
    while table.read_byte_record(&mut record).map_err(|error| csv_error(path, error))? {
        let row = row_of(&record);
        let [example, annotator, label] = columns.map(|column| record[column].trim_ascii());
        let fields =
            [text(path, row, example)?, text(path, row, annotator)?, text(path, row, label)?];
        if let Some(empty) = fields[..2].iter().position(|field| field.is_empty()) {
            let found = format!("no {}", ["example", "annotator"][empty]);
            return Err(DataError::row(path, row, found, "an example and an annotator"));
        }
        if is_missing(label) {
            gathered.examples.number(fields[0]);
            n_missing += 1;
        } else {
            gathered.add(fields, row);
        }
    }
    if n_missing > 0 {
        gathered.notes.push(format!("rows without a label that were skipped: {n_missing}"));
    }
    Ok(gathered)
}

fn wide(path: &Path, mut table: Table, annotators: &[String]) -> Result<Gathered, DataError> {
    let mut gathered = Gathered::default();
    for name in annotators {
        gathered.annotators.number(name);
    }
    let mut record = ByteRecord::new();
    let mut row_of_example = HashMap::new();
    while table.read_byte_record(&mut record).map_err(|error| csv_error(path, error))? {
        let row = row_of(&record);
        let id = text(path, row, record[0].trim_ascii())?;
        let example = gathered.examples.number(id);
        if let Some(first) = row_of_example.insert(example, row) {
            let found = format!("example {id}, which is also in row {first}");
            return Err(DataError::row(path, row, found, "one row per example"));
        }
        for (field, annotator) in record.iter().skip(1).zip(0..) {
            let field = field.trim_ascii();
            if !is_missing(field) {
                let class = gathered.classes.number(text(path, row, field)?);
                gathered.labels.push(Label { example, annotator, class, row: row as u32 });
            }
        }
    }
    Ok(gathered)
}

fn is_missing(label: &[u8]) -> bool {
    label.is_empty() || label.eq_ignore_ascii_case(b"nan")
}

fn text<'a>(path: &Path, row: usize, field: &'a [u8]) -> Result<&'a str, DataError> {
    let wrong = |_| DataError::row(path, row, shown(field), "text in UTF-8");
    std::str::from_utf8(field).map_err(wrong)
}
