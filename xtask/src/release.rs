//! The static release binary: no interpreter, no shared library, so that it
//! runs in any initramfs.

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::Outcome;

/// Builds it.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    Outcome::of(place, "static", &build(place, &["--bin", "sanid"]))
}

/// A static release build of some targets of the `sanid` package.
pub(crate) fn build(place: &Place, targets: &[&str]) -> Cmd {
    Cmd::new(["cargo", "build", "--quiet", "--release", "-p", "sanid"])
        .args(["--target", place.host.as_str()])
        .args(targets.iter().copied())
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
}
