//! The one way in which files that matter are written: a temporary file in the
//! same folder, flushed to the disk, then renamed over the old one, then the
//! folder flushed. After a crash the file is the old one or the new one.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// How the names of temporary files begin.
const PREFIX: &str = ".writing-";

/// Replaces `path` by `bytes`.
///
/// # Errors
/// What the operating system says; the old file is untouched and no temporary file is left.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// Like [`write_atomic`] for what is too large to be held in memory.
///
/// # Errors
/// As [`write_atomic`], or what `content` says.
pub fn write_atomic_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    put_in_place(written_file(path, content)?, path)
}

/// Replaces `path` by `bytes` that can be made again at any time: readers see the old
/// file or the new one, but nobody waits for the disk, so a crash of the machine may
/// lose the file.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_derived(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_derived_with(path, |file| file.write_all(bytes))
}

/// Like [`write_derived`] for what is too large to be held in memory.
///
/// # Errors
/// As [`write_atomic_with`].
pub fn write_derived_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    written_file(path, content)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file with this content in the folder of `path`.
fn written_file(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut buffer = BufWriter::new(temporary_file(folder_of(path))?);
    content(&mut buffer)?;
    buffer.into_inner().map_err(io::IntoInnerError::into_error)
}

/// A temporary file that takes its name with [`put_in_place`] and is removed otherwise.
/// It is locked as long as its writer lives.
pub(crate) fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default; these become results for everyone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let file = builder.prefix(PREFIX).suffix(".tmp").tempfile_in(folder)?;
        // A file system without locks is one on which `sweep` removes nothing.
        let _ = file.as_file().lock();
        // Between its making and its locking it may have been swept away.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes the temporary files in `folder` whose writers are dead.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // The lock is held until the file is gone.
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Flushes `file` and renames it to `path`, which lies in the same folder.
pub(crate) fn put_in_place(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder_of(path))
}

/// Makes `folder` and those above it that are missing, each flushed to the disk.
///
/// # Errors
/// What the operating system says.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.and_then(|()| sync_folder(above)),
    }
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Only where folders are files that can be flushed.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        make_folder(folder_of(&path)).unwrap();
        write_atomic(&path, b"old").unwrap();
        let failed = write_atomic_with(&path, |out| {
            out.write_all(&[0; 100_000])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder_of(&path)).unwrap().count(), 1);
    }

    #[test]
    fn only_temporary_files_of_dead_writers_are_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(".writing-dead.tmp");
        fs::write(&dead, "half").unwrap();
        let living = temporary_file(folder.path()).unwrap();
        sweep(folder.path());
        assert!(!dead.exists() && living.path().exists());
    }

    #[test]
    fn a_file_where_a_folder_should_be_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomic(&path, b"").unwrap();
        assert!(make_folder(&path).is_err());
        assert!(make_folder(&path.join("below")).is_err());
        assert!(write_atomic(&path.join("below"), b"").is_err());
    }
}
