//! The static release binaries: no interpreter, no shared library, so that they
//! run anywhere, also in an initramfs.
//!
//! They are built with musl where Rust has it for this machine: half a megabyte
//! smaller than with glibc, and started in half the time, since glibc asks the
//! processor about its caches at every start (`cpuid`, which a virtual machine
//! has to ask its host for).

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vmtest::host::{has_program, is_ci, output};

use crate::cmd::Cmd;
use crate::dependencies;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// The packages with the commands that are installed, which have their packages' names.
pub(crate) const PACKAGES: [&str; 3] = ["sanid", "sanid-image", "sanid-fleet"];

/// What is built in one go, so that what they share is built once. The boot command is built by itself:
/// features that the others need would make it larger.
const TOGETHER: [&[&str]; 2] = [&["sanid"], &["sanid-image", "sanid-fleet", "sanid-kube"]];

impl Place {
    /// The directory of static release builds.
    pub(crate) fn static_dir(&self) -> PathBuf {
        self.target.join(target(&self.host)).join("release")
    }
}

/// The step of `cargo xtask test`.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let musl = musl(&place.host);
    if !is_there(&musl) && has_program("rustup") {
        let add = Cmd::new(["rustup", "target", "add", &musl]);
        let outcome = Outcome::of(place, "musl target", &add)?;
        if is_ci() && matches!(outcome, Outcome::Failed { .. }) {
            return Ok(outcome);
        }
    }
    dependencies::restore(place, dependencies::WORKSPACE, &place.target)?;
    let mut output = String::new();
    for packages in TOGETHER {
        match Outcome::of(place, "static", &build(place, packages))? {
            Outcome::Passed { output: log } => output += &log,
            other => return Ok(other),
        }
    }
    Ok(Outcome::passed(output))
}

/// The static binary of a command, built now if it is not up to date.
pub(crate) fn built(place: &Place, name: &str) -> Result<PathBuf> {
    let packages = TOGETHER.iter().find(|packages| packages.contains(&name));
    let packages = packages.with_context(|| format!("no package has a command {name}"))?;
    let cmd = build(place, packages);
    let done = cmd.run(place, "static")?;
    ensure!(
        done.status.success(),
        "{}\nto repeat: {}",
        done.output,
        cmd.repeat()
    );
    Ok(place.static_dir().join(name))
}

/// A static release build of the commands of packages.
fn build(place: &Place, packages: &[&str]) -> Cmd {
    Cmd::new([
        "cargo",
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--bins",
    ])
    .args(packages.iter().flat_map(|package| ["-p", package]))
    .args(["--target", &target(&place.host)])
    // The profile strips, but cargo forgets that for a package with settings of its own, as sanid-fleet has.
    .env(
        "RUSTFLAGS",
        "-C target-feature=+crt-static -C strip=symbols",
    )
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
pub(crate) fn is_there(triple: &str) -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", triple]))
        .is_ok_and(|directory| std::path::Path::new(directory.trim()).is_dir())
}
