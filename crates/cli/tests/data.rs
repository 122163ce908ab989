//! `relabel data` as its user meets it, with a server on this machine in place of the
//! official ones.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../../data/tests/server/mod.rs"]
#[allow(dead_code)]
mod server;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread::sleep,
    time::Duration,
};

use server::{Answer, Server};

/// SHA-256 of "hello\n".
const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn hello() -> Vec<u8> {
    b"hello\n".to_vec()
}

/// `relabel data ACTION` with a list of one file at `url`.
fn command(folder: &Path, action: &str, url: &str) -> Command {
    let list = format!(
        "[[file]]\nname = \"x\"\nfile = \"x/file\"\nurl = \"{url}\"\nlicence = \"none\"\n\
         bytes = 6\nsha256 = \"{HELLO}\"\n"
    );
    fs::write(folder.join("sources.toml"), list).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_relabel"));
    command.current_dir(folder).args(["data", action, "--sources", "sources.toml"]);
    for variable in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(variable).env_remove(variable.to_lowercase());
    }
    command
}

fn run(folder: &Path, action: &str, url: &str, more: &[&str]) -> Output {
    command(folder, action, url).args(more).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_bad_server_is_exit_code_2_and_leaves_only_what_the_next_try_goes_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let patience: &[&str] = &["--stall-seconds", "1"];
    for (answer, words, parts) in [
        (Answer::Page, "web page", 0),
        (Answer::Truncated(hello(), 2), "broke off", 1),
        (Answer::Stalled(hello(), 2), "sent nothing more after", 1),
        (Answer::Lying(hello(), 600), "600 bytes instead of 6", 0),
        (Answer::Redirect("/again".into()), "without end", 0),
    ] {
        let server = Server::start(vec![answer]);
        let output = run(folder, "fetch", &server.url("file"), patience);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert_eq!(fs::read_dir(folder.join("data/x")).unwrap().count(), parts);
    }
    let url = Server::start(vec![Answer::Whole(hello())]);
    let verify = run(folder, "verify", &url.url("file"), &[]);
    assert_eq!(verify.status.code(), Some(2), "{}", stderr(&verify));
    let list = run(folder, "list", &url.url("file"), &["x", "--offline"]);
    assert!(String::from_utf8_lossy(&list.stdout).contains("missing"), "{}", stderr(&list));
    let list = run(folder, "list", &url.url("file"), &["y"]);
    assert_eq!(list.status.code(), Some(2));
    let output = run(folder, "fetch", &url.url("file"), patience);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(run(folder, "verify", &url.url("file"), &[]).status.success());
    fs::write(folder.join("data/x/file"), "hullo\n").unwrap();
    let verify = run(folder, "verify", &url.url("file"), &[]);
    assert_eq!(verify.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&verify.stdout).contains("differs"));
}

#[test]
fn a_fetch_that_is_interrupted_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let slow = Server::start(vec![Answer::Stalled(hello(), 4)]);
    let mut child = command(folder, "fetch", &slow.url("file")).spawn().unwrap();
    let part = folder.join("data/x/.fetching-file.part");
    while !fs::metadata(&part).is_ok_and(|part| part.len() == 4) {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let good = Server::start(vec![Answer::Whole(hello())]);
    let output = run(folder, "fetch", &good.url("file"), &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(good.requests()[0].to_lowercase().contains("range: bytes=4-"), "{:?}", good.requests());
    assert_eq!(fs::read(folder.join("data/x/file")).unwrap(), hello());
}

#[test]
fn proxies_are_honoured_and_offline_connects_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let proxy = Server::start(vec![Answer::Whole(hello())]);
    let url = "http://files.invalid/file";
    let offline = command(folder, "fetch", url)
        .arg("--offline")
        .env("http_proxy", proxy.url(""))
        .output()
        .unwrap();
    assert_eq!(offline.status.code(), Some(2));
    assert!(proxy.requests().is_empty());
    let output = command(folder, "fetch", url).env("http_proxy", proxy.url("")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(proxy.requests()[0].contains("files.invalid"), "{:?}", proxy.requests());
}
