//! Downloads from a server that does everything wrong that servers do, and archives
//! that nobody should unpack.
#![allow(clippy::unwrap_used)]

mod server;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use relabel_data::{FetchOptions, Fetched, Patience, Sources};
use server::{Answer, Server};
use sha2::{Digest, Sha256};

const PATIENCE: Patience =
    Patience { stall: Duration::from_millis(300), attempts: 2, pause: Duration::from_millis(1) };

fn body() -> Vec<u8> {
    (0..200_000_u32).map(|i| ((i * i) >> 7) as u8).collect()
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A list with one file.
fn list(folder: &Path, url: &str, more: &str) -> Sources {
    let text = format!(
        "[[file]]\nname = \"x\"\nfile = \"x/file\"\nurl = \"{url}\"\nlicence = \"none\"\n{more}\n"
    );
    let path = folder.join("sources.toml");
    fs::write(&path, text).unwrap();
    Sources::open(&path).unwrap()
}

/// Of this content.
fn plain(folder: &Path, url: &str, body: &[u8]) -> Sources {
    list(folder, url, &format!("bytes = {}\nsha256 = \"{}\"", body.len(), sum(body)))
}

fn fetch(sources: &Sources, folder: &Path) -> Result<Vec<Fetched>, String> {
    let options = FetchOptions { patience: PATIENCE, ..FetchOptions::default() };
    sources.fetch(folder, "x", &options).map_err(|error| error.to_string())
}

fn left(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder.join("x")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The reason for which these answers are refused; afterwards a good one is taken.
fn refused(answers: Vec<Answer>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bad = Server::start(answers);
    let reason = fetch(&plain(folder, &bad.url("file"), &body()), folder).unwrap_err();
    assert!(left(folder).is_empty(), "{reason}");
    assert!(reason.contains("put the file at"), "{reason}");
    let good = Server::start(vec![Answer::Whole(body())]);
    fetch(&plain(folder, &good.url("file"), &body()), folder).unwrap();
    assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
    reason
}

#[test]
fn what_cannot_be_the_file_is_refused_and_nothing_is_left() {
    let mut other = body();
    other[77] ^= 1;
    let elsewhere = Server::start(vec![Answer::Redirect("/round".into())]);
    let loops = || Answer::Redirect(elsewhere.url("round"));
    for (answers, words) in [
        (vec![Answer::Lying(body(), 1_000_000)], "has 1000000 bytes instead of 200000"),
        (vec![Answer::Lying(body(), 100)], "has 100 bytes instead of 200000"),
        (vec![Answer::Page], "a web page instead of the file"),
        (vec![loops()], "from one address to the next without end"),
        (vec![Answer::Status(404)], "status 404"),
        (vec![Answer::Status(503)], "status 503, 2 times"),
        (vec![Answer::Whole(other)], "SHA-256"),
    ] {
        let reason = refused(answers);
        assert!(reason.contains(words), "{words}: {reason}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{port}/file");
    let reason = fetch(&plain(folder.path(), &url, &body()), folder.path()).unwrap_err();
    assert!(reason.contains(&url), "{reason}");
}

#[test]
fn a_download_that_breaks_off_is_continued_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(vec![Answer::Truncated(body(), 5000), Answer::Whole(body())]);
    fetch(&plain(folder, &server.url("file"), &body()), folder).unwrap();
    let requests = server.requests();
    assert!(requests[1].to_lowercase().contains("range: bytes=5000-"), "{requests:?}");
    assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
    assert_eq!(left(folder).len(), 1);
}

#[test]
fn what_came_before_a_passing_trouble_is_continued_by_the_next_call() {
    for (answer, came, words) in [
        (Answer::Truncated(body(), 5000), 5000, "broke off after"),
        (Answer::Stalled(body(), 700), 700, "sent nothing more after 700 bytes"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let part = folder.join("x/.fetching-file.part");
        let (gone, bad) = (Server::start(vec![Answer::Status(404)]), Server::start(vec![answer]));
        for (first, second, words) in [(&gone, &bad, words), (&bad, &gone, "status 404")] {
            let more =
                format!("sha256 = \"{}\"\nmirrors = [\"{}\"]", sum(&body()), second.url("file"));
            let reason = fetch(&list(folder, &first.url("file"), &more), folder).unwrap_err();
            assert!(reason.contains(words), "{reason}");
            assert_eq!(left(folder), std::slice::from_ref(&part));
            assert_eq!(fs::read(&part).unwrap(), body()[..came]);
        }
        let good = Server::start(vec![Answer::Whole(body())]);
        fetch(&plain(folder, &good.url("file"), &body()), folder).unwrap();
        let requests = good.requests();
        assert!(requests[0].to_lowercase().contains(&format!("range: bytes={came}-")));
        assert_eq!((requests.len(), left(folder).len()), (1, 1));
    }
}

#[test]
fn a_mirror_goes_on_with_what_another_one_sent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bad = Server::start(vec![Answer::Truncated(body(), 5000)]);
    let good = Server::start(vec![Answer::Whole(body())]);
    let more = format!("sha256 = \"{}\"\nmirrors = [\"{}\"]", sum(&body()), good.url("file"));
    fetch(&list(folder, &bad.url("file"), &more), folder).unwrap();
    assert!(good.requests()[0].to_lowercase().contains("range: bytes=5000-"));
    assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
}

#[test]
fn what_cannot_be_checked_is_never_continued() {
    let folder = tempfile::tempdir().unwrap();
    let bad = Server::start(vec![Answer::Truncated(body(), 5000)]);
    let sources = list(folder.path(), &bad.url("archive"), "folder = \"wanted\"");
    assert!(fetch(&sources, folder.path()).unwrap_err().contains("broke off after"));
    assert!(left(folder.path()).is_empty());
}

#[test]
fn a_part_of_unknown_size_may_be_all_there_is() {
    let mut other = body();
    other[3] ^= 1;
    let longer = [body(), vec![0]].concat();
    for (there, asked_again) in [(body(), false), (other, true), (longer, true)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("x")).unwrap();
        fs::write(folder.join("x/.fetching-file.part"), &there).unwrap();
        let server = Server::start(vec![Answer::Whole(body())]);
        let more = format!("sha256 = \"{}\"", sum(&body()));
        fetch(&list(folder, &server.url("file"), &more), folder).unwrap();
        assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
        assert_eq!(server.requests().len(), 1 + usize::from(asked_again));
        assert_eq!(left(folder).len(), 1);
    }
}

#[test]
fn what_a_killed_download_left_is_continued_or_made_again() {
    let mut other = body();
    other[3] ^= 1;
    for (there, answer, asked_again) in [
        (body()[..9000].to_vec(), Answer::Whole(body()), false),
        (body()[..9000].to_vec(), Answer::NoRanges(body()), false),
        (other[..9000].to_vec(), Answer::Whole(body()), true),
        (other.clone(), Answer::Whole(body()), true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("x")).unwrap();
        fs::write(folder.join("x/.fetching-file.part"), &there).unwrap();
        let server = Server::start(vec![answer]);
        fetch(&plain(folder, &server.url("file"), &body()), folder).unwrap();
        assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
        let whole = server.requests().iter().any(|head| !head.to_lowercase().contains("range:"));
        assert_eq!(whole, asked_again, "{:?}", server.requests());
        assert_eq!(left(folder).len(), 1);
    }
}

#[test]
fn redirects_are_followed_and_mirrors_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = Server::start(vec![Answer::Whole(body())]);
    let moved = Server::start(vec![Answer::Redirect(good.url("new"))]);
    let dead = Server::start(vec![Answer::Status(410)]);
    let more = format!("sha256 = \"{}\"\nmirrors = [\"{}\"]", sum(&body()), moved.url("old"));
    fetch(&list(folder, &dead.url("file"), &more), folder).unwrap();
    assert_eq!(fs::read(folder.join("x/file")).unwrap(), body());
}

#[test]
fn offline_connects_to_nobody_and_files_that_are_there_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(vec![Answer::Whole(body())]);
    let sources = plain(folder, &server.url("file"), &body());
    let offline = FetchOptions { offline: true, ..FetchOptions::default() };
    let reason = sources.fetch(folder, "x", &offline).unwrap_err().to_string();
    assert!(reason.contains("relabel data fetch x"), "{reason}");
    assert!(server.requests().is_empty());
    let target = folder.join("x/file");
    assert_eq!(fetch(&sources, folder).unwrap(), [Fetched::Downloaded(target.clone())]);
    assert_eq!(fetch(&sources, folder).unwrap(), [Fetched::AlreadyThere(target.clone())]);
    sources.fetch(folder, "x", &offline).unwrap();
    assert_eq!(server.requests().len(), 1);
    fs::write(&target, "mine").unwrap();
    assert!(fetch(&sources, folder).unwrap_err().contains("move it away"));
    assert_eq!(fs::read(&target).unwrap(), b"mine");
}

#[test]
fn two_fetches_at_once_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(vec![Answer::Whole(body())]);
    let sources = plain(folder, &server.url("file"), &body());
    std::thread::scope(|scope| {
        let fetches: Vec<_> = (0..4).map(|_| scope.spawn(|| fetch(&sources, folder))).collect();
        fetches.into_iter().for_each(|fetch| drop(fetch.join().unwrap().unwrap()));
    });
    assert_eq!(server.requests().len(), 1);
    assert_eq!(left(folder).len(), 1);
}

/// What a tar header says: name, type, link and content.
fn tar(entries: &[(&str, u8, &str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind, link, content) in entries {
        let mut header = tar::Header::new_gnu();
        // The safe way to set a name refuses those that this is about.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(tar::EntryType::new(*kind));
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    gzip(&archive.into_inner().unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Names and contents; a mode makes it something else than a file.
fn zip(entries: &[(&str, Option<u32>, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, mode, content) in entries {
        let options = zip::write::SimpleFileOptions::default();
        match mode {
            Some(_) => writer.add_symlink(*name, "/etc/passwd", options).unwrap(),
            None => {
                writer.start_file(*name, options).unwrap();
                writer.write_all(content).unwrap();
            }
        }
    }
    writer.finish().unwrap().into_inner()
}

/// Fetches a member, or a whole folder, of this archive.
fn unpack(archive: &[u8], more: &str) -> (tempfile::TempDir, Result<Vec<Fetched>, String>) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![Answer::Whole(archive.to_vec())]);
    let sources = list(folder.path(), &server.url("archive"), more);
    let result = fetch(&sources, folder.path());
    (folder, result)
}

#[test]
fn hostile_archives_are_refused_by_the_name_of_the_entry() {
    let good = ("top/wanted/a", b'0', "", &b"a"[..]);
    let zeros = vec![0; 80 << 20];
    let member = format!("member = \"top/wanted/a\"\nsha256 = \"{}\"", sum(b"a"));
    for (archive, words) in [
        (tar(&[good, ("../x", b'0', "", b"x")]), "\"../x\", which leads out"),
        (tar(&[good, ("top/../../x", b'0', "", b"x")]), "\"top/../../x\", which leads out"),
        (tar(&[good, ("/etc/x", b'0', "", b"x")]), "\"/etc/x\", which leads out"),
        (tar(&[good, ("top/link", b'2', "/etc/passwd", b"")]), "\"top/link\", which is a link"),
        (tar(&[good, ("top/hard", b'1', "top/wanted/a", b"")]), "\"top/hard\", which is a link"),
        (tar(&[good, ("top/null", b'3', "", b"")]), "\"top/null\", which is a link or a device"),
        (tar(&[good, good]), "\"top/wanted/a\" twice"),
        (tar(&[good, ("top/bomb", b'0', "", &zeros)]), "top/bomb in the archive is far too large"),
        (zip(&[("top/wanted/a", None, b"a"), ("../x", None, b"x")]), "\"../x\", which leads out"),
        (zip(&[("/etc/x", None, b"x")]), "\"/etc/x\", which leads out"),
        (zip(&[("top\\..\\x", None, b"x")]), "which leads out"),
        (zip(&[("top/link", Some(0o120_777), b"")]), "\"top/link\", which is a link"),
        (zip(&[("top/bomb", None, &zeros)]), "top/bomb in the archive is far too large"),
        (twice_in_a_zip(), "two entries of one name"),
        (gzip(b"no tar"), "archive"),
        (tar(&[good])[..40].to_vec(), "cannot be read"),
        (b"<html>".to_vec(), "neither a .tar.gz nor a .zip"),
        (tar(&[("top/other", b'0', "", b"x")]), "the archive holds no"),
    ] {
        for more in [&member, "folder = \"wanted\""] {
            let (folder, result) = unpack(&archive, more);
            let reason = result.unwrap_err();
            assert!(reason.contains(words), "{words}: {reason}");
            assert!(left(folder.path()).is_empty(), "{reason}");
        }
    }
}

/// Two entries whose names are made equal behind the writer's back.
fn twice_in_a_zip() -> Vec<u8> {
    let mut bytes = zip(&[("top/one", None, b"1"), ("top/two", None, b"2")]);
    while let Some(at) = bytes.windows(7).position(|window| window == b"top/two") {
        bytes[at..at + 7].copy_from_slice(b"top/one");
    }
    bytes
}

#[test]
fn a_member_and_a_folder_are_taken_out_of_either_kind_of_archive() {
    let entries = [("top/wanted/a", "a"), ("top/wanted/deep/b", "b"), ("top/else", "c")];
    let tar = tar(&entries.map(|(name, content)| (name, b'0', "", content.as_bytes())));
    let zip = zip(&entries.map(|(name, content)| (name, None, content.as_bytes())));
    for archive in [tar, zip] {
        let sums = format!("archive_sha256 = \"{}\"\nsha256 = \"{}\"", sum(&archive), sum(b"b"));
        let (folder, result) = unpack(&archive, &format!("member = \"top/wanted/deep/b\"\n{sums}"));
        result.unwrap();
        assert_eq!(fs::read(folder.path().join("x/file")).unwrap(), b"b");

        let (folder, result) = unpack(&archive, "folder = \"wanted\"");
        result.unwrap();
        let file = folder.path().join("x/file");
        assert_eq!(fs::read(file.join("deep/b")).unwrap(), b"b");
        assert!(!file.join("else").exists() && left(folder.path()).len() == 1);
        let sources = list(folder.path(), "http://127.0.0.1:1/", "folder = \"wanted\"");
        assert!(fetch(&sources, folder.path()).is_ok());
        fs::write(file.join("a"), "changed").unwrap();
        assert!(fetch(&sources, folder.path()).unwrap_err().contains("another a"));
        fs::remove_file(file.join(".complete.json")).unwrap();
        let reason = fetch(&sources, folder.path()).unwrap_err();
        assert!(reason.contains("without a mark of completion"), "{reason}");
    }
    let marked = self::tar(&[("top/wanted/.complete.json", b'0', "", b"{}")]);
    let reason = unpack(&marked, "folder = \"wanted\"").1.unwrap_err();
    assert!(reason.contains("the name of the mark"), "{reason}");
}
