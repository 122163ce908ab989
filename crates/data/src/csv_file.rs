//! Tables as files: CSV that is plain, compressed with gzip or the one table
//! in a zip archive, told apart by their first bytes; and their errors with file and row.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

use crate::DataError;

const BUFFER: usize = 1 << 16;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK\x03\x04";
/// What some editors begin UTF-8 text with.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The uncompressed bytes of `path`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    let file = File::open(path).map_err(|error| DataError::io(path, error))?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let start = reader.fill_buf().map_err(|error| DataError::io(path, error))?;
    if start.starts_with(GZIP) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader))));
    }
    if start.starts_with(ZIP) {
        let bytes = unzip(path, reader.into_inner())?;
        return Ok(Box::new(Cursor::new(bytes)));
    }
    Ok(Box::new(reader))
}

/// The one CSV file in an archive; resource forks of macOS do not count.
fn unzip(path: &Path, file: File) -> Result<Vec<u8>, DataError> {
    let damaged = |error: zip::result::ZipError| {
        DataError::file(path, error.to_string(), "a zip archive that can be read")
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let tables: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(Cow::into_owned))
        .filter(|name| name.ends_with(".csv") && !name.starts_with("__MACOSX"))
        .collect();
    let [table] = tables.as_slice() else {
        let found = format!("{} CSV files in the archive", tables.len());
        return Err(DataError::file(path, found, "one"));
    };
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(table).map_err(damaged)?;
    entry.read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    Ok(bytes)
}

/// A CSV reader behind the header row.
pub(crate) fn reader(mut bytes: Box<dyn BufRead>) -> io::Result<Reader<Box<dyn BufRead>>> {
    if bytes.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        bytes.consume(BYTE_ORDER_MARK.len());
    }
    Ok(ReaderBuilder::new().buffer_capacity(BUFFER).from_reader(bytes))
}

/// What the operating system or the decompressor said about `path`.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> DataError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            DataError::file(path, error.to_string(), "a complete file; fetch or copy it again")
        }
        _ => DataError::io(path, error),
    }
}

/// A CSV error in the words of [`DataError`].
pub(crate) fn csv_error(path: &Path, error: csv::Error) -> DataError {
    let row = error.position().map_or(1, |position| position.line() as usize);
    match error.into_kind() {
        ErrorKind::Io(error) => unreadable(path, error),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let expected = format!("{expected_len} as in the header");
            DataError::row(path, row, format!("{len} fields"), expected)
        }
        _ => DataError::row(path, row, "text that is not UTF-8", "a row of a CSV file"),
    }
}

/// The row of the file in which `record` begins, from 1; the header is row 1.
pub(crate) fn row_of(record: &ByteRecord) -> usize {
    record.position().map_or(1, |position| position.line() as usize)
}

/// A field as text for a message.
pub(crate) fn shown(field: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(field))
}
