#![recursion_limit = "256"]
//! placeholder
fn main() {}
