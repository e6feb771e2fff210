//! This version reads what earlier versions stored on hosts and printed (tests/compat/README.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod config;
mod documents;
mod escrow;
#[path = "../../../../tests/compat/kept.rs"]
mod kept;
mod newer;
#[path = "../../../../tests/compat/releases.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod releases;
mod stored;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::Ran;

/// The machine-id of every tree.
const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
/// The machine-id after a reset.
const OTHER_MACHINE_ID: &str = "00112233445566778899aabbccddeeff";
/// What `sanid-v1` makes of [`MACHINE_ID`].
const HOST_ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
const OTHER_HOST_ID: &str = "b33dbf2b-2d95-453e-bb1a-ad7e428dd599";

/// The printed document; paths are without the root.
#[track_caller]
fn json(ran: &Ran, root: &Path) -> Value {
    let root = root.to_str().unwrap();
    let text = ran.stdout.replace(&format!(" --root {root}"), "");
    let text = text.replace(root, "");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

/// `sanid WORDS --root ROOT`.
fn sanid(root: &Path, words: &[&str]) -> Ran {
    Ran::of(command(words).arg("--root").arg(root))
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid"));
    command.args(words).stdin(std::process::Stdio::null());
    command
}

fn write(root: &Path, path: &str, text: &str) {
    std::fs::write(root.join(path), text).unwrap();
}

fn read(root: &Path, path: &str) -> String {
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// sanid takes a root for a running system if its `/run` is in memory.
fn memory() -> &'static Path {
    Path::new("/dev/shm")
}

/// A machine-id in memory is a seed where it is the same at every boot, as on Talos.
fn allow_memory(root: &Path) {
    let text = "allow-volatile-machine-id = true\n";
    std::fs::create_dir_all(root.join("usr/lib/sanid/config.d")).unwrap();
    write(root, "usr/lib/sanid/config.d/50-memory.toml", text);
}
