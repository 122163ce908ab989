//! Choosing a device on a machine with or without a GPU.

#![cfg(feature = "resnet")]
#![allow(clippy::unwrap_used)]

use relabel_models::ModelError;
use relabel_models::device::{DeviceChoice, DeviceInfo, list, open};

fn has_gpu(lines: &[DeviceInfo]) -> bool {
    lines.iter().any(|line| line.kind == "gpu" && line.available)
}

#[test]
fn the_list_holds_the_cpu_and_names_the_features_that_are_missing() {
    let lines = list();
    let cpu = lines.iter().find(|line| line.backend == "cpu").unwrap();
    assert!(cpu.available && cpu.kind == "cpu", "{cpu:?}");
    for word in ["wgpu", "vulkan", "cuda", "ndarray"] {
        let line = lines.iter().find(|line| line.backend == word).unwrap();
        assert!(line.available || !line.note.is_empty(), "{line:?}");
    }
    assert!(lines.iter().all(|line| line.kind != "software" || !line.available), "{lines:?}");
}

#[test]
fn auto_takes_a_gpu_or_says_why_it_takes_the_cpu() {
    let open = open(DeviceChoice::Auto).unwrap();
    if has_gpu(&list()) {
        assert_eq!((open.kind, open.note), ("gpu", None));
    } else {
        assert_eq!(open.kind, "cpu");
        assert!(open.note.unwrap().starts_with("using the CPU: no GPU"));
    }
}

#[test]
fn a_gpu_that_is_not_there_is_refused_with_what_was_found() {
    if has_gpu(&list()) {
        return;
    }
    for choice in [DeviceChoice::Wgpu, DeviceChoice::Vulkan] {
        let Err(ModelError::Unsupported(message)) = open(choice) else {
            panic!("{choice} was opened")
        };
        assert!(message.starts_with("no GPU") && message.contains("found here: "), "{message}");
    }
}

#[test]
#[cfg(not(any(feature = "cuda", feature = "ndarray")))]
fn backends_that_are_not_compiled_in_name_their_cargo_feature() {
    for choice in [DeviceChoice::Cuda, DeviceChoice::Ndarray] {
        let Err(ModelError::Unsupported(message)) = open(choice) else {
            panic!("{choice} was opened")
        };
        assert!(message.contains(&format!("cargo feature `{choice}`")), "{message}");
    }
}

#[test]
fn choices_read_and_write_as_words() {
    for word in ["auto", "wgpu", "vulkan", "cuda", "cpu", "ndarray"] {
        assert_eq!(word.parse::<DeviceChoice>().unwrap().to_string(), word);
    }
    assert!("gpu".parse::<DeviceChoice>().unwrap_err().contains("auto, wgpu"));
}
