//! Writing into folders of results, with errors that name the file.

use std::{
    io::{self, Write},
    path::Path,
};

use super::StoreError;

/// [`relabel_data::write_atomic`].
///
/// # Errors
/// [`StoreError::Io`]; the old file is untouched and no temporary file is left.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    relabel_data::write_atomic(path, bytes).map_err(StoreError::io("write", path))
}

/// [`relabel_data::write_derived_with`].
///
/// # Errors
/// [`StoreError::Io`]; the old file then stays.
pub fn write_derived_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), StoreError> {
    relabel_data::write_derived_with(path, content).map_err(StoreError::io("write", path))
}

/// [`relabel_data::make_folder`].
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    relabel_data::make_folder(path).map_err(StoreError::io("make", path))
}
