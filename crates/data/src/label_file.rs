//! Files in which practitioners keep labels of several annotators, told apart by
//! their content: CSV with one label per row, CSV or NPY with one column per
//! annotator, and the JSON export of Label Studio. CSV may be gzipped.

mod columns;
mod csv_table;
mod gathered;
mod label_studio;
mod matrix;
mod numbering;
mod order;
mod places;
mod records;

use std::io::{BufRead, Read};
use std::path::Path;

use relabel_scoring::Labels;

use self::gathered::Gathered;
use crate::csv_file::{BYTE_ORDER_MARK, open, unreadable};
use crate::{DataError, Names};

const NPY: &[u8] = b"\x93NUMPY";
/// How such text begins in either byte order.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Labels of several annotators and what their indices stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFile {
    /// The example behind every [`relabel_scoring::ExampleId`]: sorted (numbers as numbers) if the
    /// file has one label per row, in the order of the file's rows otherwise.
    pub example_ids: Names,
    /// The annotator behind every [`relabel_scoring::AnnotatorId`].
    pub annotator_ids: Names,
    /// The name of every class: of labels that are all whole numbers these
    /// numbers, of others all names that occur, sorted.
    pub class_names: Vec<String>,
    /// The labels.
    pub labels: Labels,
    /// What a reader may want to know: rows that were skipped, classes without labels.
    pub notes: Vec<String>,
}

/// Reads a file with labels.
///
/// # Errors
/// Names the file, the row, what was found and what was expected; two labels
/// of one annotator for one example are refused.
pub fn read_label_file(path: &Path) -> Result<LabelFile, DataError> {
    read_label_file_with(path, None, None)
}

/// Reads a file with labels of given examples and classes, in the given order.
/// Labels may then be names or indices of classes.
///
/// # Errors
/// As [`read_label_file`], and if an example or a class is not among those given.
pub fn read_label_file_with(
    path: &Path,
    example_ids: Option<&Names>,
    class_names: Option<&[String]>,
) -> Result<LabelFile, DataError> {
    gather(path)?.into_labels(path, example_ids, class_names)
}

fn gather(path: &Path) -> Result<Gathered, DataError> {
    let mut bytes = open(path)?;
    let start = bytes.fill_buf().map_err(|error| unreadable(path, error))?;
    if start.starts_with(NPY) {
        return matrix::gather(path);
    }
    if start.starts_with(UTF_16[0]) || start.starts_with(UTF_16[1]) {
        return Err(DataError::file(path, "text in UTF-16", "text in UTF-8; save it as that"));
    }
    let marked = start.starts_with(BYTE_ORDER_MARK);
    let mark = if marked { BYTE_ORDER_MARK.len() } else { 0 };
    let first = start[mark..].iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'[' | b'{')) {
        let mut text = Vec::new();
        bytes.read_to_end(&mut text).map_err(|error| unreadable(path, error))?;
        return label_studio::gather(path, &text[mark..]);
    }
    csv_table::gather(path, bytes)
}
