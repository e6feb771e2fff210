//! The static release binaries: no interpreter, no shared library, so that they
//! run anywhere, also in an initramfs.
//!
//! They are built with musl where Rust has it for this machine: half a megabyte
//! smaller than with glibc, and started in half the time, since glibc asks the
//! processor about its caches at every start (`cpuid`, which a virtual machine
//! has to ask its host for).

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci, output};
use crate::test::Outcome;

/// The packages with the commands that are installed, which have their packages' names.
pub(crate) const PACKAGES: [&str; 3] = ["sanid", "sanid-image", "sanid-fleet"];
/// The one whose command the image for Kubernetes has, beside `sanid`.
const OF_IMAGE: &str = "sanid-kube";

impl Place {
    /// The static release binary of `sanid`.
    pub(crate) fn static_binary(&self) -> PathBuf {
        self.static_dir().join("sanid")
    }

    /// The directory of static release builds.
    pub(crate) fn static_dir(&self) -> PathBuf {
        self.target.join(target(&self.host)).join("release")
    }
}

/// Builds them, for musl if that can be had; each by itself: the features that one needs are not in the
/// other.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let musl = musl(&place.host);
    if !is_there(&musl) && has_program("rustup") {
        let add = Cmd::new(["rustup", "target", "add", &musl]);
        let outcome = Outcome::of(place, "musl target", &add)?;
        if is_ci() && matches!(outcome, Outcome::Failed { .. }) {
            return Ok(outcome);
        }
    }
    let mut output = String::new();
    for package in PACKAGES.into_iter().chain([OF_IMAGE]) {
        match Outcome::of(place, "static", &build(place, package, &["--bins"]))? {
            Outcome::Passed { output: log } => output += &log,
            other => return Ok(other),
        }
    }
    Ok(Outcome::Passed { output })
}

/// A static release build of some targets of a package.
pub(crate) fn build(place: &Place, package: &str, targets: &[&str]) -> Cmd {
    Cmd::new(["cargo", "build", "--quiet", "--release", "-p", package])
        .args(["--target", &target(&place.host)])
        .args(targets.iter().copied())
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
}

/// The triple that static binaries are built for: musl's where Rust's library
/// for it is installed, else the host's own.
pub(crate) fn target(host: &str) -> String {
    let musl = musl(host);
    if is_there(&musl) {
        musl
    } else {
        host.to_owned()
    }
}

/// The triple of the same machine with musl.
fn musl(host: &str) -> String {
    host.replace("-gnu", "-musl")
}

/// Whether Rust's standard library is installed for a triple.
fn is_there(triple: &str) -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", triple]))
        .is_ok_and(|directory| std::path::Path::new(directory.trim()).is_dir())
}
