//! Archives under guard: only regular files and folders with plain relative names, each
//! once, within bounds of number and size. Whatever else is in an archive, it is
//! refused by the name of the entry, before anything of that entry is written.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Component, Path, PathBuf},
};

use flate2::bufread::GzDecoder;
use zip::ZipArchive;

const MAX_ENTRIES: usize = 20_000;
/// What an archive of a few bytes may become.
const MIN_BOUND: u64 = 64 << 20;
/// Text rarely shrinks more than this.
const MAX_RATIO: u64 = 20;

/// One regular file in an archive.
pub(crate) struct Entry<'a> {
    /// Its checked name.
    pub name: &'a Path,
    /// Its content, bounded.
    pub content: &'a mut dyn Read,
}

/// What has been seen of an archive.
struct Guard {
    names: HashSet<PathBuf>,
    bytes_left: u64,
}

/// Calls `take` for every regular file of a .tar.gz or .zip, in order.
///
/// # Errors
/// The reason, as the end of a sentence.
pub(crate) fn for_each(
    path: &Path,
    mut take: impl FnMut(Entry<'_>) -> io::Result<()>,
) -> Result<(), String> {
    let damaged = |error: io::Error| format!("the archive cannot be read: {error}");
    let mut file = BufReader::new(File::open(path).map_err(damaged)?);
    let mut magic = [0; 4];
    let n = file.read(&mut magic).map_err(damaged)?;
    file.rewind().map_err(damaged)?;
    let size = file.get_ref().metadata().map_err(damaged)?.len();
    let bytes_left = (MAX_RATIO * size).max(MIN_BOUND);
    let mut guard = Guard { names: HashSet::new(), bytes_left };
    match &magic[..n] {
        [0x1f, 0x8b, ..] => guard.tar(file, &mut take),
        b"PK\x03\x04" | b"PK\x05\x06" => guard.zip(file, &mut take),
        _ => Err("the file is neither a .tar.gz nor a .zip".into()),
    }
}

type Take<'a> = &'a mut dyn FnMut(Entry<'_>) -> io::Result<()>;

impl Guard {
    fn tar(&mut self, file: BufReader<File>, take: Take<'_>) -> Result<(), String> {
        let damaged = |error: io::Error| format!("the archive cannot be read: {error}");
        // Headers count too: a name may be a bomb.
        let bounded = GzDecoder::new(file).take(2 * self.bytes_left);
        let mut archive = tar::Archive::new(bounded);
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let kind = entry.header().entry_type();
            if kind.is_pax_global_extensions() {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path =
                self.admit(&name, kind.is_dir() || kind.is_file() || kind.is_contiguous())?;
            if !kind.is_dir() {
                self.pass(&path, &mut entry, take)?;
            }
        }
        Ok(())
    }

    fn zip(&mut self, file: BufReader<File>, take: Take<'_>) -> Result<(), String> {
        let damaged = |error| format!("the archive cannot be read: {error}");
        let mut archive = ZipArchive::new(file).map_err(damaged)?;
        if archive.has_duplicate_names() {
            return Err("the archive holds two entries of one name".into());
        }
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?.into_owned();
            // The upper bits say what kind of file it was on Unix, if they say anything.
            let kind = entry.unix_mode().unwrap_or(0) & 0o170_000;
            let path = self.admit(&name, matches!(kind, 0 | 0o100_000 | 0o040_000))?;
            if entry.is_file() {
                self.pass(&path, &mut entry, take)?;
            }
        }
        Ok(())
    }

    /// The name of the next entry as a path, if nothing is wrong with it.
    fn admit(&mut self, name: &str, regular: bool) -> Result<PathBuf, String> {
        if !regular {
            return Err(format!("the archive holds {name:?}, which is a link or a device"));
        }
        let path: PathBuf = Path::new(name).components().collect();
        let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.contains(['\0', '\\']) || name.is_empty() || !path.components().all(plain) {
            return Err(format!("the archive holds {name:?}, which leads out of its folder"));
        }
        if !self.names.insert(path.clone()) {
            return Err(format!("the archive holds {name:?} twice"));
        }
        if self.names.len() > MAX_ENTRIES {
            return Err(format!("the archive holds more than {MAX_ENTRIES} entries"));
        }
        Ok(path)
    }

    fn pass(&mut self, name: &Path, content: &mut dyn Read, take: Take<'_>) -> Result<(), String> {
        let mut content = content.take(self.bytes_left + 1);
        let failed = |error| format!("{} in the archive: {error}", name.display());
        take(Entry { name, content: &mut content }).map_err(failed)?;
        // What was not wanted counts too.
        io::copy(&mut content, &mut io::sink()).map_err(failed)?;
        if content.limit() == 0 {
            return Err(format!("{} in the archive is far too large unpacked", name.display()));
        }
        self.bytes_left = content.limit() - 1;
        Ok(())
    }
}
