//! The list of official files, and checking those that are here.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use relabel_data::{FileState, Sources};

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

#[test]
fn the_embedded_list_names_every_data_set_and_checks_every_file() {
    let sources = Sources::embedded();
    assert_eq!(sources.names(), ["wall-robot", "cifar-10", "cifar-10h", "published-curves"]);
    for file in sources.list() {
        assert!(file.urls().all(|url| url.starts_with("https://")), "{file:?}");
        let sum = file.sha256.as_ref().map_or(0, String::len);
        assert!(sum == 64 || file.name == "published-curves", "{file:?}");
        assert!(!file.licence.is_empty(), "{file:?}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let sentence = Sources::embedded().files("wallrobot").unwrap_err().to_string();
    assert_eq!(
        sentence,
        "no data set is called wallrobot; known are wall-robot, cifar-10, cifar-10h, published-curves"
    );
}

#[test]
fn a_data_set_whose_files_are_listed_apart_is_named_once() {
    let entry = |name| {
        format!(
            "[[file]]\nname = \"{name}\"\nfile = \"f\"\nurl = \"u\"\nsha256 = \"{HELLO}\"\n\
             licence = \"none\"\n"
        )
    };
    let sources: Sources = toml::from_str(&["a", "b", "a"].map(entry).concat()).unwrap();
    assert_eq!(sources.names(), ["a", "b"]);
    assert_eq!(sources.files("a").unwrap().len(), 2);
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
