//! Fetching official files: streamed into a file beside their place, checked by size
//! and SHA-256, unpacked under guard, and only then given their name. A file that is
//! there already is never overwritten; one that was broken off is continued.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{
    DataError, Progress,
    archive::{self, Entry},
    atomic::{folder_of, sync_folder},
    checksum,
    completion::{Completion, MARK},
    download::{Download, Patience, Trouble},
    make_folder,
    sources::{FileState, SourceFile, Sources, Unpack},
};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The official file was there already.
    AlreadyThere(PathBuf),
    /// It was downloaded, checked and put in place.
    Downloaded(PathBuf),
}

/// How to fetch.
pub struct FetchOptions<'a> {
    /// Never connect.
    pub offline: bool,
    /// When to give up.
    pub patience: Patience,
    /// Told about every file as it comes.
    pub progress: &'a dyn Fn(&SourceFile, u64, Option<u64>),
}

impl Default for FetchOptions<'_> {
    fn default() -> Self {
        Self { offline: false, patience: Patience::default(), progress: &|_, _, _| {} }
    }
}

impl Sources {
    /// Makes sure that the official files of one data set lie below `data_dir`.
    ///
    /// # Errors
    /// [`DataError`] if there is no such data set; if a file is missing and
    /// `offline` is set; if a file there is not the official one, which is
    /// never overwritten; or if the download fails or has a wrong checksum.
    pub fn fetch(
        &self,
        data_dir: &Path,
        name: &str,
        options: &FetchOptions<'_>,
    ) -> Result<Vec<Fetched>, DataError> {
        self.files(name)?.into_iter().map(|file| file.fetch(data_dir, options)).collect()
    }
}

impl SourceFile {
    fn fetch(&self, data_dir: &Path, options: &FetchOptions<'_>) -> Result<Fetched, DataError> {
        let path = data_dir.join(&self.file);
        if let Some(there) = self.there(data_dir, &path)? {
            return Ok(there);
        }
        if options.offline {
            return Err(DataError::missing(&path, &self.name));
        }
        let folder = folder_of(&path);
        make_folder(folder).map_err(|error| DataError::io(folder, error))?;
        let mut work = Work::begin(&path)?;
        // Another process may have fetched it while this one waited for its turn.
        if let Some(there) = self.there(data_dir, &path)? {
            work.clean();
            return Ok(there);
        }
        let url = self.download(&mut work, options)?;
        let result = self.place(&work, url, &path);
        work.clean();
        result.map(|()| Fetched::Downloaded(path))
    }

    fn there(&self, data_dir: &Path, path: &Path) -> Result<Option<Fetched>, DataError> {
        match self.state(data_dir)? {
            FileState::Missing => Ok(None),
            FileState::Official => Ok(Some(Fetched::AlreadyThere(path.into()))),
            FileState::Differs { found } => {
                let expected = "the official file; move it away to fetch that one";
                Err(DataError::file(path, found, expected))
            }
        }
    }

    /// Fills the part file from the first address that has what is wanted, and says which.
    /// What one address sent is continued by the next, and what one of them may still send
    /// is left for another call.
    fn download(&self, work: &mut Work, options: &FetchOptions<'_>) -> Result<&str, DataError> {
        let (mut last, mut passing) = (None, false);
        for url in self.urls() {
            let reason = match self.download_from(url, work, options) {
                Ok(()) => return Ok(url),
                Err(Trouble::Lasting(reason)) => reason,
                Err(Trouble::Disk(error)) => {
                    work.clean();
                    return Err(DataError::io(&work.path, error));
                }
                Err(Trouble::Passing(reason)) => {
                    passing = true;
                    reason
                }
            };
            last = Some(self.failed(url, &work.target, reason));
        }
        if !(passing && self.can_be_continued(work)) {
            work.clean();
        }
        Err(last.expect("a source should have an address"))
    }

    /// What cannot be checked in the end cannot be continued either.
    fn can_be_continued(&self, work: &Work) -> bool {
        self.transferred().1.is_some() && work.part.metadata().is_ok_and(|part| part.len() > 0)
    }

    fn download_from(
        &self,
        url: &str,
        work: &mut Work,
        options: &FetchOptions<'_>,
    ) -> Result<(), Trouble> {
        let continued = self.can_be_continued(work);
        if !continued {
            work.empty().map_err(Trouble::Disk)?;
        }
        let bytes = self.transferred().0;
        let progress: &Progress<'_> = &|done, total| (options.progress)(self, done, total);
        let download = Download { url, bytes, patience: options.patience, progress };
        download.run(&mut work.part)?;
        match self.check_part(work) {
            // The part that was there may have been of something else.
            Err(_) if continued => {
                download.run(&mut work.part)?;
                self.check_part(work)
            }
            result => result,
        }
    }

    /// Empties the part file if it is not what was to be transferred.
    fn check_part(&self, work: &mut Work) -> Result<(), Trouble> {
        let found = checksum::of_file(&work.path).map_err(Trouble::Disk)?;
        match self.transferred().1 {
            Some(expected) if *expected != found => {
                work.empty().map_err(Trouble::Disk)?;
                Err(Trouble::Lasting(format!("SHA-256 {found} instead of {expected}")))
            }
            _ => Ok(()),
        }
    }

    /// Gives what was downloaded its name, unpacked if need be.
    fn place(&self, work: &Work, url: &str, path: &Path) -> Result<(), DataError> {
        let ready = match &self.unpack {
            Unpack::Nothing => &work.path,
            Unpack::Member(member) => {
                self.take_member(work, member).map_err(|why| self.failed(url, path, why))?;
                if let FileState::Differs { found } = self.check(&work.unpacked)? {
                    return Err(self.failed(url, path, found));
                }
                &work.unpacked
            }
            Unpack::Folder(folder) => {
                let files = take_folder(work, folder).map_err(|why| self.failed(url, path, why))?;
                Completion::write(&work.unpacked, url, files)?;
                &work.unpacked
            }
        };
        let put = || {
            File::open(ready)?.sync_all()?;
            fs::rename(ready, path)?;
            sync_folder(folder_of(path))
        };
        put().map_err(|error| DataError::io(path, error))
    }

    fn take_member(&self, work: &Work, member: &Path) -> Result<(), String> {
        let mut found = false;
        archive::for_each(&work.path, |entry| {
            if entry.name == member {
                found = true;
                return write(&work.unpacked, entry);
            }
            Ok(())
        })?;
        if found { Ok(()) } else { Err(format!("the archive holds no {}", member.display())) }
    }

    fn failed(&self, url: &str, path: &Path, reason: String) -> DataError {
        DataError::Fetch { url: url.into(), reason, path: path.into() }
    }
}

/// Unpacks everything below `folder`, a folder in the only folder at the top of the
/// archive, and returns the checksums.
fn take_folder(work: &Work, folder: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut files = BTreeMap::new();
    archive::for_each(&work.path, |entry| {
        let below: PathBuf = entry.name.components().skip(1).collect();
        let Ok(name) = below.strip_prefix(folder) else { return Ok(()) };
        if name == Path::new(MARK) {
            return Err(io::Error::other("it has the name of the mark of completion"));
        }
        let target = work.unpacked.join(name);
        make_folder(folder_of(&target))?;
        write(&target, entry)?;
        let sum = checksum::of_file(&target)?;
        files.insert(name.to_owned(), sum);
        Ok(())
    })?;
    if files.is_empty() {
        return Err(format!("the archive holds no folder {}", folder.display()));
    }
    Ok(files)
}

fn write(path: &Path, entry: Entry<'_>) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    io::copy(entry.content, &mut file)?;
    file.sync_all()
}

/// The files of a download on its way, beside its target; locked while it lasts.
struct Work {
    target: PathBuf,
    path: PathBuf,
    unpacked: PathBuf,
    part: File,
}

impl Work {
    fn begin(target: &Path) -> Result<Self, DataError> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let beside = |end: &str| target.with_file_name(format!(".fetching-{name}.{end}"));
        let path = beside("part");
        let work = || {
            let mut options = File::options();
            options.create(true).truncate(false).read(true).write(true);
            loop {
                let part = options.open(&path)?;
                part.lock()?;
                // The process that was waited for has removed its file.
                if path.exists() {
                    return Ok(part);
                }
            }
        };
        let part = work().map_err(|error| DataError::io(&path, error))?;
        let work = Self { target: target.into(), unpacked: beside("unpacked"), path, part };
        work.remove_unpacked();
        Ok(work)
    }

    fn empty(&mut self) -> io::Result<()> {
        self.part.set_len(0)
    }

    /// Leaves nothing behind.
    fn clean(&self) {
        self.remove_unpacked();
        let _ = fs::remove_file(&self.path);
    }

    fn remove_unpacked(&self) {
        let _ = fs::remove_file(&self.unpacked);
        let _ = fs::remove_dir_all(&self.unpacked);
    }
}
