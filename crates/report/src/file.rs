//! How this crate writes: a temporary file in the same folder, then a rename,
//! so that a reader sees the old file or the new one and never half of one.

use std::{io::Write, path::Path};

use crate::ReportError;

/// Replaces `path` by `bytes`.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        // Temporary files are private by default; these are for everyone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.prefix(".writing-").suffix(".tmp").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(ReportError::io("write", path))
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
    write_atomic(path, &table.into_inner().expect("memory should take a table"))
}
