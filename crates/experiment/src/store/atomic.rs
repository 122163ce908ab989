//! The one way in which files that matter are written: a temporary file in the
//! same folder, flushed to the disk, then renamed over the old one.

use std::{fs::File, io::Write, path::Path};

use super::StoreError;

/// Replaces `path` by `bytes`; after a crash the file is the old one or the new one.
///
/// # Errors
/// [`StoreError::Io`]; the old file is untouched and no temporary file is left.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // Temporary files are private by default; these become results for everyone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.prefix(".writing-").suffix(".tmp").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(StoreError::io("write", path))
}
