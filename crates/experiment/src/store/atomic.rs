//! The one way in which files that matter are written: a temporary file in the
//! same folder, flushed to the disk, then renamed over the old one.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::StoreError;

/// Replaces `path` by `bytes`; after a crash the file is the old one or the new one.
///
/// # Errors
/// [`StoreError::Io`]; the old file is untouched and no temporary file is left.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// Like [`write_atomic`] for what is too large to be held in memory.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_atomic_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // Temporary files are private by default; these become results for everyone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.prefix(".writing-").suffix(".tmp").tempfile_in(folder)?;
        let mut buffer = BufWriter::new(file);
        content(&mut buffer)?;
        let file = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(StoreError::io("write", path))
}
