//! This version reads what earlier versions stored and printed about many hosts (tests/compat/README.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod claims;
mod fleet;
#[path = "../../../../tests/compat/kept.rs"]
mod kept;
mod newer;
#[path = "../../../../tests/compat/releases.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod releases;

use std::path::Path;
use std::process::Command;

use testkit::Ran;

/// `sanid-fleet WORDS` in a directory.
fn fleet(directory: &Path, words: &[&str]) -> Ran {
    Ran::of(command(directory).args(words))
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    command
        .current_dir(directory)
        .stdin(std::process::Stdio::null());
    command
}
