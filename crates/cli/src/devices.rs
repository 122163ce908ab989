//! `relabel devices`: what can run image models here.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Result;
use relabel_models::device::{self, DeviceChoice};

/// Prints every backend and adapter, and what `auto` chooses.
pub fn list() -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    for info in device::list() {
        let available = if info.available { "yes" } else { "no" };
        writeln!(
            out,
            "{:<8} {:<4} {:<9} {}{}",
            info.backend,
            available,
            info.kind,
            info.name,
            if info.note.is_empty() { String::new() } else { format!(" ({})", info.note) }
        )?;
    }
    match device::open(DeviceChoice::Auto) {
        Ok(device) => writeln!(out, "auto chooses: {}", device.description)?,
        Err(error) => writeln!(out, "auto finds nothing: {error}")?,
    }
    Ok(ExitCode::SUCCESS)
}
