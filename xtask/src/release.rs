//! The static release binary: no interpreter, no shared library, so that it
//! runs in any initramfs.

use std::process::Command;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::{Place, output};
use crate::test::Outcome;

/// Builds it.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    Outcome::of(place, "static", &build(place, &["--bin", "sanid"]))
}

/// A static release build of some targets of the `sanid` package.
pub(crate) fn build(place: &Place, targets: &[&str]) -> Cmd {
    // The index of the unwind tables is for backtraces, which have no names here, since the symbols are
    // gone; and a panic does not unwind.
    let mut flags = "-C target-feature=+crt-static -C link-arg=-Wl,--no-eh-frame-hdr".to_owned();
    if packs_relocations() {
        flags += " -C link-arg=-Wl,-z,pack-relative-relocs";
    }
    Cmd::new(["cargo", "build", "--quiet", "--release", "-p", "sanid"])
        .args(["--target", place.host.as_str()])
        .args(targets.iter().copied())
        .env("RUSTFLAGS", flags)
}

/// Whether the C library that is linked in undoes packed relocations when the program starts, as glibc
/// does since 2.36. They are a thirtieth of the size of the others, which take 58 KiB.
fn packs_relocations() -> bool {
    let version = output(Command::new("getconf").arg("GNU_LIBC_VERSION")).unwrap_or_default();
    let numbers = version.trim().strip_prefix("glibc ").unwrap_or_default();
    let (major, minor) = numbers.split_once('.').unwrap_or_default();
    let number = |text: &str| text.parse().unwrap_or(0);
    (number(major), number(minor)) >= (2, 36)
}
