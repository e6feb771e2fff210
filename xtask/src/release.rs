//! The static release binaries: no interpreter, no shared library, so that they
//! run anywhere.

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::Outcome;

/// The packages with the commands that are installed, which have their packages' names.
pub(crate) const PACKAGES: [&str; 2] = ["sanid", "sanid-image"];

/// Builds them, each by itself: the features that one needs are not in the other.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let [sanid, image] = PACKAGES;
    match Outcome::of(place, "static", &build(place, sanid, &["--bins"]))? {
        Outcome::Passed { .. } => Outcome::of(place, "static", &build(place, image, &["--bins"])),
        other => Ok(other),
    }
}

/// A static release build of some targets of a package.
pub(crate) fn build(place: &Place, package: &str, targets: &[&str]) -> Cmd {
    Cmd::new(["cargo", "build", "--quiet", "--release", "-p", package])
        .args(["--target", place.host.as_str()])
        .args(targets.iter().copied())
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
}
