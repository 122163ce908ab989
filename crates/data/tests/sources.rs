//! Checking and fetching official files, from a folder that plays the server.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use relabel_data::{Fetched, FileState, Sources};

/// SHA-256 of "hello\n".
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn source(file: &Path, sum: &str, more: &str) -> Sources {
    toml::from_str(&format!(
        "[[file]]\nname = \"greeting\"\nfile = \"greeting/hello.txt\"\nurl = \"file://{}\"\n\
         sha256 = \"{sum}\"\nlicence = \"none\"\n{more}",
        file.display()
    ))
    .unwrap()
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: there is no {program}\n"),
        )
        .unwrap();
    }
    found
}

#[test]
fn the_embedded_list_names_every_data_set_and_checks_every_file() {
    let sources = Sources::embedded();
    assert_eq!(sources.names(), ["wall-robot", "cifar-10", "cifar-10h"]);
    for file in sources.list() {
        assert!(file.url.starts_with("https://"), "{file:?}");
        assert!(file.sha256.len() == 64 && !file.licence.is_empty(), "{file:?}");
        assert_eq!(file.member.is_some(), file.archive_sha256.is_some(), "{file:?}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let sentence = Sources::embedded().files("wallrobot").unwrap_err().to_string();
    assert_eq!(
        sentence,
        "no data set is called wallrobot; known are wall-robot, cifar-10, cifar-10h"
    );
}

#[test]
fn verify_tells_missing_official_and_different_files_apart() {
    let folder = tempfile::tempdir().unwrap();
    let sources = source(Path::new("/nowhere"), HELLO, "bytes = 6");
    let state = || sources.verify(folder.path(), "greeting").unwrap()[0].1.clone();
    assert_eq!(state(), FileState::Missing);
    fs::create_dir(folder.path().join("greeting")).unwrap();
    let file = folder.path().join("greeting/hello.txt");
    fs::write(&file, "hello\n").unwrap();
    assert_eq!(state(), FileState::Official);
    fs::write(&file, "hullo\n").unwrap();
    assert!(matches!(state(), FileState::Differs { found } if found.contains(HELLO)));
    fs::write(&file, "hell").unwrap();
    assert_eq!(state(), FileState::Differs { found: "4 bytes instead of 6".into() });
}

#[test]
fn a_file_is_fetched_once_and_only_with_the_right_checksum() {
    if !has("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let origin = folder.path().join("origin.txt");
    fs::write(&origin, "hello\n").unwrap();
    let target = folder.path().join("greeting/hello.txt");

    let wrong = source(&origin, &HELLO.replace('5', "6"), "");
    let sentence = wrong.fetch(folder.path(), "greeting", false).unwrap_err().to_string();
    assert!(sentence.contains(&format!("SHA-256 {HELLO} instead of")), "{sentence}");
    let left: Vec<_> = fs::read_dir(folder.path().join("greeting")).unwrap().collect();
    assert!(left.is_empty(), "a refused download should leave nothing: {left:?}");

    let right = source(&origin, HELLO, "");
    let offline = right.fetch(folder.path(), "greeting", true).unwrap_err().to_string();
    assert!(offline.contains("relabel data fetch greeting"), "{offline}");
    let fetch = || right.fetch(folder.path(), "greeting", false).unwrap();
    assert_eq!(fetch(), [Fetched::Downloaded(target.clone())]);
    assert_eq!(fetch(), [Fetched::AlreadyThere(target.clone())]);

    fs::write(&target, "mine\n").unwrap();
    let refused = right.fetch(folder.path(), "greeting", false).unwrap_err().to_string();
    assert!(refused.contains("move it away"), "{refused}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine\n");
}

#[test]
fn one_member_is_taken_out_of_an_archive() {
    if !has("curl") || !has("tar") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hello.txt"), "hello\n").unwrap();
    let archive = folder.path().join("all.tar.gz");
    let pack = ["-czf", archive.to_str().unwrap(), "-C", folder.path().to_str().unwrap()];
    assert!(Command::new("tar").args(pack).arg("hello.txt").status().unwrap().success());

    let sources = source(&archive, HELLO, "member = \"hello.txt\"");
    sources.fetch(folder.path(), "greeting", false).unwrap();
    let target = folder.path().join("greeting/hello.txt");
    assert_eq!(fs::read_to_string(&target).unwrap(), "hello\n");

    fs::remove_file(&target).unwrap();
    let more = format!("member = \"hello.txt\"\narchive_sha256 = \"{HELLO}\"");
    assert!(source(&archive, HELLO, &more).fetch(folder.path(), "greeting", false).is_err());
    assert!(!target.exists());
}

#[test]
fn the_real_files_are_the_ones_in_the_list() {
    let Some(folder) = std::env::var_os("RELABEL_DATA") else {
        std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: RELABEL_DATA is not set\n"),
        )
        .unwrap();
        return;
    };
    for (file, state) in Sources::embedded().verify(folder.as_ref(), "wall-robot").unwrap() {
        assert_eq!(state, FileState::Official, "{file:?}");
    }
}
