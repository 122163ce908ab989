//! How this crate writes: files appear whole or not at all. All of them can be made
//! again from the run, so nobody waits until they are on the disk.

use std::path::Path;

use crate::ReportError;

/// Replaces `path` by `bytes`, making its folder if need be.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    relabel_data::make_folder(folder)
        .and_then(|()| relabel_data::write_derived(path, bytes))
        .map_err(ReportError::io("write", path))
}

/// Replaces `path` by a table.
pub(crate) fn write_csv(
    path: &Path,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<(), ReportError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(header).expect("memory should take a row");
    for row in rows {
        table.write_record(row).expect("every row should be as long as the header");
    }
    write_whole(path, &table.into_inner().expect("memory should take a table"))
}
