//! Puts the git revision and the versions of compiler and frameworks into the
//! program, for the manifest of a run.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=../../.git/HEAD");
    println!("cargo:rerun-if-changed=../../.git/logs/HEAD");
    println!("cargo:rerun-if-changed=../../Cargo.lock");
    if let Some(revision) = output("git", &["describe", "--always", "--dirty"]) {
        println!("cargo:rustc-env=RELABEL_GIT_REV={revision}");
    }
    let compiler = env::var("RUSTC").ok().and_then(|rustc| output(&rustc, &["--version"]));
    let compiler = compiler.unwrap_or_else(|| "rustc unknown".into());
    let frameworks = [("CARGO_FEATURE_RESNET", "burn"), ("CARGO_FEATURE_GPU", "cubecl")];
    let frameworks = frameworks.iter().filter(|(feature, _)| env::var_os(feature).is_some());
    let frameworks: String = frameworks
        .map(|(_, name)| {
            format!(", {name} {}", locked_version(name).unwrap_or_else(|| "unknown".into()))
        })
        .collect();
    println!("cargo:rustc-env=RELABEL_VERSIONS={compiler}{frameworks}");
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The version of a package in the lock file.
fn locked_version(package: &str) -> Option<String> {
    let lock = fs::read_to_string("../../Cargo.lock").ok()?;
    let after = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?.1;
    Some(after.split_once('"')?.0.to_owned())
}
