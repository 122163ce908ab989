//! Runs that survive anything: killed, interrupted, out of disk, damaged, shared.
//! Every test ends with the question whether the results have the bytes of a run
//! that was left alone. `RELABEL_ENDURANCE=1` (scripts/endurance.sh) makes them long.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod bench;
mod children;
mod crash;
mod faults;
mod sharing;
mod signals;
mod surroundings;
mod torn;
